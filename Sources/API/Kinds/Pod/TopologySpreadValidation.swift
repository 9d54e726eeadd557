import JSON

/// `topologySpreadConstraints`.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateTopologySpreadConstraints`.
enum TopologySpreadValidation {
    static func validate(
        _ constraints: [JSONValue], _ path: FieldPath, _ options: PodValidationOptions
    ) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, constraint) in constraints.enumerated() {
            let at = path[index]
            let skew = constraint["maxSkew"]?.int ?? 0
            if skew <= 0 { errors.append(.invalid(at("maxSkew"), .int(skew), FieldCheck.notPositive)) }
            let (key, action) = (constraint.text("topologyKey"), constraint.text("whenUnsatisfiable"))
            if key.isEmpty { errors.append(.required(at("topologyKey"), "can not be empty")) }
            errors += FieldCheck.optionalChoice(action, ["DoNotSchedule", "ScheduleAnyway"], at("whenUnsatisfiable"))
            let isRepeated = constraints[(index + 1)...].contains {
                $0.text("topologyKey") == key && $0.text("whenUnsatisfiable") == action
            }
            if isRepeated {
                errors.append(.duplicate(at("{topologyKey, whenUnsatisfiable}"), .string("{\(key), \(action)}")))
            }
            errors += minDomains(constraint["minDomains"]?.int, action, at("minDomains"))
            for field in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
                errors += FieldCheck.optionalChoice(constraint[field]?.string, ["Honor", "Ignore"], at(field))
            }
            errors += labelKeys(constraint, at("matchLabelKeys"), isPod: options.isPod)
            if !options.allowsInvalidSpreadSelector {
                errors += LabelValidation.selector(constraint["labelSelector"], at("labelSelector"))
            }
        }
        return errors
    }

    private static func minDomains(_ count: Int64?, _ action: String, _ path: FieldPath) -> [FieldError] {
        guard let count else { return [] }
        var errors: [FieldError] = []
        if count <= 0 { errors.append(.invalid(path, .int(count), FieldCheck.notPositive)) }
        if action != "DoNotSchedule" {
            errors.append(
                .invalid(
                    path, .int(count), "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not \(action)"))
        }
        return errors
    }

    /// A pod's keys were merged into its selector when it was created, so there one mention is expected.
    private static func labelKeys(_ constraint: JSONValue, _ path: FieldPath, isPod: Bool) -> [FieldError] {
        let keys = constraint.elements("matchLabelKeys").compactMap(\.string)
        if keys.isEmpty { return [] }
        var errors: [FieldError] = []
        if !constraint.has("labelSelector") {
            errors.append(.forbidden(path, "must not be specified when labelSelector is not set"))
        }
        let selector = constraint["labelSelector"]
        let labels = Set(selector?["matchLabels"]?.object?.keys ?? [])
        let expressions = (selector?.elements("matchExpressions") ?? []).map { $0.text("key") }
        for (index, key) in keys.enumerated() {
            errors += FieldCheck.text(key, path[index], NameValidation.qualifiedName)
            let mentions = (labels.contains(key) ? 1 : 0) + expressions.count { $0 == key }
            if mentions > (isPod ? 1 : 0) {
                errors.append(
                    .invalid(path[index], .string(key), "exists in both matchLabelKeys and labelSelector"))
            }
        }
        return errors
    }
}
