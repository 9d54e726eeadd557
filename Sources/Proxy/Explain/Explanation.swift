package import JSON

/// The answer to one question, as a page of text or as JSON.
package struct Explanation: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable {
        /// At least one endpoint may answer.
        case reachable
        case blocked
        /// Something that decides could not be looked at.
        case unknown
    }

    /// `pod default/client -> service default/web:80/TCP`.
    package var question: String
    package var findings: [Finding]
    /// One sentence.
    package var conclusion: String
    package var outcome: Outcome

    /// - Parameter reachable: The conclusion when nothing blocks; otherwise the first finding that blocks, else the first that is
    ///   unknown, is the conclusion.
    package init(_ question: String, _ findings: [Finding], reachable: String) {
        self.question = question
        self.findings = findings
        if let blocker = findings.first(where: { $0.verdict == .blocks }) {
            (conclusion, outcome) = (blocker.summary, .blocked)
        } else if let gap = findings.first(where: { $0.verdict == .unknown }) {
            (conclusion, outcome) = ("\(reachable), as far as can be seen: \(gap.summary)", .unknown)
        } else {
            (conclusion, outcome) = (reachable, .reachable)
        }
    }

    /// Of the first finding that blocks; else the first one there is.
    package var next: String? {
        (findings.first { $0.verdict == .blocks && $0.remedy != nil } ?? findings.first { $0.remedy != nil })?.remedy
    }

    /// 0 reachable, 1 blocked, 2 cannot tell.
    package var exitStatus: Int32 {
        switch outcome {
        case .reachable: 0
        case .blocked: 1
        case .unknown: 2
        }
    }

    /// A line per finding, its details below it, the conclusion and the next step at the end.
    package var text: String {
        let width = findings.map(\.step.count).max() ?? 0
        var lines = [question, ""]
        for finding in findings {
            let mark =
                switch finding.verdict {
                case .passes: "ok"
                case .note: "--"
                case .blocks: "NO"
                case .unknown: "??"
                }
            lines.append("  \(mark)  \(Self.padded(finding.step, width))  \(finding.summary)")
            let indent = String(repeating: " ", count: width + 8)
            lines += finding.details.map { indent + $0 }
        }
        lines += ["", "\(outcome.rawValue): \(conclusion)"]
        if let next { lines.append("next: \(next)") }
        return lines.joined(separator: "\n")
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "question": .string(question), "outcome": .string(outcome.rawValue), "conclusion": .string(conclusion),
            "findings": .array(findings.map(\.json)),
        ]
        if let next { object["next"] = .string(next) }
        return .object(object)
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
