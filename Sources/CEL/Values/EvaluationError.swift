/// Why an expression has no value.
package struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// Part of the language: `||` may still decide without it.
        case failed
        /// The expression cost more than it may; nothing decides without it.
        case costExceeded
    }

    package var kind: Kind
    /// In cel-go's words.
    package var message: String

    package init(_ message: String, _ kind: Kind = .failed) {
        self.kind = kind
        self.message = message
    }

    package var description: String { message }

    package static let noSuchOverload = EvaluationError("no such overload")
    package static let costExceeded = EvaluationError("operation cancelled: actual cost limit exceeded", .costExceeded)
    static let intOverflow = EvaluationError("integer overflow")
    static let uintOverflow = EvaluationError("unsigned integer overflow")
    static let durationOverflow = EvaluationError("duration overflow")
    static let timestampOverflow = EvaluationError("timestamp overflow")

    static func noSuchKey(_ key: CELValue) -> EvaluationError { EvaluationError("no such key: \(CELText.plain(key))") }
    static func noSuchKey(_ key: String) -> EvaluationError { EvaluationError("no such key: \(key)") }
}
