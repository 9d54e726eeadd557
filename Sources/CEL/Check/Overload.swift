/// One way to call a function.
struct Overload: Hashable, Sendable {
    /// The first parameter stands before the dot.
    var isMember: Bool
    var parameters: [CELType]
    var result: CELType

    /// Names of type parameters in it.
    var typeParameters: Set<String> {
        var names: Set<String> = []
        func collect(_ type: CELType) {
            if case .parameter(let name) = type { names.insert(name) }
            type.parameters.forEach(collect)
        }
        (parameters + [result]).forEach(collect)
        return names
    }
}

/// Reads lines of the form `name(int, list<A>) -> bool` and `string.name(int) -> string`.
struct DeclarationReader {
    private var rest: Substring

    static func read(_ text: String) -> [String: [Overload]] {
        var result: [String: [Overload]] = [:]
        for line in text.split(separator: "\n") where !line.allSatisfy(\.isWhitespace) {
            var reader = DeclarationReader(rest: line)
            guard let (name, overload) = reader.declaration() else { preconditionFailure("declaration: \(line)") }
            result[name, default: []].append(overload)
        }
        return result
    }

    private mutating func skipSpace() { rest = rest.drop { $0 == " " } }

    private mutating func take(_ text: String) -> Bool {
        skipSpace()
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    private mutating func declaration() -> (String, Overload)? {
        skipSpace()
        // A receiver ends at the colon, so that names may hold dots.
        var receiver: CELType?
        if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains("(") {
            guard let type = type(), take(":") else { return nil }
            receiver = type
        }
        skipSpace()
        let name = rest.prefix { $0 != "(" }
        rest = rest.dropFirst(name.count)
        guard take("(") else { return nil }
        var parameters = receiver.map { [$0] } ?? []
        while !take(")") {
            guard let type = type() else { return nil }
            parameters.append(type)
            _ = take(",")
        }
        guard take("->"), let result = type() else { return nil }
        return (String(name), Overload(isMember: receiver != nil, parameters: parameters, result: result))
    }

    private static let names: [String: CELType] = [
        "dyn": .dyn, "null": .null, "bool": .bool, "int": .int, "uint": .uint, "double": .double, "string": .string,
        "bytes": .bytes, "timestamp": .timestamp, "duration": .duration,
    ]

    private mutating func type() -> CELType? {
        skipSpace()
        let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" })
        guard !name.isEmpty else { return nil }
        rest = rest.dropFirst(name.count)
        var parameters: [CELType] = []
        if take("<") {
            while !take(">") {
                guard let type = type() else { return nil }
                parameters.append(type)
                _ = take(",")
            }
        }
        if let plain = Self.names[name] { return plain }
        switch (name, parameters.count) {
        case ("list", 1): return .list(parameters[0])
        case ("map", 2): return .map(parameters[0], parameters[1])
        case ("optional", 1): return .optional(parameters[0])
        case ("type", 1): return .type(parameters[0])
        case _ where name.count == 1: return .parameter(name)
        default: return .opaque(name, parameters)
        }
    }
}
