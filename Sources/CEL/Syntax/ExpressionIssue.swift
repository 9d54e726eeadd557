/// What is wrong with an expression, and where.
package struct ExpressionIssue: Error, Hashable, Sendable {
    /// A count of Unicode scalars from the start of the text.
    package var offset: Int
    package var message: String

    package init(at offset: Int, _ message: String) {
        self.offset = offset
        self.message = message
    }

    /// As cel-go prints it, with the line and a mark below the place.
    ///
    /// - SeeAlso: cel-go `common/error.go`.
    package func print(in text: String) -> String {
        var line = 1
        var column = 0
        let scalars = Array(text.unicodeScalars)
        var start = 0
        for (index, scalar) in scalars.prefix(offset).enumerated() {
            if scalar == "\n" {
                line += 1
                column = 0
                start = index + 1
            } else {
                column += 1
            }
        }
        var source = String.UnicodeScalarView()
        for scalar in scalars.dropFirst(start) {
            if scalar == "\n" { break }
            source.append(scalar == "\t" ? " " : scalar)
        }
        let marks = String(repeating: ".", count: column) + "^"
        return "ERROR: <input>:\(line):\(column + 1): \(message)\n | \(String(source))\n | \(marks)"
    }

    /// Several, in the order of their places, one below the other.
    package static func print(_ issues: [ExpressionIssue], in text: String) -> String {
        let sorted = issues.enumerated().sorted { ($0.element.offset, $0.offset) < ($1.element.offset, $1.offset) }
        return sorted.map { $0.element.print(in: text) }.joined(separator: "\n")
    }
}
