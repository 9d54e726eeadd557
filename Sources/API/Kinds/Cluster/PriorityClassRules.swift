package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/scheduling/priorityclass/strategy.go`,
///   `pkg/apis/scheduling/validation/validation.go`, `pkg/apis/scheduling/v1/helpers.go`.
package struct PriorityClassRules: KindRules {
    package static let userValueMax: Int64 = 1_000_000_000

    /// The classes that every cluster has, with their values.
    package static let system: [(name: String, value: Int64, description: String)] = [
        (
            "system-node-critical", 2_000_001_000,
            "Used for system critical pods that must not be moved from their current node."
        ),
        (
            "system-cluster-critical", 2_000_000_000,
            "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
        ),
    ]

    package func applyDefaults(_ object: inout JSONValue) { object.setDefault("preemptionPolicy", "PreemptLowerPriority") }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let name = object["metadata"]?.text("name") ?? ""
        let value = object["value"]?.int ?? 0
        var errors: [FieldError] = []
        if name.hasPrefix("system-") {
            if let problem = systemProblem(name, value, isDefault: object["globalDefault"]?.bool ?? false) {
                errors.append(
                    .forbidden(
                        FieldPath("metadata")("name"),
                        "priority class names with 'system-' prefix are reserved for system use only. error: " + problem))
            }
        } else if value > Self.userValueMax {
            errors.append(
                .forbidden(
                    FieldPath("value"), "maximum allowed value of a user defined priority is \(Self.userValueMax)"))
        }
        return errors + FieldCheck.requiredOneOf(object, "preemptionPolicy", ["PreemptLowerPriority", "Never"], FieldPath())
    }

    private func systemProblem(_ name: String, _ value: Int64, isDefault: Bool) -> String? {
        guard let known = Self.system.first(where: { $0.name == name }) else {
            return "\(name) is not a known system priority class"
        }
        if value != known.value { return "value of \(name) PriorityClass must be \(known.value)" }
        return isDefault ? "globalDefault of \(name) PriorityClass must be false" : nil
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        if (new["value"]?.int ?? 0) != (old["value"]?.int ?? 0) {
            errors.append(.forbidden(FieldPath("value"), "may not be changed in an update."))
        }
        return errors + FieldCheck.unchanged(new, old, fields: ["preemptionPolicy"], FieldPath())
    }

    package let columns: [Column] = [
        .objectName, Column("Value", type: "integer", "Priority of pods of the class."),
        Column("Global-Default", type: "boolean", "Whether pods without a class get it."), .age,
        Column("PreemptionPolicy", "Whether its pods may displace others."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [
            Cells.name(object), Cells.count(object["value"]), .bool(object["globalDefault"]?.bool ?? false),
            Cells.age(object, now: now), object["preemptionPolicy"] ?? "",
        ]
    }
}
