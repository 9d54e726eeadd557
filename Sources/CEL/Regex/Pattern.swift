/// A regular expression in the syntax that Go takes: `pattern` of schemas, `matches` and `find` of expressions.
///
/// - SeeAlso: `regexp/syntax` of Go for the language; back references and look-around are not part of it.
package struct Pattern: Sendable {
    /// A text that is no regular expression.
    package struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        package var reason: String
        package var part: String
        package var description: String { "error parsing regexp: \(reason): `\(part)`" }
    }

    /// Instructions that a pattern may compile to.
    static let instructionsMax = 20_000
    /// The largest count in `x{n,m}`.
    static let repetitionMax = 1000

    package let text: String
    private let program: PatternProgram

    package init(_ text: String) throws(SyntaxError) {
        self.text = text
        var parser = PatternParser(text)
        let tree = try parser.parse()
        var compiler = PatternCompiler()
        guard compiler.emit(tree) else {
            throw SyntaxError(reason: "expression too large", part: text)
        }
        compiler.program.instructions.append(.match)
        program = compiler.program
    }

    /// Whether the pattern occurs in `text`; anchors are the pattern's own affair.
    package func matches(_ text: String) -> Bool { program.matches(text) }

    /// Instructions of the program: a match takes time in proportion to this and to the text.
    package var size: Int { program.instructions.count }

    /// The first match, as Go finds it: leftmost, then what is written first in the pattern.
    package func find(in text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        return program.find(scalars.map(\.value), from: 0).map { Scalars.text(scalars[$0]) }
    }

    /// Matches one behind the other, at most `max` of them.
    package func findAll(in text: String, max: Int?) -> [String] {
        let scalars = Array(text.unicodeScalars)
        let values = scalars.map(\.value)
        var result: [String] = []
        var position = 0
        var previousEnd = -1
        while position <= values.count, max.map({ result.count < $0 }) ?? true, let range = program.find(values, from: position) {
            // An empty match right behind another one does not count.
            if !(range.isEmpty && range.lowerBound == previousEnd) { result.append(Scalars.text(scalars[range])) }
            previousEnd = range.upperBound
            position = range.isEmpty ? range.upperBound + 1 : range.upperBound
        }
        return result
    }
}

/// What a pattern says, as a tree.
indirect enum PatternNode {
    case empty
    case set(PatternProgram.CharacterSet)
    case assert(PatternProgram.Assertion)
    case sequence([PatternNode])
    case alternatives([PatternNode])
    /// `max` nil: without limit.
    case repeated(PatternNode, min: Int, max: Int?, isLazy: Bool)
}

private struct PatternCompiler {
    var program = PatternProgram()

    /// False when the program becomes too large.
    mutating func emit(_ node: PatternNode) -> Bool {
        guard program.instructions.count < Pattern.instructionsMax else { return false }
        switch node {
        case .empty: return true
        case .set(let set):
            program.instructions.append(.character(set))
            return true
        case .assert(let assertion):
            program.instructions.append(.assert(assertion))
            return true
        case .sequence(let nodes):
            for node in nodes where !emit(node) { return false }
            return true
        case .alternatives(let nodes): return emit(alternatives: nodes)
        case .repeated(let node, let min, let max, let isLazy): return emit(node, min: min, max: max, isLazy: isLazy)
        }
    }

    private mutating func emit(alternatives nodes: [PatternNode]) -> Bool {
        var exits: [Int] = []
        for (index, node) in nodes.enumerated() {
            let split = program.instructions.count
            if index < nodes.count - 1 { program.instructions.append(.jump(0)) }
            guard emit(node) else { return false }
            if index < nodes.count - 1 {
                exits.append(program.instructions.count)
                program.instructions.append(.jump(0))
                program.instructions[split] = .split(split + 1, program.instructions.count)
            }
        }
        for exit in exits { program.instructions[exit] = .jump(program.instructions.count) }
        return true
    }

    private mutating func emit(_ node: PatternNode, min: Int, max: Int?, isLazy: Bool) -> Bool {
        func fork(_ inside: Int, _ behind: Int) -> PatternProgram.Instruction {
            isLazy ? .split(behind, inside) : .split(inside, behind)
        }
        for _ in 0..<min where !emit(node) { return false }
        guard let max else {
            let split = program.instructions.count
            program.instructions.append(.jump(0))
            guard emit(node) else { return false }
            program.instructions.append(.jump(split))
            program.instructions[split] = fork(split + 1, program.instructions.count)
            return true
        }
        var splits: [Int] = []
        for _ in min..<Swift.max(min, max) {
            splits.append(program.instructions.count)
            program.instructions.append(.jump(0))
            guard emit(node) else { return false }
        }
        for split in splits { program.instructions[split] = fork(split + 1, program.instructions.count) }
        return true
    }
}
