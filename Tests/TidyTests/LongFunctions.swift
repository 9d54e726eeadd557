import Testing

/// Finds functions by their braces.
enum LongFunctions {
    struct Function: Equatable {
        var name: String
        /// Of the declaration, from one.
        var line: Int
        var length: Int
    }

    /// - Parameter lines: Code only.
    static func find(in lines: [String], longerThan limit: Int) -> [Function] {
        var result: [Function] = []
        var depth = 0
        var open: [(name: String, line: Int, depth: Int)] = []
        var waiting: (name: String, line: Int)?
        for (index, code) in lines.enumerated() {
            if let name = declaredName(code) { waiting = (name, index + 1) }
            for byte in code.utf8 {
                if byte == UInt8(ascii: "{") {
                    if let found = waiting {
                        open.append((found.name, found.line, depth))
                        waiting = nil
                    }
                    depth += 1
                } else if byte == UInt8(ascii: "}") {
                    depth -= 1
                    if let last = open.last, last.depth == depth {
                        open.removeLast()
                        let length = index + 2 - last.line
                        if length > limit { result.append(Function(name: last.name, line: last.line, length: length)) }
                    }
                }
            }
        }
        return result
    }

    private static func declaredName(_ code: String) -> String? {
        let words = code.split(separator: " ")
        guard let position = words.firstIndex(where: { $0 == "func" || $0.hasPrefix("init(") }) else { return nil }
        let word = words[position] == "func" ? words.dropFirst(position + 1).first : words[position]
        return word.map { String($0.prefix { $0 != "(" && $0 != "<" }) }
    }
}

@Suite struct LongFunctionsTests {
    @Test func `measures from the declaration to the closing brace`() {
        let text = [
            "struct A {", "    func b(", "        c: Int", "    ) {", "        if c > 0 { d() }", "    }",
            "    init() {}", "}",
        ]
        #expect(LongFunctions.find(in: text, longerThan: 4) == [.init(name: "b", line: 2, length: 5)])
    }
}
