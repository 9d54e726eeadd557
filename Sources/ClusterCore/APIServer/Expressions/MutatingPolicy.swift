import API
import CEL
import JSON
import Machinery

/// A MutatingAdmissionPolicy, its expressions compiled. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy/mutating/compilation.go`.
struct MutatingPolicy: Sendable {
    enum Mutation: Sendable {
        case apply(AdmissionExpression)
        case patch(AdmissionExpression)

        var expression: AdmissionExpression {
            switch self {
            case .apply(let expression), .patch(let expression): expression
            }
        }
    }

    let name: String
    let match: PolicyMatch
    let paramKind: JSONValue?
    let ignoresFailures: Bool
    /// Whether it sees once more what others changed after it.
    let isReinvoked: Bool
    let conditions: MatchConditions
    let variables: [PolicyVariables.Definition]
    let mutations: [Mutation]

    init(_ json: JSONValue) {
        let spec = json["spec"] ?? [:]
        name = json["metadata"]?["name"]?.string ?? ""
        match = PolicyMatch(spec["matchConstraints"])
        paramKind = spec["paramKind"].flatMap { $0.object == nil ? nil : $0 }
        ignoresFailures = spec["failurePolicy"]?.string == "Ignore"
        isReinvoked = spec["reinvocationPolicy"]?.string == "IfNeeded"
        var environment = AdmissionEnvironment.make(
            params: paramKind == nil ? nil : .dyn, authorizer: true, mutations: true)
        conditions = MatchConditions(
            spec["matchConditions"]?.array ?? [],
            in: AdmissionEnvironment.make(params: paramKind == nil ? nil : .dyn, authorizer: true))
        variables = PolicyVariables.compile(spec["variables"]?.array ?? [], in: &environment)
        mutations = (spec["mutations"]?.array ?? []).map { [environment] json in
            if json["patchType"]?.string == "JSONPatch" {
                let patch = CELType.list(.object(ExpressionEnvironment.patchTypeName))
                return .patch(
                    AdmissionExpression(json["jsonPatch"]?["expression"]?.string ?? "", in: environment, results: [patch]))
            }
            return .apply(
                AdmissionExpression(
                    json["applyConfiguration"]?["expression"]?.string ?? "", in: environment,
                    results: [.object(ExpressionEnvironment.objectTypeName)]))
        }
    }

    /// What is wrong with its expressions.
    var findings: [FieldError] {
        let path = FieldPath("spec")
        var errors = conditions.findings(path("matchConditions")) + PolicyVariables.findings(variables, path)
        for (index, mutation) in mutations.enumerated() {
            let at = path("mutations")[index]
            switch mutation {
            case .apply(let expression): errors += expression.findings(at: at("applyConfiguration")("expression"))
            case .patch(let expression): errors += expression.findings(at: at("jsonPatch")("expression"))
            }
        }
        return errors
    }
}

/// What a mutation makes of an object.
enum ObjectMutation {
    /// - Parameter type: How objects of the kind merge.
    static func apply(_ value: CELValue, to object: JSONValue, _ type: MergeType) throws(ExpressionFailure) -> JSONValue {
        guard case .structure(let structure) = value, structure.typeName == ExpressionEnvironment.objectTypeName else {
            throw ExpressionFailure(message: "unsupported return type from ApplyConfiguration expression: \(value.typeName)")
        }
        try checkNames(value, expected: ExpressionEnvironment.objectTypeName)
        guard var wanted = value.json else { throw ExpressionFailure(message: "invalid return type: \(value.typeName)") }
        wanted["apiVersion"] = object["apiVersion"]
        wanted["kind"] = object["kind"]
        let atomics = MergeAtomics.find(in: wanted, type)
        guard atomics.isEmpty else {
            throw ExpressionFailure(
                message: "error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: "
                    + atomics.joined(separator: ", "))
        }
        do throws(MergeTypeError) {
            try MergedValue.check(wanted, type)
        } catch {
            throw ExpressionFailure(
                message: "error applying patch: failed to convert patch object to typed object: \(error)")
        }
        do throws(MergeTypeError) {
            return try MergedValue.merge(wanted, into: object, type)
        } catch {
            throw ExpressionFailure(message: "error applying patch: failed to merge patch: \(error)")
        }
    }

    /// `Object.spec{...}` stands below the field `spec`, and nowhere else.
    private static func checkNames(_ value: CELValue, expected: String) throws(ExpressionFailure) {
        switch value {
        case .structure(let structure):
            guard structure.typeName == expected else {
                throw ExpressionFailure(
                    message: "type mismatch: unexpected type name \"\(structure.typeName)\", expected \"\(expected)\", which "
                        + "matches field name path from root Object type")
            }
            for (name, value) in structure.fields { try checkNames(value, expected: "\(expected).\(name)") }
        case .list(let list): for element in list.values { try checkNames(element, expected: expected) }
        default: return
        }
    }

    /// RFC 6902.
    static func patch(_ value: CELValue, _ object: JSONValue) throws(ExpressionFailure) -> JSONValue {
        guard case .list(let list) = value else {
            throw ExpressionFailure(message: "type mismatch: JSONPatchType.JSONPatch expression should evaluate to array")
        }
        var operations: [JSONValue] = []
        for (index, element) in list.values.enumerated() {
            guard case .structure(let structure) = element, structure.typeName == ExpressionEnvironment.patchTypeName else {
                throw ExpressionFailure(
                    message: "type mismatch: JSONPatchType.JSONPatch expression should evaluate to array of JSONPatch, got "
                        + "element of \(element.typeName)")
            }
            guard let operation = element.json else {
                throw ExpressionFailure(message: "JSONPatch operation at index \(index) has a value that is no JSON")
            }
            operations.append(operation)
        }
        do throws(PatchError) {
            return try JSONPatch.apply(.array(operations), to: object)
        } catch {
            throw ExpressionFailure(message: "JSON Patch: \(error)")
        }
    }
}

/// Places of an apply configuration that replace something as a whole.
///
/// Refused, since what is not written there would be lost.
enum MergeAtomics {
    static func find(in value: JSONValue, _ type: MergeType) -> [String] {
        var result: [String] = []
        collect(value, type, "", &result)
        return result
    }

    private static func collect(_ value: JSONValue, _ type: MergeType, _ path: String, _ result: inout [String]) {
        switch (value, type) {
        case (.array(let values), .list(let element, let semantics)):
            if semantics == .atomic { result.append(path) }
            for (index, inner) in values.enumerated() { collect(inner, element, "\(path)[\(index)]", &result) }
        case (.object(let object), .map(let element, let isAtomic)):
            if isAtomic { result.append(path) }
            for member in object.members { collect(member.value, element, "\(path).\(member.key)", &result) }
        case (.object(let object), .structure(let structure, let isAtomic)):
            if isAtomic { result.append(path) }
            for member in object.members {
                guard let inner = structure.member(member.key) ?? structure.undeclared else { continue }
                collect(member.value, inner, "\(path).\(member.key)", &result)
            }
        default: return
        }
    }
}
