import JSON

/// Between `autoscaling/v1` and `autoscaling/v2`.
///
/// The older form knows one metric, the mean use of the processor. The others, the status of all, the conditions and the
/// behavior are JSON in annotations, so that writing back what was read loses nothing.
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/autoscaling/v1/conversion.go`.
enum AutoscalerConversion {
    static let defaultMetric: JSONValue = processor(utilization: 80)

    private static func processor(utilization: Int64) -> JSONValue {
        [
            "type": "Resource",
            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": .int(utilization)]],
        ]
    }

    /// Whether the older form has a field for the metric.
    private static func isProcessorUse(_ metric: JSONValue) -> Bool {
        metric.text("type") == "Resource" && metric["resource"]?.text("name") == "cpu"
            && metric["resource"]?["target"]?.has("averageUtilization") ?? false
    }

    static func toV1(_ object: inout JSONValue) {
        let spec = object["spec"] ?? [:]
        let status = object["status"]
        let metrics = spec.elements("metrics")
        var older: JSONValue = [:]
        for name in ["maxReplicas", "minReplicas", "scaleTargetRef"] { older[name] = spec[name] }
        let processor = metrics.first { $0.text("type") == "Resource" && $0["resource"]?.text("name") == "cpu" }
        older["targetCPUUtilizationPercentage"] = processor?["resource"]?["target"]?["averageUtilization"]
        object["spec"] = older
        let others = metrics.filter { !isProcessorUse($0) }.map(MetricConversion.specToV1)
        AutoscalerAnnotations.write(others, AutoscalerAnnotations.metrics, &object)
        let current = status?.elements("currentMetrics") ?? []
        AutoscalerAnnotations.write(current.map(MetricConversion.statusToV1), AutoscalerAnnotations.currentMetrics, &object)
        AutoscalerAnnotations.write(status?.elements("conditions") ?? [], AutoscalerAnnotations.conditions, &object)
        if let behavior = spec["behavior"], !behavior.isNull {
            AutoscalerAnnotations.set(
                AutoscalerAnnotations.behavior, JSONWriter.text(GoNames.capitalized(behavior)), &object)
        }
        guard let status else { return }
        var olderStatus: JSONValue = [:]
        for name in ["currentReplicas", "desiredReplicas", "lastScaleTime", "observedGeneration"] {
            olderStatus[name] = status[name]
        }
        for metric in current where metric.text("type") == "Resource" && metric["resource"]?.text("name") == "cpu" {
            let use = metric["resource"]?["current"]?["averageUtilization"]
            if let use, !use.isNull { olderStatus["currentCPUUtilizationPercentage"] = use }
        }
        object["status"] = olderStatus
    }

    static func toV2(_ object: inout JSONValue) {
        let spec = object["spec"] ?? [:]
        let status = object["status"]
        var newer: JSONValue = [:]
        for name in ["maxReplicas", "minReplicas", "scaleTargetRef"] { newer[name] = spec[name] }
        var metrics = AutoscalerAnnotations.read(AutoscalerAnnotations.metrics, object).map(MetricConversion.specToV2)
        if let use = spec["targetCPUUtilizationPercentage"]?.int { metrics.append(processor(utilization: use)) }
        newer["metrics"] = .array(metrics.isEmpty ? [defaultMetric] : metrics)
        if let text = object["metadata"]?["annotations"]?[AutoscalerAnnotations.behavior]?.string,
            let behavior = try? JSONParser.parse(Array(text.utf8))
        {
            newer["behavior"] = GoNames.lowercased(behavior)
        }
        object["spec"] = newer
        let current = AutoscalerAnnotations.read(AutoscalerAnnotations.currentMetrics, object)
        let conditions = AutoscalerAnnotations.read(AutoscalerAnnotations.conditions, object)
        if status != nil || !current.isEmpty || !conditions.isEmpty {
            var newerStatus: JSONValue = [:]
            for name in ["currentReplicas", "desiredReplicas", "lastScaleTime", "observedGeneration"] {
                newerStatus[name] = status?[name]
            }
            if !current.isEmpty {
                newerStatus["currentMetrics"] = .array(current.map(MetricConversion.statusToV2))
            } else if let use = status?["currentCPUUtilizationPercentage"]?.int {
                newerStatus["currentMetrics"] = [
                    ["type": "Resource", "resource": ["name": "cpu", "current": ["averageUtilization": .int(use)]]]
                ]
            }
            if !conditions.isEmpty { newerStatus["conditions"] = .array(conditions) }
            object["status"] = newerStatus
        }
        AutoscalerAnnotations.drop(&object)
    }
}

/// What the older form carries beside its fields.
enum AutoscalerAnnotations {
    static let metrics = "autoscaling.alpha.kubernetes.io/metrics"
    static let currentMetrics = "autoscaling.alpha.kubernetes.io/current-metrics"
    static let conditions = "autoscaling.alpha.kubernetes.io/conditions"
    static let behavior = "autoscaling.alpha.kubernetes.io/behavior"
    private static let all = [metrics, currentMetrics, conditions, behavior]

    /// A list from an annotation; none when it is no list.
    static func read(_ name: String, _ object: JSONValue) -> [JSONValue] {
        guard let text = object["metadata"]?["annotations"]?[name]?.string else { return [] }
        return (try? JSONParser.parse(Array(text.utf8)))?.array ?? []
    }

    static func write(_ values: [JSONValue], _ name: String, _ object: inout JSONValue) {
        if !values.isEmpty { set(name, JSONWriter.text(.array(values)), &object) }
    }

    static func set(_ name: String, _ text: String, _ object: inout JSONValue) {
        object[path: ["metadata", "annotations", name]] = .string(text)
    }

    static func drop(_ object: inout JSONValue) {
        guard let members = object["metadata"]?["annotations"]?.object?.members else { return }
        let kept = members.filter { !all.contains($0.key) }
        if kept.count == members.count { return }
        object[path: ["metadata", "annotations"]] = kept.isEmpty ? .none : .some(.object(JSONObject(kept)))
    }
}

/// Member names as Go prints a type without tags: `ScaleUp` for `scaleUp`.
private enum GoNames {
    static func capitalized(_ value: JSONValue) -> JSONValue { renamed(value) { $0.prefix(1).uppercased() + $0.dropFirst() } }
    static func lowercased(_ value: JSONValue) -> JSONValue { renamed(value) { $0.prefix(1).lowercased() + $0.dropFirst() } }

    private static func renamed(_ value: JSONValue, _ change: (String) -> String) -> JSONValue {
        switch value {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { !$0.value.isNull }.map {
                        JSONObject.Member(key: change($0.key), value: renamed($0.value, change))
                    }))
        case .array(let values): .array(values.map { renamed($0, change) })
        default: value
        }
    }
}
