/// A line of an input file, as editors and CI annotations understand it: `k8s/np.yaml:21`.
package struct SourcePlace: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// As the user named it; `-` is standard input.
    package var file: String
    /// From one.
    package var line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    package var description: String { "\(file):\(line)" }

    package static func < (left: SourcePlace, right: SourcePlace) -> Bool {
        (left.file, left.line) < (right.file, right.line)
    }
}

/// One thing in the input that is wrong, or that the user should know.
package struct InputProblem: Hashable, Sendable, CustomStringConvertible {
    package var place: SourcePlace?
    package var message: String

    package init(_ message: String, at place: SourcePlace? = nil) {
        self.place = place
        self.message = message
    }

    package var description: String { place.map { "\($0): \(message)" } ?? message }
}

/// Input that cannot be worked with; every problem that was found, in the order of the input.
package struct InputRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    package var problems: [InputProblem]

    package init(_ problems: [InputProblem]) { self.problems = problems }
    package init(_ message: String, at place: SourcePlace? = nil) { problems = [InputProblem(message, at: place)] }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
