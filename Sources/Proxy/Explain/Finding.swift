package import JSON

/// One step of an explanation: what was looked at, what was seen, and what to do about it.
///
/// Every part that has something to say about a connection (Services, policies, names) returns findings; the command prints them
/// in the order of the packet's way.
package struct Finding: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable {
        /// The step lets the connection pass.
        case passes
        /// Worth knowing; decides nothing.
        case note
        /// The step ends the connection.
        case blocks
        /// Could not be looked at.
        case unknown
    }

    /// `source`, `name`, `service`, `policy`, `endpoints`, `rules`, `flows`, ...: one word, in lower case.
    package var step: String
    package var verdict: Verdict
    /// One sentence without a full stop.
    package var summary: String
    /// Further lines, each complete by itself.
    package var details: [String]
    /// What the reader can do next; nil when nothing is to be done.
    package var remedy: String?
    /// The same for programs; members that the text form does not show are welcome.
    package var facts: JSONObject

    package init(
        _ step: String, _ verdict: Verdict, _ summary: String, details: [String] = [], remedy: String? = nil,
        facts: JSONObject = [:]
    ) {
        self.step = step
        self.verdict = verdict
        self.summary = summary
        self.details = details
        self.remedy = remedy
        self.facts = facts
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "step": .string(step), "verdict": .string(verdict.rawValue), "summary": .string(summary),
        ]
        if !details.isEmpty { object["details"] = JSONValue(details) }
        if let remedy { object["next"] = .string(remedy) }
        if !facts.isEmpty { object["facts"] = .object(facts) }
        return .object(object)
    }
}
