package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/resourcequota/strategy.go`, `ValidateResourceQuota`.
package struct ResourceQuotaRules: KindRules {
    package let separatesStatus = true

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        let path = FieldPath("spec")
        return ResourceValidation.list(spec["hard"], path("hard"), ResourceValidation.quotaName)
            + scopes(spec, path("scopes")) + selector(spec, path("scopeSelector"), scopes: path("scopeSelector"))
    }

    private static let pairs = [["BestEffort", "NotBestEffort"], ["Terminating", "NotTerminating"]]
    private static let podCount: Set<String> = ["pods"]
    private static let podAmounts: Set<String> = [
        "pods", "cpu", "memory", "limits.cpu", "limits.memory", "requests.cpu", "requests.memory",
    ]
    private static let claimAmounts: Set<String> = ["persistentvolumeclaims", "requests.storage"]

    /// The resources that a scope makes sense for, by scope; nil for a scope that does not exist.
    private static func resources(_ scope: String) -> Set<String>? {
        switch scope {
        case "Terminating", "NotTerminating", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity": podAmounts
        case "BestEffort": podCount
        case "VolumeAttributesClass": claimAmounts
        default: nil
        }
    }

    private func misfits(_ scope: String, _ spec: JSONValue) -> Int {
        guard let fitting = Self.resources(scope) else { return 0 }
        return (spec["hard"]?.object?.keys ?? []).count {
            ResourceNames.isStandardForQuota($0) && !fitting.contains($0)
        }
    }

    private func scopes(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let scopes = spec.elements("scopes").map { $0.string ?? "" }
        var errors: [FieldError] = []
        let all = JSONValue(scopes)
        for scope in scopes {
            if Self.resources(scope) == nil { errors.append(.invalid(path, all, "unsupported scope")) }
            for _ in 0..<misfits(scope, spec) {
                errors.append(.invalid(path, all, "unsupported scope applied to resource"))
            }
        }
        for pair in Self.pairs where pair.allSatisfy(scopes.contains) {
            errors.append(.invalid(path, all, "conflicting scopes"))
        }
        return errors
    }

    private func selector(_ spec: JSONValue, _ path: FieldPath, scopes: FieldPath) -> [FieldError] {
        guard let selector = spec["scopeSelector"], !selector.isNull else { return [] }
        let at = path("matchExpressions")
        var errors: [FieldError] = []
        var names: Set<String> = []
        for expression in selector.elements("matchExpressions") {
            let (scope, operation) = (expression.text("scopeName"), expression.text("operator"))
            if Self.resources(scope) == nil {
                errors.append(.invalid(at("scopeName"), .string(scope), "unsupported scope"))
            }
            for _ in 0..<misfits(scope, spec) {
                errors.append(.invalid(at, GoValue.renamed(selector), "unsupported scope applied to resource"))
            }
            if !["PriorityClass", "VolumeAttributesClass", ""].contains(scope), Self.resources(scope) != nil,
                operation != "Exists"
            {
                errors.append(
                    .invalid(
                        at("operator"), .string(operation),
                        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
                            + "ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or "
                            + "ResourceQuotaScopeCrossNamespacePodAffinity"))
            }
            errors += values(expression, operation, at)
            names.insert(scope)
        }
        for pair in Self.pairs where pair.allSatisfy(names.contains) {
            errors.append(.invalid(at, spec["scopes"] ?? JSONValue.null, "conflicting scopes"))
        }
        return errors
    }

    private func values(_ expression: JSONValue, _ operation: String, _ path: FieldPath) -> [FieldError] {
        let values = expression.elements("values")
        switch operation {
        case "In", "NotIn":
            if !values.isEmpty { return [] }
            return [
                .required(path("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")
            ]
        case "Exists", "DoesNotExist":
            if values.isEmpty { return [] }
            return [
                .invalid(
                    path("values"), .array(values),
                    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")
            ]
        default: return [.invalid(path("operator"), .string(operation), "not a valid selector operator")]
        }
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        func scopes(_ object: JSONValue) -> Set<JSONValue> { Set(object["spec"]?.elements("scopes") ?? []) }
        if scopes(new) == scopes(old) { return validate(new) }
        let now = new["spec"]?["scopes"] ?? JSONValue.null
        return validate(new) + [.invalid(FieldPath("spec")("scopes"), now, FieldCheck.immutable)]
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        ["hard", "used"].flatMap {
            ResourceValidation.list(new["status"]?[$0], FieldPath("status")($0), ResourceValidation.quotaName)
        }
    }

    package let columns: [Column] = [
        .objectName,
        Column("Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
        Column(
            "Limit",
            "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node."),
        .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let hard = ResourceList(json: object["status"]?["hard"])
        let used = ResourceList(json: object["status"]?["used"])
        var (requests, limits): ([String], [String]) = ([], [])
        for (name, amount) in hard.sorted(by: { $0.key < $1.key }) {
            let text = "\(name): \(used[name] ?? .zero)/\(amount)"
            if name.hasPrefix("limits.") { limits.append(text) } else { requests.append(text) }
        }
        return [
            Cells.name(object), .string(requests.joined(separator: ", ")), .string(limits.joined(separator: ", ")),
            Cells.age(object, now: now),
        ]
    }
}
