package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/limitrange/strategy.go`, `ValidateLimitRange`, `SetDefaults_LimitRangeItem`.
package struct LimitRangeRules: KindRules {
    /// What a container's limits leave out follows from what they say.
    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            spec.editEach("limits") { limit in
                guard limit.text("type") == "Container" else { return }
                var (defaults, requests) = (limit["default"] ?? [:], limit["defaultRequest"] ?? [:])
                for member in limit["max"]?.object?.members ?? [] { defaults.setDefault(member.key, member.value) }
                for source in [defaults, limit["min"] ?? [:]] {
                    for member in source.object?.members ?? [] { requests.setDefault(member.key, member.value) }
                }
                if !(defaults.object?.isEmpty ?? true) { limit["default"] = defaults }
                if !(requests.object?.isEmpty ?? true) { limit["defaultRequest"] = requests }
            }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        var types: Set<String> = []
        for (index, limit) in (object["spec"]?.elements("limits") ?? []).enumerated() {
            let at = FieldPath("spec")("limits")[index]
            let type = limit.text("type")
            errors += Self.type(type, at("type"))
            if !types.insert(type).inserted { errors.append(.duplicate(at("type"), .string(type))) }
            errors += self.limit(limit, type, at)
        }
        return errors
    }

    private static func type(_ type: String, _ path: FieldPath) -> [FieldError] {
        let errors = FieldCheck.text(type, path, NameValidation.qualifiedName)
        guard errors.isEmpty, !type.contains("/"), !["Pod", "Container", "PersistentVolumeClaim"].contains(type) else {
            return errors
        }
        return [.invalid(path, .string(type), "must be a standard limit type or fully qualified")]
    }

    private func limit(_ limit: JSONValue, _ type: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var fields = ["max", "min"]
        if type == "Pod" {
            errors += ["default", "defaultRequest"].filter { !(limit[$0]?.object?.isEmpty ?? true) }.map {
                .forbidden(path($0), "may not be specified when `type` is 'Pod'")
            }
        } else {
            fields += ["default", "defaultRequest"]
        }
        if type == "PersistentVolumeClaim", ["min", "max"].allSatisfy({ limit[$0]?["storage"] == nil }) {
            errors.append(
                .required(
                    path("limits"), "either minimum or maximum storage value is required, but neither was provided"))
        }
        fields.append("maxLimitRequestRatio")
        let isForContainers = type == "Pod" || type == "Container"
        var amounts: [String: ResourceList] = [:]
        for field in fields {
            amounts[field] = ResourceList(json: limit[field])
            for name in (amounts[field] ?? [:]).keys.sorted() {
                let at = path(field).key(name)
                errors += isForContainers ? ResourceValidation.containerName(name, at) : ResourceValidation.name(name, at)
            }
        }
        for name in Set(amounts.values.flatMap(\.keys)).sorted() {
            errors += relations(name, amounts.compactMapValues { $0[name] }, path)
        }
        return errors
    }

    /// - Parameter amounts: Of one resource, by member: `min`, `default`.
    private func relations(_ name: String, _ amounts: [String: Quantity], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        func ordered(
            _ low: (field: String, word: String), _ high: (field: String, word: String), at field: String, value: String
        ) {
            guard let lower = amounts[low.field], let upper = amounts[high.field], lower > upper else { return }
            errors.append(
                .invalid(
                    path(field).key(name), .string(amounts[value]?.description ?? ""),
                    "\(low.word) value \(lower) is greater than \(high.word) value \(upper)"))
        }
        let (min, max) = (("min", "min"), ("max", "max"))
        let (limit, request) = (("default", "default"), ("defaultRequest", "default request"))
        ordered(min, max, at: "min", value: "min")
        ordered(min, request, at: "defaultRequest", value: "defaultRequest")
        ordered(request, max, at: "defaultRequest", value: "defaultRequest")
        ordered(request, ("default", "default limit"), at: "defaultRequest", value: "defaultRequest")
        ordered(min, limit, at: "default", value: "min")
        ordered(limit, max, at: "default", value: "max")
        errors += ratio(name, amounts, path("maxLimitRequestRatio").key(name))
        if let limit = amounts["default"], let request = amounts["defaultRequest"], limit != request,
            !ResourceNames.allowsOvercommit(name)
        {
            errors.append(
                .invalid(
                    path("defaultRequest").key(name), .string(request.description),
                    "default value \(limit) must equal to defaultRequest value \(request) in \(name)"))
        }
        return errors
    }

    private func ratio(_ name: String, _ amounts: [String: Quantity], _ path: FieldPath) -> [FieldError] {
        guard let ratio = amounts["maxLimitRequestRatio"] else { return [] }
        var errors: [FieldError] = []
        if ratio < Quantity(1) {
            errors.append(.invalid(path, .string(ratio.description), "ratio \(ratio) is less than 1"))
        }
        guard let min = amounts["min"], let max = amounts["max"] else { return errors }
        let most = Double(max.nanos) / Double(min.nanos)
        if Double(ratio.nanos) / 1e9 > most {
            errors.append(
                .invalid(
                    path, .string(ratio.description), "ratio \(ratio) is greater than max/min = \(Self.sixDigits(most))"))
        }
        return errors
    }

    /// As Go's `%f` prints.
    private static func sixDigits(_ value: Double) -> String {
        guard value.isFinite, value < 1e12 else { return value.isFinite ? String(value) : "+Inf" }
        let millionths = String(Int64((value * 1e6).rounded()))
        let padded = String(repeating: "0", count: max(0, 7 - millionths.count)) + millionths
        return "\(padded.dropLast(6)).\(padded.suffix(6))"
    }

    package let columns: [Column] = [
        .objectName, Column("Created At", type: "date", "When the object was created."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["metadata"]?["creationTimestamp"] ?? .null]
    }
}
