import API
import CEL
import JSON
import Machinery

/// One entry of `x-kubernetes-validations`.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go`.
struct ValidationRule: Sendable {
    let source: JSONValue
    let rule: String
    let message: String
    let messageExpression: String
    /// `FieldValueForbidden` and the like; empty: invalid.
    let reason: String
    /// Below the value that the rule is about, `spec.replicas`; empty: the value itself.
    let fieldPath: String
    let isOldSelfOptional: Bool
    /// Nil: the rule is blank, or the value has no type that expressions know.
    private(set) var program: Program?
    private(set) var problem: String?
    private(set) var messageProgram: Program?
    private(set) var messageProblem: String?
    private(set) var usesOldSelf = false

    init(_ source: JSONValue, _ schema: StructuralSchema, _ type: SchemaType?) {
        self.source = source
        rule = source["rule"]?.string ?? ""
        message = (source["message"]?.string ?? "").trimmed
        messageExpression = source["messageExpression"]?.string ?? ""
        reason = source["reason"]?.string ?? ""
        fieldPath = RuleFieldPath(source["fieldPath"]?.string ?? "", schema)?.description ?? ""
        isOldSelfOptional = source["optionalOldSelf"]?.bool ?? false
        guard let type else {
            problem =
                "rule declared on schema that does not support validation rules type: '\(schema.type)' "
                + "x-kubernetes-preserve-unknown-fields: '\(schema.preservesUnknown)'"
            return
        }
        compile(type)
    }

    private mutating func compile(_ type: SchemaType) {
        guard !rule.trimmed.isEmpty else { return }
        let old = isOldSelfOptional ? SchemaType(.optional(type.type), element: type) : type
        let environment = ExpressionEnvironment(["self": type, "oldSelf": old])
        do throws(CompilationError) {
            let compiled = try environment.compile(rule)
            if compiled.type == .bool {
                program = compiled
                usesOldSelf = compiled.mentions("oldSelf")
            } else {
                problem = "cel expression must evaluate to a bool"
            }
        } catch {
            problem = "compilation failed: \(error)"
        }
        guard !messageExpression.isEmpty else { return }
        do throws(CompilationError) {
            let compiled = try environment.compile(messageExpression)
            if compiled.type == .string {
                messageProgram = compiled
            } else {
                messageProblem = "messageExpression must evaluate to a string"
            }
        } catch {
            messageProblem = "messageExpression compilation failed: \(error)"
        }
    }

    /// What a refusal names the rule: its message, else its text.
    var label: String { message.isEmpty ? rule.trimmed : message }

    /// As upstream's messages show a rule.
    var shown: JSONValue {
        [
            "Rule": .string(rule), "Message": .string(source["message"]?.string ?? ""),
            "MessageExpression": .string(messageExpression), "Reason": source["reason"] ?? .null,
            "FieldPath": .string(source["fieldPath"]?.string ?? ""), "OptionalOldSelf": source["optionalOldSelf"] ?? .null,
        ]
    }
}

extension String {
    /// Without space at either end.
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
            return ""
        }
        return String(self[first...last])
    }
}

/// The place below a value that a rule's refusal names: `.spec.replicas`, `.labels['app.kubernetes.io/name']`.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`, `ValidFieldPath`.
struct RuleFieldPath: CustomStringConvertible {
    let description: String

    /// Nil: the text is no path, or the schema has no such place.
    init?(_ text: String, _ schema: StructuralSchema) {
        var rest = Substring(text.trimmed)
        guard !rest.isEmpty else { return nil }
        var path = FieldPath()
        var current = schema
        while !rest.isEmpty {
            guard let name = Self.segment(&rest) else { return nil }
            if !current.properties.isEmpty {
                guard let next = current.properties[name] else { return nil }
                path = path(name)
                current = next
            } else if let next = current.additionalSchema {
                path = path.key(name)
                current = next
            } else {
                return nil
            }
        }
        description = path.description
    }

    private static func segment(_ rest: inout Substring) -> String? {
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            let name = rest.prefix { $0 != "." && $0 != "[" && $0 != "]" }
            rest = rest.dropFirst(name.count)
            return name.isEmpty ? nil : String(name)
        }
        guard rest.hasPrefix("['") else { return nil }
        rest = rest.dropFirst(2)
        var name = ""
        while let character = rest.popFirst() {
            if character == "'" {
                guard rest.popFirst() == "]" else { return nil }
                return name
            }
            guard character == "\\" else {
                name.append(character)
                continue
            }
            let escapes: [Character: Character] = ["n": "\n", "r": "\r", "t": "\t", "'": "'", "\\": "\\"]
            guard let escaped = rest.popFirst(), let plain = escapes[escaped] else { return nil }
            name.append(plain)
        }
        return nil
    }
}
