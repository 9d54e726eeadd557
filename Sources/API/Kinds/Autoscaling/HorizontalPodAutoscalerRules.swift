package import JSON

/// Autoscalers in their newer form, which is also the form that is kept.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go`,
///   `pkg/apis/autoscaling/v2/defaults.go`.
package struct HorizontalPodAutoscalerRules: KindRules {
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        AutoscalerAnnotations.drop(&object)
        object.edit("spec") { spec in
            spec.setDefault("minReplicas", 1)
            if spec.elements("metrics").isEmpty { spec["metrics"] = [AutoscalerConversion.defaultMetric] }
            spec.edit("behavior") { behavior in
                Self.scaling(&behavior, "scaleUp", policies: Self.scaleUpPolicies, window: 0)
                Self.scaling(&behavior, "scaleDown", policies: Self.scaleDownPolicies, window: nil)
            }
        }
    }

    private static let scaleUpPolicies: JSONValue = [
        ["type": "Pods", "value": 4, "periodSeconds": 15], ["type": "Percent", "value": 100, "periodSeconds": 15],
    ]
    private static let scaleDownPolicies: JSONValue = [["type": "Percent", "value": 100, "periodSeconds": 15]]

    /// - Parameter window: Seconds; nil leaves the controller's own.
    private static func scaling(_ behavior: inout JSONValue, _ name: String, policies: JSONValue, window: Int64?) {
        behavior.setDefault(name, .object([:]))
        behavior.edit(name) { rules in
            if let window { rules.setDefault("stabilizationWindowSeconds", .int(window)) }
            rules.setDefault("selectPolicy", "Max")
            rules.setDefault("policies", policies)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { AutoscalerValidation.validate(object, fewest: 1) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        AutoscalerValidation.validate(new, fewest: old["spec"]?["minReplicas"]?.int == 0 ? 0 : 1)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.nonNegative(new["status"], ["currentReplicas", "desiredReplicas"], FieldPath("status"))
    }

    package let columns: [Column] = [
        .objectName, Column("Reference", "What is scaled."), Column("Targets", "Measured values and their targets."),
        Column("MinPods", "Fewest pods."), Column("MaxPods", "Most pods."),
        Column("Replicas", "Pods now."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let target = spec["scaleTargetRef"] ?? [:]
        return [
            Cells.name(object), .string("\(target.text("kind"))/\(target.text("name"))"),
            .string(MetricCells.print(spec.elements("metrics"), object["status"]?.elements("currentMetrics") ?? [])),
            .string(spec["minReplicas"]?.int.map { String($0) } ?? "<unset>"), Cells.count(spec["maxReplicas"]),
            Cells.count(object["status"]?["currentReplicas"]), Cells.age(object, now: now),
        ]
    }
}

/// Autoscalers as `autoscaling/v1` shows them: what that form has no field for travels in annotations.
///
/// Every rule is asked of the newer form.
package struct HorizontalPodAutoscalerV1Rules: KindRules {
    private let rules = HorizontalPodAutoscalerRules()
    package let separatesStatus = true

    private func converted(_ object: JSONValue) -> JSONValue {
        var object = object
        convertToStorage(&object)
        return object
    }

    package func convertToStorage(_ object: inout JSONValue) { AutoscalerConversion.toV2(&object) }
    package func convertFromStorage(_ object: inout JSONValue) { AutoscalerConversion.toV1(&object) }

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { $0.setDefault("minReplicas", 1) }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        var newer = converted(object)
        rules.applyDefaults(&newer)
        rules.prepareForCreate(&newer)
        convertFromStorage(&newer)
        object = newer
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        var newer = converted(new)
        rules.applyDefaults(&newer)
        rules.prepareForUpdate(new: &newer, old: converted(old))
        convertFromStorage(&newer)
        new = newer
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        var newer = converted(new)
        rules.prepareForStatusUpdate(new: &newer, old: converted(old))
        convertFromStorage(&newer)
        new = newer
    }

    package func validate(_ object: JSONValue) -> [FieldError] { rules.validate(converted(object)) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        rules.validateUpdate(new: converted(new), old: converted(old))
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        rules.validateStatusUpdate(new: converted(new), old: converted(old))
    }

    package var columns: [Column] { rules.columns }

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] { rules.cells(converted(object), now: now) }
}
