/// What is known of a value beforehand: its type, and the types below it.
///
/// It decides how JSON is read (a `number` is a double even when it is whole) and what a checker accepts.
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/types.go`, `DeclType`.
package final class SchemaType: Sendable {
    package struct Field: Sendable {
        /// As JSON names it; expressions see it escaped.
        package var name: String
        package var type: SchemaType
        package var isRequired: Bool

        package init(_ name: String, _ type: SchemaType, isRequired: Bool = false) {
            self.name = name
            self.type = type
            self.isRequired = isRequired
        }
    }

    /// How two lists are compared and added.
    package enum ListKind: Hashable, Sendable {
        case atomic
        case set
        case map(keys: [String])
    }

    package let type: CELType
    /// Of an object, under the names that expressions use.
    package let fields: [String: Field]
    /// Of a list, or the values of a map.
    package let element: SchemaType?
    package let listKind: ListKind
    /// The most elements, scalars or bytes; nil: no limit but that of a request.
    package let sizeMax: Int?

    package init(
        _ type: CELType, fields: [String: Field] = [:], element: SchemaType? = nil, listKind: ListKind = .atomic,
        sizeMax: Int? = nil
    ) {
        self.type = type
        self.fields = fields
        self.element = element
        self.listKind = listKind
        self.sizeMax = sizeMax
    }

    package static func list(_ element: SchemaType, kind: ListKind = .atomic, sizeMax: Int? = nil) -> SchemaType {
        SchemaType(.list(element.type), element: element, listKind: kind, sizeMax: sizeMax)
    }

    package static func map(_ element: SchemaType, sizeMax: Int? = nil) -> SchemaType {
        SchemaType(.map(.string, element.type), element: element, sizeMax: sizeMax)
    }

    /// - Parameter fields: Those whose names cannot be written in an expression are left out.
    package static func object(_ name: String, _ fields: [Field]) -> SchemaType {
        var known: [String: Field] = [:]
        for field in fields {
            if let escaped = FieldName.escape(field.name) { known[escaped] = field }
        }
        return SchemaType(.object(name), fields: known)
    }

    package static let dyn = SchemaType(.dyn)
    package static let string = SchemaType(.string)
    package static let int = SchemaType(.int)
    package static let double = SchemaType(.double)
    package static let bool = SchemaType(.bool)
    package static let bytes = SchemaType(.bytes)
    package static let timestamp = SchemaType(.timestamp)
    package static let duration = SchemaType(.duration)

    /// The objects at and below this type, under their names.
    package var objects: [String: SchemaType] {
        var result: [String: SchemaType] = [:]
        collect(into: &result)
        return result
    }

    private func collect(into result: inout [String: SchemaType]) {
        if case .object(let name) = type {
            guard result[name] == nil else { return }
            result[name] = self
        }
        element?.collect(into: &result)
        for field in fields.values { field.type.collect(into: &result) }
    }
}

/// Names of JSON members as expressions write them.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/escaping.go`.
package enum FieldName {
    private static let words: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
        "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    /// Nil: the name cannot be written.
    package static func escape(_ name: String) -> String? {
        if words.contains(name) { return "__\(name)__" }
        var result = ""
        var rest = Array(name.utf8)[...]
        guard let first = rest.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return nil }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "_") where rest.first == UInt8(ascii: "_"):
                rest.removeFirst()
                result += "__underscores__"
            case UInt8(ascii: "."): result += "__dot__"
            case UInt8(ascii: "-"): result += "__dash__"
            case UInt8(ascii: "/"): result += "__slash__"
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: return nil
            }
        }
        return result
    }
}
