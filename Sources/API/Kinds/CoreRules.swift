package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/namespace/strategy.go`.
package struct NamespaceRules: KindRules {
    package let separatesStatus = true
    package let selectableFields = ["status.phase"]

    package func validateName(_ name: String) -> [String] { NameValidation.dns1123Label(name) }

    /// Every namespace carries its name as a label.
    package func applyDefaults(_ object: inout JSONValue) {
        let name = object["metadata"]?.text("name") ?? ""
        if !name.isEmpty { object[path: ["metadata", "labels", "kubernetes.io/metadata.name"]] = .string(name) }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object["status"] = ["phase": "Active"]
        let finalizers = object["spec"]?.elements("finalizers") ?? []
        if !finalizers.contains("kubernetes") { object[path: ["spec", "finalizers"]] = .array(finalizers + ["kubernetes"]) }
    }

    /// Finalizers of the content go through `/finalize` alone.
    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["spec"] = old["spec"]
        new["status"] = old["status"]
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { [] }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")("phase")
        let phase = new["status"]?.text("phase") ?? ""
        let deleted = new["metadata"]?.has("deletionTimestamp") ?? false
        if deleted, phase != "Terminating", phase == "Active" {
            return [.invalid(path, .string(phase), "may only be 'Terminating' if `deletionTimestamp` is not empty")]
        }
        if !deleted, phase == "Terminating" {
            return [.invalid(path, .string(phase), "may only be 'Active' if `deletionTimestamp` is empty")]
        }
        return []
    }

    package let columns: [Column] = [.objectName, Column("Status", "Whether the namespace is in use or going away."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["status"]?["phase"] ?? "", Cells.age(object, now: now)]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/configmap/strategy.go`, `ValidateConfigMap`.
