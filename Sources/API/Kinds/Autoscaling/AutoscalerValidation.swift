import JSON

/// What an autoscaler's specification must satisfy.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/autoscaling/validation/validation.go`.
enum AutoscalerValidation {
    private static let periodSecondsMax: Int64 = 1800
    private static let windowSecondsMax: Int64 = 3600

    /// - Parameter fewest: What `minReplicas` may be at least.
    static func validate(_ object: JSONValue, fewest: Int64) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors: [FieldError] = []
        let (low, high) = (spec["minReplicas"]?.int, spec["maxReplicas"]?.int ?? 0)
        if let low, low < fewest {
            errors.append(.invalid(path("minReplicas"), .int(low), "must be greater than or equal to \(fewest)"))
        }
        if high < 1 { errors.append(.invalid(path("maxReplicas"), .int(high), "must be greater than 0")) }
        if let low, high < low {
            errors.append(
                .invalid(path("maxReplicas"), .int(high), "must be greater than or equal to `minReplicas`"))
        }
        errors += reference(spec["scaleTargetRef"], path("scaleTargetRef"))
        errors += metrics(spec.elements("metrics"), scalesToZero: low == 0, path("metrics"))
        for name in ["scaleUp", "scaleDown"] {
            if let rules = spec["behavior"]?[name], !rules.isNull { errors += scaling(rules, path("behavior")(name)) }
        }
        return errors
    }

    private static func reference(_ reference: JSONValue?, _ path: FieldPath) -> [FieldError] {
        ["kind", "name"].flatMap { FieldCheck.required(reference, $0, path, "", NameValidation.pathSegmentName) }
    }

    private static func scaling(_ rules: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let window = rules["stabilizationWindowSeconds"]?.int {
            let at = path("stabilizationWindowSeconds")
            if window < 0 { errors.append(.invalid(at, .int(window), "must be greater than or equal to zero")) }
            if window > windowSecondsMax {
                errors.append(.invalid(at, .int(window), "must be less than or equal to \(windowSecondsMax)"))
            }
        }
        errors += FieldCheck.oneOf(rules, "selectPolicy", ["Disabled", "Max", "Min"], path)
        let policies = rules.elements("policies")
        if policies.isEmpty { errors.append(.required(path("policies"), "must specify at least one Policy")) }
        for (index, policy) in policies.enumerated() {
            let at = path("policies")[index]
            if !["Pods", "Percent"].contains(policy.text("type")) {
                errors.append(FieldError.notSupported(at("type"), .string(policy.text("type")), inOrder: ["Percent", "Pods"]))
            }
            for name in ["value", "periodSeconds"] {
                let value = policy[name]?.int ?? 0
                if value <= 0 { errors.append(.invalid(at(name), .int(value), "must be greater than zero")) }
            }
            if let period = policy["periodSeconds"]?.int, period > periodSecondsMax {
                errors.append(
                    .invalid(at("periodSeconds"), .int(period), "must be less than or equal to \(periodSecondsMax)"))
            }
        }
        if let tolerance = rules["tolerance"].flatMap(Quantity.init(json:)), tolerance < .zero {
            errors.append(.invalid(path("tolerance"), rules["tolerance"], FieldCheck.negative))
        }
        return errors
    }

    private static let types = ["ContainerResource", "External", "Object", "Pods", "Resource"]
    private static let members = [
        "Object": "object", "External": "external", "Pods": "pods", "Resource": "resource",
        "ContainerResource": "containerResource",
    ]

    private static func metrics(_ metrics: [JSONValue], scalesToZero: Bool, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, metric) in metrics.enumerated() { errors += self.metric(metric, path[index]) }
        if scalesToZero, !metrics.contains(where: { ["Object", "External"].contains($0.text("type")) }) {
            errors.append(
                .forbidden(
                    path, "must specify at least one Object or External metric to support scaling to zero replicas"))
        }
        return errors
    }

    private static func metric(_ metric: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let type = metric.text("type")
        let unsupported = FieldError.notSupported(path("type"), .string(type), inOrder: types)
        if type.isEmpty { errors.append(.required(path("type"), "must specify a metric source type")) }
        if members[type] == nil { errors.append(unsupported) }
        let given = ["object", "external", "pods", "resource", "containerResource"].filter(metric.has)
        if let first = given.first, let source = metric[first] { errors += self.source(first, source, path(first)) }
        let wanted = members[type]
        if let wanted, !metric.has(wanted) {
            errors.append(.required(path(wanted), "must populate information for the given metric source"))
        }
        if wanted == nil { errors.append(unsupported) }
        if given.count != 1 {
            errors += given.filter { $0 != wanted }.map {
                .forbidden(path($0), "must populate the given metric source only")
            }
        }
        return errors
    }

    private static func source(_ member: String, _ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        let target = source["target"] ?? [:]
        let at = path("target")
        let hasValue = target.has("value")
        let hasAverage = target.has("averageValue")
        var errors: [FieldError] = []
        switch member {
        case "object":
            errors += reference(source["describedObject"], path("describedObject")) + identity(source, path)
            errors += self.target(target, at)
            if !hasValue, !hasAverage {
                errors.append(.required(at("averageValue"), "must set either a target value or averageValue"))
            }
        case "external":
            errors += identity(source, path) + self.target(target, at)
            if !hasValue, !hasAverage {
                errors.append(
                    .required(at("averageValue"), "must set either a target value for metric or a per-pod target"))
            }
            if hasValue, hasAverage {
                errors.append(
                    .forbidden(at("value"), "may not set both a target value for metric and a per-pod target"))
            }
        case "pods":
            errors += identity(source, path) + self.target(target, at)
            if !hasAverage { errors.append(.required(at("averageValue"), "must specify a positive target averageValue")) }
        default:
            errors += FieldCheck.required(source, "name", path, "must specify a resource name")
            if member == "containerResource" {
                errors += FieldCheck.required(
                    source, "container", path, "must specify a container", NameValidation.dns1123Label)
            }
            errors += self.target(target, at)
            let hasUse = target.has("averageUtilization")
            if !hasUse, !hasAverage {
                errors.append(
                    .required(
                        at("averageUtilization"), "must set either a target raw value or a target utilization"))
            }
            if hasUse, hasAverage {
                errors.append(
                    .forbidden(at("averageValue"), "may not set both a target raw value and a target utilization"))
            }
        }
        return errors
    }

    private static func identity(_ source: JSONValue, _ path: FieldPath) -> [FieldError] {
        FieldCheck.required(
            source["metric"], "name", path("metric"), "must specify a metric name", NameValidation.pathSegmentName)
    }

    private static func target(_ target: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let type = target.text("type")
        if type.isEmpty { errors.append(.required(path("type"), "must specify a metric target type")) }
        if !["Utilization", "Value", "AverageValue"].contains(type) {
            errors.append(
                .invalid(path("type"), .string(type), "must be either Utilization, Value, or AverageValue"))
        }
        for name in ["value", "averageValue"] {
            guard let amount = target[name].flatMap(Quantity.init(json:)), amount <= .zero else { continue }
            errors.append(.invalid(path(name), target[name], "must be positive"))
        }
        if let use = target["averageUtilization"]?.int, use < 1 {
            errors.append(.invalid(path("averageUtilization"), .int(use), "must be greater than 0"))
        }
        return errors
    }
}
