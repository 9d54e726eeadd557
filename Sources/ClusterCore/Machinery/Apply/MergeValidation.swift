import API
import JSON

/// Checks that a value fits its merge type, with the messages that an apply of a wrong field answers.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `typed/validate.go`.
struct MergeValidation {
    private var findings: [String] = []
    private let allowsDuplicates: Bool

    /// Findings beyond this are not collected.
    private static let findingsMax = 100

    /// - Parameter allowsDuplicates: Whether a set or list by keys may name one element twice, as objects of old may.
    static func check(_ value: JSONValue, _ type: MergeType, allowsDuplicates: Bool) throws(MergeTypeError) {
        var validation = MergeValidation(allowsDuplicates: allowsDuplicates)
        validation.check(value, type, "")
        guard validation.findings.isEmpty else { throw MergeTypeError(findings: validation.findings) }
    }

    private init(allowsDuplicates: Bool) { self.allowsDuplicates = allowsDuplicates }

    private mutating func report(_ path: String, _ text: String) {
        if findings.count < Self.findingsMax { findings.append(path.isEmpty ? text : "\(path): \(text)") }
    }

    private mutating func check(_ value: JSONValue, _ type: MergeType, _ path: String) {
        if value.isNull { return }
        switch MergeAtom(type, for: value) {
        case .scalar(let scalar):
            if let problem = Self.problem(value, scalar) { report(path, problem) }
        case .list(let element, let semantics):
            guard case .array(let values) = value else {
                return report(path, "expected list, got &{\(GoFormat.print(value))}")
            }
            checkElements(values, element, semantics, path)
        case .object(let shape):
            guard case .object(let object) = value else {
                return report(path, "expected map, got &{\(GoFormat.print(value))}")
            }
            for member in object.members {
                let below = path + "." + member.key
                guard let type = shape.member(member.key) else { return report(below, "field not declared in schema") }
                check(member.value, type, below)
            }
        }
    }

    private mutating func checkElements(
        _ values: [JSONValue], _ type: MergeType, _ semantics: ListSemantics, _ path: String
    ) {
        if case .deduced = type, semantics == .atomic { return }
        var seen: Set<PathElement> = []
        for (index, value) in values.enumerated() {
            var element = PathElement.index(index)
            if semantics != .atomic {
                do throws(MergeTypeError) {
                    element = try ListElements.name(value, element: type, semantics)
                } catch {
                    return report(path, "element \(index): \(error)")
                }
                if !seen.insert(element).inserted, !allowsDuplicates {
                    report(path, "duplicate entries for key \(element)")
                }
            }
            check(value, type, path + element.description)
        }
    }

    /// Nil when the value is of the scalar's kind; the words are those of Go's formatter.
    static func problem(_ value: JSONValue, _ scalar: MergeScalar) -> String? {
        switch (scalar, value) {
        case (_, .null), (.number, .int), (.number, .double), (.string, .string), (.boolean, .bool): nil
        case (.any, .bool), (.any, .int), (.any, .double), (.any, .string): nil
        case (.number, _): "expected numeric (int or float), got \(GoFormat.typeName(value))"
        case (.string, _): "expected string, got &value.valueUnstructured{Value:\(GoFormat.syntax(value))}"
        case (.boolean, _): "expected boolean, got &{\(GoFormat.print(value))}"
        case (.any, _): "expected any scalar, got &{\(GoFormat.print(value))}"
        }
    }
}

extension GoFormat {
    /// The type of an unread value, as Go's `%T` prints it.
    static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int64"
        case .double: "float64"
        case .string: "string"
        case .array: "[]interface {}"
        case .object: "map[string]interface {}"
        }
    }

    /// A value as Go source, as `%#v` prints it.
    static func syntax(_ value: JSONValue) -> String {
        switch value {
        case .null: "interface {}(nil)"
        case .string(let text): JSONWriter.text(.string(text))
        case .array(let values): "[]interface {}{" + values.map(syntax).joined(separator: ", ") + "}"
        case .object(let object):
            "map[string]interface {}{"
                + object.members.sorted { $0.key < $1.key }
                .map { "\(JSONWriter.text(.string($0.key))):\(syntax($0.value))" }.joined(separator: ", ") + "}"
        default: print(value)
        }
    }
}
