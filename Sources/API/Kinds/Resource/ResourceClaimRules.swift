package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/resource/resourceclaim/strategy.go`, `pkg/apis/resource/v1/defaults.go`,
///   `ValidateResourceClaim`.
package struct ResourceClaimRules: KindRules {
    package let separatesStatus = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec", DeviceClaimChecks.applyDefaults)
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        DeviceClaimChecks.claim(object["spec"]?["devices"] ?? [:], FieldPath("spec")("devices"))
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new["spec"], old["spec"], FieldPath("spec"))
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdateKeepingMetadata(&new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        ResourceClaimStatusChecks.validate(new: new, old: old)
    }

    package let columns: [Column] = [.objectName, Column("State", "Whether devices are set aside and in use."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let isGoing = object["metadata"]?.has("deletionTimestamp") ?? false
        var states = isGoing ? ["deleted"] : []
        if object["status"]?.has("allocation") ?? false {
            states.append("allocated")
            if !(object["status"]?.elements("reservedFor") ?? []).isEmpty { states.append("reserved") }
        } else if !isGoing {
            states.append("pending")
        }
        return [Cells.name(object), .string(states.joined(separator: ",")), Cells.age(object, now: now)]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/resource/resourceclaimtemplate/strategy.go`, `ValidateResourceClaimTemplate`.
package struct ResourceClaimTemplateRules: KindRules {
    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { template in template.edit("spec", DeviceClaimChecks.applyDefaults) }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let metadata = object["spec"]?["metadata"]
        return LabelValidation.labels(metadata?["labels"], path("metadata")("labels"))
            + MetadataValidation.annotations(metadata?["annotations"], path("metadata")("annotations"))
            + DeviceClaimChecks.claim(object["spec"]?["spec"]?["devices"] ?? [:], path("spec")("devices"))
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new["spec"], old["spec"], FieldPath("spec"))
    }

    package let columns: [Column] = [.objectName, .age]
}

/// What a claim asks for.
enum DeviceClaimChecks {
    static let listMax = 32
    private static let firstAvailableMax = 8
    private static let expressionBytesMax = 10 * 1024

    static func applyDefaults(_ spec: inout JSONValue) {
        spec.edit("devices") { devices in
            devices.editEach("requests") { request in
                request.edit("exactly", requestDefaults)
                request.editEach("firstAvailable", requestDefaults)
            }
        }
    }

    private static func requestDefaults(_ request: inout JSONValue) {
        if request.text("allocationMode").isEmpty { request["allocationMode"] = "ExactCount" }
        if request.text("allocationMode") == "ExactCount", request["count"]?.int ?? 0 == 0 { request["count"] = 1 }
        request.editEach("tolerations") { if $0.text("operator").isEmpty { $0["operator"] = "Equal" } }
    }

    static func claim(_ devices: JSONValue, _ path: FieldPath) -> [FieldError] {
        let names = RequestNames(devices)
        return DeviceChecks.list(
            devices.elements("requests"), max: listMax, path("requests"), key: { $0["name"] ?? "" }, request)
            + DeviceChecks.list(devices.elements("constraints"), max: listMax, path("constraints")) {
                constraint($0, $1, names)
            }
            + DeviceChecks.list(devices.elements("config"), max: listMax, path("config")) { config, path in
                names.references(config.elements("requests"), path("requests")) + configuration(config, path, isStored: false)
            }
    }

    private static func request(_ request: JSONValue, _ path: FieldPath) -> [FieldError] {
        let errors = DeviceChecks.label(request.text("name"), path("name"))
        let alternatives = request.elements("firstAvailable")
        switch (request.has("exactly"), !alternatives.isEmpty) {
        case (false, false):
            return errors + [.required(path, "exactly one of `exactly` or `firstAvailable` is required")]
        case (true, true):
            return errors + [
                .invalid(
                    path, "null",
                    "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set")
            ]
        case (true, false): return errors + wanted(request["exactly"] ?? [:], path("exactly"))
        case (false, true):
            return errors
                + DeviceChecks.list(
                    alternatives, max: firstAvailableMax, path("firstAvailable"), key: { $0["name"] ?? "" }
                ) { DeviceChecks.label($0.text("name"), $1("name")) + wanted($0, $1) }
        }
    }

    private static func wanted(_ request: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.required(request, "deviceClassName", path, "", NameValidation.dns1123Subdomain)
        errors += selectors(request.elements("selectors"), path("selectors"))
        let count = request["count"]?.int ?? 0
        switch request.text("allocationMode") {
        case "All":
            if count != 0 {
                errors.append(
                    .invalid(path("count"), .int(count), "must not be specified when allocationMode is 'All'"))
            }
        case "ExactCount":
            if count <= 0 { errors.append(.invalid(path("count"), .int(count), "must be greater than zero")) }
        case let other:
            errors.append(FieldError.notSupported(path("allocationMode"), .string(other), inOrder: ["All", "ExactCount"]))
        }
        for (index, toleration) in request.elements("tolerations").enumerated() {
            errors += DeviceChecks.toleration(toleration, path("tolerations")[index])
        }
        return errors
    }

    /// Expressions by their length; what they mean is not compiled here.
    static func selectors(_ selectors: [JSONValue], _ path: FieldPath) -> [FieldError] {
        DeviceChecks.list(selectors, max: listMax, path) { selector, path in
            guard let cel = selector["cel"], !cel.isNull else { return [.required(path("cel"))] }
            let at = path("cel")("expression")
            return cel.text("expression").utf8.count > expressionBytesMax ? [.tooLong(at, bytesMax: expressionBytesMax)] : []
        }
    }

    private static func constraint(_ constraint: JSONValue, _ path: FieldPath, _ names: RequestNames) -> [FieldError] {
        let errors = names.references(constraint.elements("requests"), path("requests"))
        for name in ["matchAttribute", "distinctAttribute"] {
            guard let attribute = constraint[name]?.string else { continue }
            return errors + DeviceChecks.qualified(attribute, path(name), needsDomain: true)
        }
        return errors + [
            .required(
                path,
                "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are set")
        ]
    }

    static func configuration(_ config: JSONValue, _ path: FieldPath, isStored: Bool) -> [FieldError] {
        guard let opaque = config["opaque"], !opaque.isNull else { return [.required(path("opaque"))] }
        return DomainChecks.driver(opaque.text("driver"), path("opaque")("driver"))
            + DeviceChecks.raw(opaque["parameters"], path("opaque")("parameters"), isStored: isStored)
    }
}

/// The names by which a claim's parts refer to its requests.
struct RequestNames {
    private var names: [String: Set<String>] = [:]

    init(_ devices: JSONValue) {
        for request in devices.elements("requests") {
            names[request.text("name")] = Set(request.elements("firstAvailable").map { $0.text("name") })
        }
    }

    /// `request`, or `request/subrequest`.
    func reference(_ name: String, _ path: FieldPath) -> [FieldError] {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let unknown = FieldError.invalid(
            path, .string(name),
            "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")
        if parts.count > 2 { return [unknown] }
        let errors = parts.flatMap { DeviceChecks.label($0, path) }
        guard let inner = names[parts[0]] else { return errors + [unknown] }
        return parts.count == 1 || inner.contains(parts[1]) ? errors : errors + [unknown]
    }

    func references(_ values: [JSONValue], _ path: FieldPath) -> [FieldError] {
        DeviceChecks.list(values, max: DeviceClaimChecks.listMax, path, key: { $0 }) { reference($0.string ?? "", $1) }
    }
}
