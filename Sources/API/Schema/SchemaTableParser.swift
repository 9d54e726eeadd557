import JSON

/// Reads the generated tables; their language is described in `scripts/generate-schema.py`.
///
/// The tables are ours, so a line that does not parse is a defect of the generator and stops the program.
struct SchemaTableParser {
    static func parse(_ tables: [(name: String, lines: StaticString)]) -> ([MessageType], [String: Int]) {
        var parser = SchemaTableParser()
        for table in tables {
            table.lines.withUTF8Buffer { bytes in
                // SAFETY: the slices below are copied into strings before the closure returns.
                parser.declare(bytes, package: table.name)
            }
        }
        for table in tables {
            table.lines.withUTF8Buffer { bytes in parser.read(bytes, package: table.name) }
        }
        return (parser.types, parser.ids)
    }

    private var ids: [String: Int] = [:]
    private var types: [MessageType] = []

    private typealias Line = Slice<UnsafeBufferPointer<UInt8>>

    /// First pass: names only, so that types can refer to each other in any order.
    private mutating func declare(_ bytes: UnsafeBufferPointer<UInt8>, package: String) {
        Self.forEachLine(bytes) { line in
            guard line.first == UInt8(ascii: "=") else { return }
            let name = Self.text(line.dropFirst().prefix { $0 != UInt8(ascii: " ") })
            ids[package + "." + name] = ids.count
        }
    }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, package: String) {
        var head: [String] = []
        var fields: [FieldDescriptor] = []
        var nested: [MessageType.Nested] = []
        func finish(_ types: inout [MessageType]) {
            guard let name = head.first else { return }
            types.append(
                MessageType(
                    name: package + "." + name,
                    kinds: head.dropFirst().filter { $0.hasPrefix("K=") }.map { String($0.dropFirst(2)) },
                    isAtomicMap: head.contains("A"), fields: fields, nested: nested))
        }
        Self.forEachLine(bytes) { line in
            switch line.first {
            case nil: break
            case UInt8(ascii: "="):
                finish(&types)
                head = Self.words(line.dropFirst())
                fields = []
                nested = []
            case UInt8(ascii: "~"):
                let words = Self.words(line.dropFirst())
                guard words.count == 2, let number = Int(words[0]), case .message(let id) = type(words[1][...], package)
                else { preconditionFailure("schema table: \(Self.text(line))") }
                nested.append(MessageType.Nested(number: number, type: id))
            default: fields.append(field(Self.words(line), package))
            }
        }
        finish(&types)
    }

    private func field(_ words: [String], _ package: String) -> FieldDescriptor {
        guard words.count >= 3, let number = Int(words[1]) else { preconditionFailure("schema table: \(words)") }
        var field = FieldDescriptor(name: words[0], number: number, type: type(words[2][...], package))
        for flag in words.dropFirst(3) {
            let value = flag.dropFirst(2)
            switch flag {
            case "p": field.isPointer = true
            case "a": field.isAlwaysWritten = true
            case "r": field.isRequired = true
            case "A": field.isAtomicMap = true
            case "G": field.isGranularMap = true
            case "La": field.listSemantics = .atomic
            case "Ls": field.listSemantics = .set
            case _ where flag.hasPrefix("Lm="):
                field.listSemantics = .map(keys: value.dropFirst().split(separator: ",").map(String.init))
            case _ where flag.hasPrefix("M="): field.mergeKey = String(value)
            case _ where flag.hasPrefix("S="): field.patchStrategies = value.split(separator: ",").map(String.init)
            case _ where flag.hasPrefix("E="): field.enumValues = value.split(separator: ",").map(String.init)
            case _ where flag.hasPrefix("D="): field.defaultValue = try? JSONParser.parse(String(value))
            default: preconditionFailure("schema table: \(words)")
            }
        }
        return field
    }

    private func type(_ code: Substring, _ package: String) -> FieldType {
        let rest = code.dropFirst()
        switch code.first {
        case "s": return .string
        case "i": return .int32
        case "l": return .int64
        case "b": return .bool
        case "d": return .double
        case "B": return .bytes
        case "t": return .time
        case "u": return .microTime
        case "q": return .quantity
        case "x": return .intOrString
        case "R": return .rawExtension
        case "F": return .fieldsV1
        case "J": return .any
        case "O": return .schemaOrArray
        case "P": return .schemaOrBool
        case "S": return .schemaOrStringArray
        case "[": return .list(type(rest, package))
        case "{": return .map(type(rest, package))
        case ".": return message(package + "." + rest)
        case ":": return message(String(rest))
        default: preconditionFailure("schema table: type \(code)")
        }
    }

    private func message(_ name: String) -> FieldType {
        guard let id = ids[name] else { preconditionFailure("schema table: no type \(name)") }
        return .message(MessageID(index: id))
    }

    private static func forEachLine(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Line) -> Void) {
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.endIndex
            body(bytes[start..<end])
            start = end + 1
        }
    }

    private static func words(_ line: Line) -> [String] { line.split(separator: UInt8(ascii: " ")).map { text($0) } }

    private static func text(_ bytes: Line) -> String { String(decoding: bytes, as: UTF8.self) }
}
