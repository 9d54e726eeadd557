import FoundationEssentials

/// Text that a suite must produce, kept in a `Golden` folder beside it. `UPDATE_GOLDEN=1` writes what was produced.
package enum Golden {
    package enum Outcome: Equatable, Sendable {
        case same
        case updated(path: String)
        /// The first line that differs, from one.
        case different(line: Int, expected: String, actual: String)
        case missing(path: String)
    }

    /// - Parameters:
    ///   - name: File name within `Golden/`.
    ///   - suite: `#filePath` of the calling suite.
    package static func compare(_ actual: String, with name: String, suite: String = #filePath) -> Outcome {
        let folder = suite.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let path = folder + "/Golden/" + name
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try? FileManager.default.createDirectory(atPath: folder + "/Golden", withIntermediateDirectories: true)
            guard FileManager.default.createFile(atPath: path, contents: Data(actual.utf8)) else { return .missing(path: path) }
            return .updated(path: path)
        }
        guard let data = FileManager.default.contents(atPath: path) else { return .missing(path: path) }
        let expected = String(decoding: data, as: UTF8.self)
        if expected == actual { return .same }
        let left = expected.split(separator: "\n", omittingEmptySubsequences: false)
        let right = actual.split(separator: "\n", omittingEmptySubsequences: false)
        let common = zip(left, right).prefix { $0 == $1 }.count
        return .different(
            line: common + 1, expected: common < left.count ? String(left[common]) : "<end>",
            actual: common < right.count ? String(right[common]) : "<end>")
    }
}
