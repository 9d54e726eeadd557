/// Text that is not YAML, or is beyond a limit.
package struct YAMLError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    /// From one; nil when the problem has no place.
    package var line: Int?

    package init(_ message: String, line: Int? = nil) {
        self.message = message
        self.line = line
    }

    /// Worded as Go's `yaml` package words it.
    package var description: String { line.map { "yaml: line \($0): \(message)" } ?? "yaml: \(message)" }
}

/// What a reader of YAML takes at most.
package struct YAMLLimits: Hashable, Sendable {
    package var bytesMax: Int
    /// Values after aliases are followed, so that a few lines cannot grow into gigabytes.
    package var valuesMax: Int
    package var depthMax: Int

    package init(bytesMax: Int = 3 * 1024 * 1024, valuesMax: Int = 500_000, depthMax: Int = 100) {
        self.bytesMax = bytesMax
        self.valuesMax = valuesMax
        self.depthMax = depthMax
    }

    package static let standard = YAMLLimits()
}
