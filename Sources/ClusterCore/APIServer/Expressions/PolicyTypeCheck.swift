import API
import CEL
import JSON
import Machinery

/// Whether the expressions of a policy fit the types of what it matches.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy/validating/typechecking.go`.
struct PolicyTypeCheck {
    /// Kinds beyond this are not looked at.
    private static let kindsMax = 10

    let kinds: KindRegistry

    /// `expressionWarnings` of a ValidatingAdmissionPolicy's status.
    func warnings(_ policy: JSONValue) -> [JSONValue] {
        let spec = policy["spec"] ?? [:]
        let params = paramType(spec["paramKind"])
        let checked = matched(spec).compactMap { kind in
            type(of: kind).map { (kind.gvk, ValidatingPolicy(policy, object: $0, params: params)) }
        }
        var result: [JSONValue] = []
        let path = FieldPath("spec")("validations")
        for (index, validation) in (spec["validations"]?.array ?? []).enumerated() {
            func add(_ name: String, _ expression: (ValidatingPolicy.Validation) -> AdmissionExpression?) {
                let found = checked.compactMap { gvk, policy in
                    expression(policy.validations[index]).flatMap { Self.finding($0, gvk) }
                }
                guard !found.isEmpty else { return }
                result.append(
                    ["fieldRef": .string(path[index](name).description), "warning": .string(found.joined(separator: "\n"))])
            }
            add("expression") { $0.expression }
            if let text = validation["messageExpression"]?.string, !text.isEmpty {
                add("messageExpression") { $0.messageExpression }
            }
        }
        return result
    }

    private static func finding(_ expression: AdmissionExpression, _ gvk: GroupVersionKind) -> String? {
        let prefix = "compilation failed: "
        guard expression.problem.hasPrefix(prefix) else { return nil }
        return "\(gvk.group)/\(gvk.version), Kind=\(gvk.kind): \(expression.problem.dropFirst(prefix.count))\n"
    }

    private func type(of kind: KindDefinition) -> SchemaType? {
        if let custom = kind.custom { return BuiltInTypes.type(of: custom) }
        return BuiltInTypes.type(of: kind.gvk)
    }

    private func paramType(_ reference: JSONValue?) -> SchemaType {
        let gvk = GroupVersionKind(
            apiVersion: reference?["apiVersion"]?.string ?? "", kind: reference?["kind"]?.string ?? "")
        return kinds.kinds.first { $0.gvk == gvk }.flatMap { type(of: $0) } ?? .dyn
    }

    /// The kinds that rules name one by one, in order of their text.
    private func matched(_ spec: JSONValue) -> [KindDefinition] {
        var found: [String: KindDefinition] = [:]
        for rule in spec["matchConstraints"]?["resourceRules"]?.array ?? [] {
            func names(_ member: String) -> [String] {
                let names = rule[member]?.array?.compactMap(\.string) ?? []
                return names.contains("*") ? [] : names
            }
            for group in names("apiGroups") {
                for version in names("apiVersions") {
                    for resource in names("resources") where !resource.contains("/") && !resource.contains("*") {
                        let gvr = GroupVersionResource(group: group, version: version, resource: resource)
                        guard let kind = kinds.kind(gvr) else { continue }
                        found["\(kind.gvk.apiVersion)/\(kind.gvk.kind)"] = kind
                    }
                }
            }
        }
        return found.sorted { $0.key < $1.key }.prefix(Self.kindsMax).map(\.value)
    }
}
