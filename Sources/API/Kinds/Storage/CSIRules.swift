package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/storage/csinode/strategy.go`, `ValidateCSINode`.
package struct CSINodeRules: KindRules {
    package let allowsUnconditionalUpdate = false
    private static let nodeIDLengthMax = 256

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")("drivers")
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, driver) in (object["spec"]?.elements("drivers") ?? []).enumerated() {
            let at = path[index]
            let name = driver.text("name")
            errors += DomainChecks.driver(name, at("name"))
            let node = driver.text("nodeID")
            if node.isEmpty { errors.append(.required(at("nodeID"))) }
            if node.utf8.count > Self.nodeIDLengthMax {
                errors.append(
                    .invalid(at("nodeID"), .string(node), "must be \(Self.nodeIDLengthMax) characters or less"))
            }
            errors += FieldCheck.nonNegative(driver["allocatable"], ["count"], at("allocatable"))
            if !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            var keys: Set<String> = []
            for key in driver.elements("topologyKeys").map({ $0.string ?? "" }) {
                if key.isEmpty { errors.append(.required(at)) }
                if !keys.insert(key).inserted { errors.append(.duplicate(at, .string(key))) }
                errors += FieldCheck.invalid(at, key, NameValidation.qualifiedName(key))
            }
        }
        return errors
    }

    /// A driver may come and go, and say how many volumes it takes; what else it said stays.
    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors = validate(new)
        for before in old["spec"]?.elements("drivers") ?? [] {
            for after in new["spec"]?.elements("drivers") ?? [] where after.text("name") == before.text("name") {
                var (now, was) = (after, before)
                (now["allocatable"], was["allocatable"]) = (nil, nil)
                errors += FieldCheck.unchanged(now, was, FieldPath("spec")("drivers"))
            }
        }
        return errors
    }

    package let columns: [Column] = [.objectName, Column("Drivers", type: "integer", "Number of drivers."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let count = object["spec"]?.elements("drivers").count ?? 0
        return [Cells.name(object), .int(Int64(count)), Cells.age(object, now: now)]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/storage/csidriver/strategy.go`, `pkg/apis/storage/v1/defaults.go`,
///   `ValidateCSIDriver`.
package struct CSIDriverRules: KindRules {
    package let allowsUnconditionalUpdate = false

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            spec.setDefault("attachRequired", true)
            for name in ["podInfoOnMount", "storageCapacity", "requiresRepublish", "seLinuxMount"] {
                spec.setDefault(name, false)
            }
            spec.setDefault("fsGroupPolicy", "ReadWriteOnceWithFSType")
            if spec.elements("volumeLifecycleModes").isEmpty { spec["volumeLifecycleModes"] = ["Persistent"] }
        }
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        if new["spec"] != old["spec"] {
            new[path: ["metadata", "generation"]] = .int((old["metadata"]?["generation"]?.int ?? 0) + 1)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors: [FieldError] = []
        for (name, shown) in [
            ("attachRequired", "attachedRequired"), ("podInfoOnMount", "podInfoOnMount"), ("storageCapacity", "storageCapacity"),
        ] where !spec.has(name) {
            errors.append(.required(path(shown)))
        }
        errors += FieldCheck.oneOf(spec, "fsGroupPolicy", ["File", "None", "ReadWriteOnceWithFSType"], path)
        errors += tokens(spec.elements("tokenRequests"), path("tokenRequests"))
        for mode in spec.elements("volumeLifecycleModes") where mode != "Persistent" && mode != "Ephemeral" {
            errors.append(
                FieldError.notSupported(path("volumeLifecycleModes"), mode, inOrder: ["Persistent", "Ephemeral"]))
        }
        if !spec.has("seLinuxMount") { errors.append(.required(path("seLinuxMount"))) }
        if let period = spec["nodeAllocatableUpdatePeriodSeconds"]?.int, period < 10 {
            errors.append(
                .invalid(
                    path("nodeAllocatableUpdatePeriodSeconds"), .int(period),
                    "must be greater than or equal to 10 seconds"))
        }
        if spec.has("serviceAccountTokenInSecrets"), spec.elements("tokenRequests").isEmpty {
            errors.append(
                .invalid(
                    path("serviceAccountTokenInSecrets"), spec["serviceAccountTokenInSecrets"],
                    "serviceAccountTokenInSecrets is set but no tokenRequests are specified"))
        }
        return errors
    }

    private func tokens(_ requests: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var audiences: Set<String> = []
        for (index, request) in requests.enumerated() {
            let audience = request.text("audience")
            guard audiences.insert(audience).inserted else {
                errors.append(.duplicate(path[index]("audience"), .string(audience)))
                continue
            }
            guard let seconds = request["expirationSeconds"]?.int else { continue }
            let at = path[index]("expirationSeconds")
            if seconds < 600 {
                errors.append(.invalid(at, .int(seconds), "may not specify a duration less than 10 minutes"))
            }
            if seconds > 1 << 32 {
                errors.append(.invalid(at, .int(seconds), "may not specify a duration larger than 2^32 seconds"))
            }
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        return validate(new)
            + FieldCheck.unchanged(
                new["spec"]?["attachRequired"], old["spec"]?["attachRequired"], path("attachedRequired"))
            + FieldCheck.unchanged(new["spec"], old["spec"], fields: ["volumeLifecycleModes"], path)
    }

    package let columns: [Column] = [
        .objectName, Column("AttachRequired", type: "boolean", "Whether volumes are attached first."),
        Column("PodInfoOnMount", type: "boolean", "Whether the driver is told about the pod."),
        Column("StorageCapacity", type: "boolean", "Whether capacity decides where pods go."),
        Column("TokenRequests", "Audiences of the tokens that it needs."),
        Column("RequiresRepublish", type: "boolean", "Whether it is asked again and again."),
        Column("Modes", "Lives of volumes that it knows."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let audiences = spec.elements("tokenRequests").map { $0.text("audience") }
        let modes = spec.elements("volumeLifecycleModes").compactMap(\.string)
        return [
            Cells.name(object), .bool(spec["attachRequired"]?.bool ?? true), .bool(spec["podInfoOnMount"]?.bool ?? false),
            .bool(spec["storageCapacity"]?.bool ?? false),
            .string(audiences.isEmpty ? "<unset>" : audiences.joined(separator: ",")),
            .bool(spec["requiresRepublish"]?.bool ?? false),
            .string(modes.isEmpty ? "<none>" : modes.joined(separator: ",")), Cells.age(object, now: now),
        ]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/storage/csistoragecapacity/strategy.go`, `ValidateCSIStorageCapacity`.
package struct CSIStorageCapacityRules: KindRules {
    package let allowsUnconditionalUpdate = false

    package func validate(_ object: JSONValue) -> [FieldError] {
        let name = object.text("storageClassName")
        var errors = LabelValidation.selector(object["nodeTopology"], FieldPath("nodeTopology"))
        errors += FieldCheck.invalid(FieldPath("storageClassName"), name, NameValidation.dns1123Subdomain(name))
        if let capacity = object["capacity"].flatMap(Quantity.init(json:)), capacity < .zero {
            errors.append(.invalid(FieldPath("capacity"), object["capacity"], FieldCheck.negative))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new, old, fields: ["nodeTopology", "storageClassName"], FieldPath())
    }

    package let columns: [Column] = [
        .objectName, Column("StorageClassName", "The class that the space is for."), Column("Capacity", "How much is left."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), .string(object.text("storageClassName")), object["capacity"] ?? "<unset>"]
    }
}
