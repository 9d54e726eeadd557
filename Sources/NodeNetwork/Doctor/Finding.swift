package import JSON

/// What one check of a node's network came to.
package struct Finding: Hashable, Sendable {
    package enum Level: String, Hashable, Sendable {
        case ok
        /// Works, but not for everybody or not for long.
        case warning
        /// Pods are cut off, or will not start.
        case error
        /// Could not be judged; the message says why.
        case skipped
    }

    /// One word or two: `forwarding`, `tunnel`.
    package var check: String
    package var level: Level
    package var message: String
    /// What to do, in one line; empty where there is nothing to do.
    package var remedy: String

    package init(_ check: String, _ level: Level, _ message: String, remedy: String = "") {
        self.check = check
        self.level = level
        self.message = message
        self.remedy = remedy
    }

    package var json: JSONValue {
        var result: JSONValue = ["check": .string(check), "level": .string(level.rawValue), "message": .string(message)]
        if !remedy.isEmpty { result["remedy"] = .string(remedy) }
        return result
    }
}
