/// Reads the text of a regular expression.
struct PatternParser {
    private typealias CharacterSet = PatternProgram.CharacterSet

    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotTakesNewline = false
        /// `x*` takes as little as it can, `x*?` as much.
        var isUngreedy = false
    }

    private static let depthMax = 200
    private let scalars: [UInt32]
    private let text: String
    private var position = 0
    private var flags = Flags()
    private var depth = 0

    init(_ text: String) {
        self.text = text
        scalars = text.unicodeScalars.map(\.value)
    }

    mutating func parse() throws(Pattern.SyntaxError) -> PatternNode {
        let node = try alternatives()
        guard position == scalars.count else { throw error("unexpected )", text) }
        return node
    }

    private func error(_ reason: String, _ part: String) -> Pattern.SyntaxError {
        Pattern.SyntaxError(reason: reason, part: part)
    }

    private var next: UInt32? { position < scalars.count ? scalars[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == character.value else { return false }
        position += 1
        return true
    }

    private func looksAt(_ word: String) -> Bool {
        let wanted = word.unicodeScalars.map(\.value)
        return position + wanted.count <= scalars.count && Array(scalars[position..<position + wanted.count]) == wanted
    }

    private func written(from start: Int) -> String {
        String(String.UnicodeScalarView(scalars[start..<min(position, scalars.count)].compactMap(Unicode.Scalar.init)))
    }

    private mutating func alternatives() throws(Pattern.SyntaxError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.depthMax else { throw error("expression nests too deeply", text) }
        let outer = flags
        defer { flags = outer }
        var nodes = [try sequence()]
        while take("|") { nodes.append(try sequence()) }
        return nodes.count == 1 ? nodes[0] : .alternatives(nodes)
    }

    private mutating func sequence() throws(Pattern.SyntaxError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let character = next, character != 0x7c, character != 0x29 {
            let start = position
            let node = try atom()
            nodes.append(try repetitions(of: node, from: start))
        }
        return .sequence(nodes)
    }

    // MARK: - Repetition

    private mutating func repetitions(of atom: PatternNode, from start: Int) throws(Pattern.SyntaxError) -> PatternNode {
        var node = atom
        var count = 0
        while let (min, max) = try repetition() {
            count += 1
            if count > 1 { throw error("invalid nested repetition operator", written(from: start)) }
            let isLazy = take("?") != flags.isUngreedy
            node = .repeated(node, min: min, max: max, isLazy: isLazy)
        }
        return node
    }

    private mutating func repetition() throws(Pattern.SyntaxError) -> (Int, Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard next == 0x7b else { return nil }
        let start = position
        position += 1
        // A brace that does not begin a count stands for itself.
        guard let min = number() else {
            position = start
            return nil
        }
        var max: Int? = min
        if take(",") { max = next == 0x7d ? nil : number() ?? -1 }
        guard take("}") else {
            position = start
            return nil
        }
        guard min <= Pattern.repetitionMax, (max ?? 0) <= Pattern.repetitionMax, max.map({ $0 >= min }) ?? true else {
            throw error("invalid repeat count", written(from: start))
        }
        return (min, max)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = next, (0x30...0x39).contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit - 0x30), 1_000_000)
            position += 1
        }
        return value
    }

    // MARK: - Atoms

    private mutating func atom() throws(Pattern.SyntaxError) -> PatternNode {
        let start = position
        guard let character = next else { return .empty }
        switch Unicode.Scalar(character) {
        case "(": return try group()
        case "[": return .set(try bracket())
        case ".":
            position += 1
            return .set(CharacterSet(ranges: flags.dotTakesNewline ? [] : [0x0a...0x0a], isNegated: true))
        case "^":
            position += 1
            return .assert(flags.isMultiline ? .lineStart : .textStart)
        case "$":
            position += 1
            return .assert(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?":
            position += 1
            throw error("missing argument to repetition operator", written(from: start))
        case "\\": return try escape()
        default:
            // A count without something to count.
            if character == 0x7b, nodesNothing() { throw error("missing argument to repetition operator", text) }
            position += 1
            return .set(literal(character))
        }
    }

    /// True for `{` at the start of a sequence when a count follows.
    private func nodesNothing() -> Bool {
        var copy = self
        guard position == 0 || scalars[position - 1] == 0x28 || scalars[position - 1] == 0x7c else { return false }
        return ((try? copy.repetition()) ?? nil) != nil
    }

    private func literal(_ scalar: UInt32) -> CharacterSet { folded(CharacterSet(ranges: [scalar...scalar])) }

    private func folded(_ set: CharacterSet) -> CharacterSet {
        guard flags.ignoresCase else { return set }
        var result = set
        for range in set.ranges {
            for (from, to) in [(0x41, 0x61), (0x61, 0x41)] as [(UInt32, UInt32)] {
                let low = max(range.lowerBound, from)
                let high = min(range.upperBound, from + 25)
                if low <= high { result.ranges.append(low - from + to...high - from + to) }
            }
        }
        return result
    }

    private mutating func group() throws(Pattern.SyntaxError) -> PatternNode {
        let start = position
        let outer = flags
        position += 1
        if take("?") {
            if take("P") || next == 0x3c {
                guard take("<"), let end = scalars[position...].firstIndex(of: 0x3e), end > position else {
                    throw error("invalid named capture", written(from: start))
                }
                position = end + 1
            } else if try readFlags(from: start) {
                return .empty
            }
        }
        let node = try alternatives()
        guard take(")") else { throw error("missing closing )", text) }
        flags = outer
        return node
    }

    /// `(?i)` changes the rest of the group and is complete: true; `(?i:` goes on with a body: false.
    private mutating func readFlags(from start: Int) throws(Pattern.SyntaxError) -> Bool {
        var sets = true
        while let character = next {
            position += 1
            switch Unicode.Scalar(character) {
            case "i": flags.ignoresCase = sets
            case "m": flags.isMultiline = sets
            case "s": flags.dotTakesNewline = sets
            case "U": flags.isUngreedy = sets
            case "-": sets = false
            case ")": return true
            case ":": return false
            default: throw error("invalid or unsupported Perl syntax", written(from: start))
            }
        }
        throw error("missing closing )", text)
    }

    // MARK: - Escapes and classes

    private mutating func escape() throws(Pattern.SyntaxError) -> PatternNode {
        let start = position
        guard position + 1 < scalars.count, let character = Unicode.Scalar(scalars[position + 1]) else {
            throw error("trailing backslash at end of expression", "")
        }
        switch character {
        case "A": return assertion(.textStart)
        case "z": return assertion(.textEnd)
        case "b": return assertion(.wordBoundary)
        case "B": return assertion(.noWordBoundary)
        case "Q":
            position += 2
            var nodes: [PatternNode] = []
            while let character = next {
                if looksAt("\\E") {
                    position += 2
                    break
                }
                nodes.append(.set(literal(character)))
                position += 1
            }
            return .sequence(nodes)
        default: break
        }
        if let set = try perlClass() { return .set(folded(set)) }
        position = start
        return .set(literal(try escapedCharacter()))
    }

    private mutating func assertion(_ assertion: PatternProgram.Assertion) -> PatternNode {
        position += 2
        return .assert(assertion)
    }

    /// `\d`, `\W`, `\pL`, `\p{Greek}`; nil when the escape is no class.
    private mutating func perlClass() throws(Pattern.SyntaxError) -> CharacterSet? {
        guard position + 1 < scalars.count, let name = Unicode.Scalar(scalars[position + 1]) else { return nil }
        let start = position
        let sets: [Unicode.Scalar: [ClosedRange<UInt32>]] = [
            "d": [0x30...0x39], "w": [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a],
            "s": [0x09...0x0a, 0x0c...0x0d, 0x20...0x20],
        ]
        if let ranges = sets[name] {
            position += 2
            return CharacterSet(ranges: ranges)
        }
        if let lower = Unicode.Scalar(name.value | 0x20), let ranges = sets[lower] {
            position += 2
            return CharacterSet(ranges: Self.complement(ranges))
        }
        guard name == "p" || name == "P" else { return nil }
        position += 2
        var label = ""
        if take("{") {
            while let character = next, character != 0x7d {
                label.unicodeScalars.append(Unicode.Scalar(character) ?? " ")
                position += 1
            }
            guard take("}") else { throw error("invalid character class range", written(from: start)) }
        } else if let character = next {
            label.unicodeScalars.append(Unicode.Scalar(character) ?? " ")
            position += 1
        }
        let isNegated = (name == "P") != label.hasPrefix("^")
        guard let ranges = UnicodeClasses.ranges(label.hasPrefix("^") ? String(label.dropFirst()) : label) else {
            throw error("invalid character class range", written(from: start))
        }
        return CharacterSet(ranges: isNegated ? Self.complement(ranges) : ranges)
    }

    static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var from: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > from { result.append(from...range.lowerBound - 1) }
            from = max(from, range.upperBound + 1)
        }
        if from <= 0x10ffff { result.append(from...0x10ffff) }
        return result
    }

    /// After a backslash: one character.
    private mutating func escapedCharacter() throws(Pattern.SyntaxError) -> UInt32 {
        let start = position
        position += 2
        guard position <= scalars.count else { throw error("trailing backslash at end of expression", "") }
        let value = scalars[position - 1]
        switch Unicode.Scalar(value) {
        case "n": return 0x0a
        case "t": return 0x09
        case "r": return 0x0d
        case "f": return 0x0c
        case "v": return 0x0b
        case "a": return 0x07
        case "x": return try hexadecimal(from: start)
        case "0", "1", "2", "3", "4", "5", "6", "7":
            // One digit other than zero would be a back reference.
            var number = value - 0x30
            var digits = 1
            while digits < 3, let digit = next, (0x30...0x37).contains(digit) {
                number = number * 8 + digit - 0x30
                position += 1
                digits += 1
            }
            if digits == 1, value != 0x30 { throw error("invalid escape sequence", written(from: start)) }
            return number
        default:
            let isPunctuation =
                value < 0x80 && !(0x30...0x39).contains(value) && !(0x41...0x5a).contains(value)
                && !(0x61...0x7a).contains(value)
            guard isPunctuation else { throw error("invalid escape sequence", written(from: start)) }
            return value
        }
    }

    private mutating func hexadecimal(from start: Int) throws(Pattern.SyntaxError) -> UInt32 {
        var digits = ""
        let isBraced = take("{")
        while let character = next, let scalar = Unicode.Scalar(character), digits.utf8.count < (isBraced ? 8 : 2) {
            guard scalar.properties.isASCIIHexDigit else { break }
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        if isBraced, !take("}") { throw error("invalid escape sequence", written(from: start)) }
        guard let value = UInt32(digits, radix: 16), value <= 0x10ffff else {
            throw error("invalid escape sequence", written(from: start))
        }
        return value
    }

    private mutating func bracket() throws(Pattern.SyntaxError) -> CharacterSet {
        let start = position
        position += 1
        let isNegated = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        var isFirst = true
        while true {
            guard let character = next else { throw error("missing closing ]", written(from: start)) }
            if character == 0x5d, !isFirst { break }
            isFirst = false
            if looksAt("[:"), let named = namedClass() {
                ranges += named
                continue
            }
            if character == 0x5c, let set = try perlClass() {
                ranges += set.ranges
                continue
            }
            let low = try bracketCharacter()
            var high = low
            if next == 0x2d, position + 1 < scalars.count, scalars[position + 1] != 0x5d {
                position += 1
                high = try bracketCharacter()
            }
            guard low <= high else { throw error("invalid character class range", written(from: start)) }
            ranges.append(low...high)
        }
        position += 1
        var set = folded(CharacterSet(ranges: ranges))
        set.isNegated = isNegated
        return set
    }

    private mutating func bracketCharacter() throws(Pattern.SyntaxError) -> UInt32 {
        guard let character = next else { throw error("missing closing ]", text) }
        if character == 0x5c {
            guard position + 1 < scalars.count else { throw error("trailing backslash at end of expression", "") }
            return try escapedCharacter()
        }
        position += 1
        return character
    }

    /// `[:alpha:]`; nil when the name is none.
    private mutating func namedClass() -> [ClosedRange<UInt32>]? {
        guard let end = scalars[position...].firstIndex(of: 0x5d), end > position + 2, scalars[end - 1] == 0x3a else {
            return nil
        }
        let name = String(String.UnicodeScalarView(scalars[position + 2..<end - 1].compactMap(Unicode.Scalar.init)))
        let isNegated = name.hasPrefix("^")
        guard let ranges = UnicodeClasses.posix[isNegated ? String(name.dropFirst()) : name] else { return nil }
        position = end + 1
        return isNegated ? Self.complement(ranges) : ranges
    }
}