package struct ConfigMapRules: KindRules {
    /// Bytes of all values together.
    static let sizeMax = 1024 * 1024

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        var size = 0
        let binary = object["binaryData"]
        let binaryKeys = Set(binary?.object?.keys ?? [])
        for member in object["data"]?.object?.members ?? [] {
            let at = FieldPath("data").key(member.key)
            errors += NameValidation.configMapKey(member.key).map { .invalid(at, .string(member.key), $0) }
            if binaryKeys.contains(member.key) {
                errors.append(.invalid(at, .string(member.key), "duplicate of key present in binaryData"))
            }
            size += member.value.string?.utf8.count ?? 0
        }
        for member in binary?.object?.members ?? [] {
            let at = FieldPath("binaryData").key(member.key)
            errors += NameValidation.configMapKey(member.key).map { .invalid(at, .string(member.key), $0) }
            size += (member.value.string?.utf8.count ?? 0) / 4 * 3
        }
        if size > Self.sizeMax { errors.append(.tooLong(FieldPath(), bytesMax: Self.sizeMax)) }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        validate(new) + Immutability.check(new, old, fields: ["data", "binaryData"])
    }

    package let columns: [Column] = [.objectName, Column("Data", "Number of entries."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let count = (object["data"]?.object?.count ?? 0) + (object["binaryData"]?.object?.count ?? 0)
        return [Cells.name(object), .string(String(count)), Cells.age(object, now: now)]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/secret/strategy.go`, `ValidateSecret`, `SetDefaults_Secret`.
package struct SecretRules: KindRules {
    package let selectableFields = ["type"]

    package func applyDefaults(_ object: inout JSONValue) {
        if object.text("type").isEmpty { object["type"] = "Opaque" }
        if let plain = object["stringData"]?.object?.members, !plain.isEmpty {
            let replaced = Set(plain.map(\.key))
            let kept = (object["data"]?.object?.members ?? []).filter { !replaced.contains($0.key) }
            let encoded = plain.map {
                JSONObject.Member(key: $0.key, value: .string(Base64.encode(Array(($0.value.string ?? "").utf8))))
            }
            object["data"] = .object(JSONObject(kept + encoded))
        }
        object["stringData"] = .none
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        var size = 0
        for member in object["data"]?.object?.members ?? [] {
            errors += NameValidation.configMapKey(member.key).map {
                .invalid(FieldPath("data").key(member.key), .string(member.key), $0)
            }
            size += (member.value.string?.utf8.count ?? 0) / 4 * 3
        }
        if size > ConfigMapRules.sizeMax { errors.append(.tooLong(FieldPath("data"), bytesMax: ConfigMapRules.sizeMax)) }
        for key in Self.requiredKeys[object.text("type")] ?? [] where object["data"]?[key] == nil {
            errors.append(.required(FieldPath("data").key(key)))
        }
        if object.text("type") == "kubernetes.io/service-account-token",
            object["metadata"]?["annotations"]?.text("kubernetes.io/service-account.name").isEmpty ?? true
        {
            errors.append(.required(FieldPath("metadata")("annotations").key("kubernetes.io/service-account.name")))
        }
        return errors
    }

    private static let requiredKeys = [
        "kubernetes.io/dockercfg": [".dockercfg"], "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
        "kubernetes.io/ssh-auth": ["ssh-privatekey"], "kubernetes.io/tls": ["tls.crt", "tls.key"],
    ]

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors = validate(new) + Immutability.check(new, old, fields: ["data"])
        if new.text("type") != old.text("type") {
            errors.append(.invalid(FieldPath("type"), new["type"], "field is immutable"))
        }
        return errors
    }

    package let columns: [Column] = [
        .objectName, Column("Type", "What the secret is for."), Column("Data", "Number of entries."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let count = object["data"]?.object?.count ?? 0
        return [Cells.name(object), object["type"] ?? "", .string(String(count)), Cells.age(object, now: now)]
    }
}

/// `immutable: true` of ConfigMap and Secret.
enum Immutability {
    static func check(_ new: JSONValue, _ old: JSONValue, fields: [String]) -> [FieldError] {
        guard old["immutable"]?.bool ?? false else { return [] }
        let why = "field is immutable when `immutable` is set"
        var errors: [FieldError] = []
        if !(new["immutable"]?.bool ?? false) { errors.append(.forbidden(FieldPath("immutable"), why)) }
        for field in fields where (new[field] ?? .object([:])) != (old[field] ?? .object([:])) {
            errors.append(.forbidden(FieldPath(field), why))
        }
        return errors
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/serviceaccount/strategy.go`.
package struct ServiceAccountRules: KindRules {
    package let columns: [Column] = [.objectName, Column("Secrets", "Number of secrets named."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), .string(String(object.elements("secrets").count)), Cells.age(object, now: now)]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/coordination/lease/strategy.go`, `pkg/apis/coordination/validation`.
package struct LeaseRules: KindRules {
    package let allowsUnconditionalUpdate = false
    package let allowsCreateOnUpdate = true

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        if let seconds = object["spec"]?["leaseDurationSeconds"]?.int, seconds <= 0 {
            errors.append(.invalid(path("leaseDurationSeconds"), .int(seconds), "must be greater than 0"))
        }
        if let transitions = object["spec"]?["leaseTransitions"]?.int, transitions < 0 {
            errors.append(.invalid(path("leaseTransitions"), .int(transitions), "must be greater than or equal to 0"))
        }
        return errors
    }

    package let columns: [Column] = [.objectName, Column("Holder", "Who holds the lease."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["spec"]?["holderIdentity"] ?? "", Cells.age(object, now: now)]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/replicationcontroller/strategy.go`.
package struct ReplicationControllerRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true
    package let selectableFields = ["status.replicas"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        String(object["status"]?["replicas"]?.int ?? 0)
    }

    package func applyDefaults(_ object: inout JSONValue) {
        let labels = object["spec"]?["template"]?["metadata"]?["labels"]
        if let labels, !(labels.object?.isEmpty ?? true) {
            object.edit("spec") { if $0["selector"]?.object?.isEmpty ?? true { $0["selector"] = labels } }
            object.edit("metadata") { if $0["labels"]?.object?.isEmpty ?? true { $0["labels"] = labels } }
        }
        object.edit("spec") { spec in
            WorkloadDefaults.template(&spec)
            spec.setDefault("replicas", 1)
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors = WorkloadValidation.replicas(spec, path)
        let selector = spec["selector"]?.object?.strings ?? [:]
        if selector.isEmpty { errors.append(.required(path("selector"))) }
        guard spec.has("template") else { return errors + [.required(path("template"))] }
        let labels = spec["template"]?["metadata"]?["labels"]
        if !LabelSelector(matchLabels: selector).matches(labels?.object?.strings ?? [:]) {
            errors.append(
                .invalid(
                    path("template")("metadata")("labels"), labels ?? .object([:]),
                    "`selector` does not match template `labels`"))
        }
        return errors + PodValidation.template(spec["template"], path("template"))
    }

    package let columns: [Column] = WorkloadColumns.replicaColumns

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        WorkloadColumns.replicaCells(object, now: now, selector: Cells.labels(object["spec"]?["selector"]))
    }
}
