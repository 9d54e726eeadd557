import API
import JSON

/// What a place is once the value there is known: a deduced type takes the form of its value.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `typed/helpers.go`, `deduceAtom`.
enum MergeAtom {
    case scalar(MergeScalar)
    case list(element: MergeType, ListSemantics)
    case object(MergeObject)

    /// - Parameter value: Nil and null fit any form.
    init(_ type: MergeType, for value: JSONValue?) {
        switch type {
        case .scalar(let scalar): self = .scalar(scalar)
        case .list(let element, let semantics): self = .list(element: element, semantics)
        case .map, .structure: self = .object(MergeObject(type: type))
        case .deduced:
            switch value {
            case .bool, .int, .double, .string: self = .scalar(.any)
            case .array: self = .list(element: .deduced, .atomic)
            case .object, .null, nil: self = .object(MergeObject(type: .deduced))
            }
        }
    }

    /// Whether two values of one type are of one form; they always are unless the type is deduced.
    func hasForm(of other: MergeAtom) -> Bool {
        switch (self, other) {
        case (.scalar, .scalar), (.list, .list), (.object, .object): true
        default: false
        }
    }
}

/// An object's members by type.
struct MergeObject {
    /// A map, a structure or deduced.
    let type: MergeType

    var isAtomic: Bool {
        switch type {
        case .map(_, let isAtomic), .structure(_, let isAtomic): isAtomic
        default: false
        }
    }

    func declared(_ name: String) -> MergeType? {
        if case .structure(let structure, _) = type { structure.member(name) } else { nil }
    }

    /// Nil when the object may not have such a member.
    func member(_ name: String) -> MergeType? {
        switch type {
        case .structure(let structure, _): structure.member(name) ?? structure.undeclared
        case .map(let element, _): element
        default: .deduced
        }
    }
}

/// A value that does not fit its merge type.
package struct MergeTypeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// `.spec.replicas: expected numeric (int or float), got string`, in the order found.
    package var findings: [String]

    package var description: String {
        findings.count == 1 ? findings[0] : "errors:\n" + findings.map { "  " + $0 }.joined(separator: "\n")
    }
}

/// Names the elements of lists that are no atoms.
enum ListElements {
    /// - Returns: Nil with the reason when an element has no name.
    static func name(
        _ value: JSONValue, element type: MergeType, _ semantics: ListSemantics
    ) throws(MergeTypeError) -> PathElement {
        switch semantics {
        case .atomic: throw MergeTypeError(findings: ["invalid indexing of non-associative list"])
        case .set: return try setElement(value)
        case .map(let keys): return try keyedElement(value, type, keys)
        }
    }

    private static func setElement(_ value: JSONValue) throws(MergeTypeError) -> PathElement {
        switch value {
        case .object:
            throw MergeTypeError(findings: ["associative list without keys has an element that's a map type"])
        case .array: throw MergeTypeError(findings: ["not supported: associative list with lists as elements"])
        case .null:
            throw MergeTypeError(findings: ["associative list without keys has an element that's an explicit null"])
        default: return .value(value)
        }
    }

    private static func keyedElement(
        _ value: JSONValue, _ type: MergeType, _ keys: [String]
    ) throws(MergeTypeError) -> PathElement {
        guard case .object(let object) = value else {
            throw MergeTypeError(
                findings: [
                    value.isNull
                        ? "associative list with keys may not have a null element"
                        : "associative list with keys may not have non-map elements"
                ])
        }
        // A key that is left out without a default is no part of the name: `shareID` of a claim's devices is one.
        let fields = keys.compactMap { key in
            (object[key] ?? defaultValue(of: key, type)).map { PathElement.KeyField(key, $0) }
        }
        guard !fields.isEmpty else {
            let names = keys.map { "\"\($0)\"" }.joined(separator: " ")
            throw MergeTypeError(
                findings: [
                    "associative list with keys has an element that omits all key fields [\(names)] (and doesn't have default "
                        + "values for any key fields)"
                ])
        }
        return .keyed(fields)
    }

    private static func defaultValue(of key: String, _ type: MergeType) -> JSONValue? {
        if case .structure(let structure, _) = type { structure.defaultValue(of: key) } else { nil }
    }
}
