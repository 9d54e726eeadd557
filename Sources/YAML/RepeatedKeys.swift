package import JSON

/// Reads texts in which a mapping names a key twice: the last value counts, and the others are told of.
///
/// The parser below refuses such texts as a whole. So each earlier key is marked in the text, which makes it another key, and the text
/// is read again; members with a mark are left out of the tree.
/// - SeeAlso: `sigs.k8s.io/yaml` `Unmarshal` and `UnmarshalStrict`.
extension YAMLDecoder {
    /// Repetitions beyond this refuse the text.
    static let repeatedKeysMax = 100
    /// Bytes read over all readings of one text.
    static let rereadBytesMax = 64 * 1024 * 1024

    /// Begins and ends a mark; no key of a manifest has it.
    static let mark: Character = "\u{E000}"

    /// - Returns: The first document, and `line 3: key "a" already set in map` for each repetition, in order of lines.
    package static func decodeKeepingLast(
        _ bytes: [UInt8], limits: YAMLLimits = .standard
    ) throws(YAMLError) -> (value: JSONValue, repetitions: [String]) {
        guard let source = String(validating: bytes, as: UTF8.self) else { throw YAMLError("invalid UTF-8") }
        var text = source
        let readingsMax = min(repeatedKeysMax, max(1, rereadBytesMax / max(1, bytes.count)))
        for reading in 0... {
            switch try firstDocument(text, limits) {
            case .read(let value, let repetitions):
                return (value, repetitions.sorted { ($0.line, $0.key) < ($1.line, $1.key) }.map(\.text))
            case .repeated(let error, let line, let column):
                guard reading < readingsMax, source.contains(mark) == false,
                    let marked = marking(text, line: line, column: column, number: reading)
                else { throw error }
                text = marked
            }
        }
        return (.null, [])
    }

    /// The text with a mark before the key at a place, both counted from one.
    private static func marking(_ text: String, line: Int, column: Int, number: Int) -> String? {
        let scalars = text.unicodeScalars
        var start = scalars.startIndex
        for _ in 1..<max(1, line) {
            guard let end = scalars[start...].firstIndex(of: "\n") else { return nil }
            start = scalars.index(after: end)
        }
        guard var place = scalars.index(start, offsetBy: column - 1, limitedBy: scalars.endIndex), place < scalars.endIndex else {
            return nil
        }
        if scalars[place] == "\"" || scalars[place] == "'" { place = scalars.index(after: place) }
        var result = text
        result.insert(contentsOf: "\(mark)\(number)\(mark)", at: place)
        return result
    }
}

/// A key that its mapping has already.
struct KeyRepetition: Hashable, Sendable {
    /// From one: where its value stands.
    var line: Int
    var key: String

    var text: String { "line \(line): key \(JSONWriter.text(.string(key))) already set in map" }

    /// The key without its mark; nil when it has none.
    static func unmarked(_ key: String) -> String? {
        guard key.first == YAMLDecoder.mark, let end = key.dropFirst().firstIndex(of: YAMLDecoder.mark) else { return nil }
        return String(key[key.index(after: end)...])
    }
}
