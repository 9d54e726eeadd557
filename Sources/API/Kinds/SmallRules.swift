package import JSON

/// Rules of a kind that needs few: given as closures instead of a type.
package struct SmallRules: KindRules {
    package typealias Print = @Sendable (JSONValue, Timestamp) -> [JSONValue]

    package var separatesStatus = false
    package var countsGenerations = false
    package var selectableFields: [String] = []
    package var columns: [Column] = [.objectName, .age]
    var defaults: @Sendable (inout JSONValue) -> Void = { _ in }
    var check: @Sendable (JSONValue) -> [FieldError] = { _ in [] }
    var checkName: @Sendable (String) -> [String] = NameValidation.dns1123Subdomain
    /// Fields that no update may change.
    var immutable: [String] = []
    var print: Print = { [Cells.name($0), Cells.age($0, now: $1)] }

    package func validateName(_ name: String) -> [String] { checkName(name) }
    package func applyDefaults(_ object: inout JSONValue) { defaults(&object) }
    package func validate(_ object: JSONValue) -> [FieldError] { check(object) }
    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] { print(object, now) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new)
            + immutable.compactMap { field in
                let path = field.split(separator: ".").map(String.init)
                let (now, was) = (new[path: path] ?? .null, old[path: path] ?? .null)
                return now == was ? nil : .invalid(FieldPath(field), now, "field is immutable")
            }
    }
}

extension SmallRules {
    /// Roles have names of any path segment, and their table shows when they were made.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/rbac/validation/validation.go`.
    static func role(isNamespaced: Bool) -> SmallRules {
        SmallRules(
            columns: [.objectName, Column("Created At", type: "date", "When the role was created.")],
            check: { object in
                object.elements("rules").enumerated().flatMap { rule(FieldPath("rules")[$0], $1, isNamespaced) }
            },
            checkName: NameValidation.pathSegmentName,
            print: { object, _ in [Cells.name(object), object["metadata"]?["creationTimestamp"] ?? .null] })
    }

    private static func rule(_ path: FieldPath, _ rule: JSONValue, _ isNamespaced: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        if rule.elements("verbs").isEmpty { errors.append(.required(path("verbs"), "verbs must contain at least one value")) }
        let urls = rule.elements("nonResourceURLs")
        if !urls.isEmpty {
            if isNamespaced {
                errors.append(
                    .invalid(path("nonResourceURLs"), .array(urls), "namespaced rules cannot apply to non-resource URLs"))
            }
            if !rule.elements("apiGroups").isEmpty || !rule.elements("resources").isEmpty {
                errors.append(
                    .invalid(
                        path("nonResourceURLs"), .array(urls),
                        "rules cannot apply to both regular resources and non-resource URLs"))
            }
            return errors
        }
        if rule.elements("apiGroups").isEmpty {
            errors.append(.required(path("apiGroups"), "resource rules must supply at least one api group"))
        }
        if rule.elements("resources").isEmpty {
            errors.append(.required(path("resources"), "resource rules must supply at least one resource"))
        }
        return errors
    }

    static func binding() -> SmallRules {
        SmallRules(
            columns: [
                .objectName, Column("Role", "The role that is granted."), .age,
                Column("Users", wide: true, "Users who have it."), Column("Groups", wide: true, "Groups that have it."),
                Column("ServiceAccounts", wide: true, "Service accounts that have it."),
            ],
            defaults: { object in
                object.edit("roleRef") { if $0.text("apiGroup").isEmpty { $0["apiGroup"] = "rbac.authorization.k8s.io" } }
                object.editEach("subjects") { subject in
                    guard subject.text("apiGroup").isEmpty, ["User", "Group"].contains(subject.text("kind")) else { return }
                    subject["apiGroup"] = "rbac.authorization.k8s.io"
                }
            },
            check: bindingErrors, checkName: NameValidation.pathSegmentName, immutable: ["roleRef"],
            print: { object, now in
                func names(_ kind: String) -> JSONValue {
                    let names = object.elements("subjects").filter { $0.text("kind") == kind }.map { subject in
                        kind == "ServiceAccount" ? "\(subject.text("namespace"))/\(subject.text("name"))" : subject.text("name")
                    }
                    return .string(names.joined(separator: ", "))
                }
                let role = object["roleRef"] ?? [:]
                return [
                    Cells.name(object), .string("\(role.text("kind"))/\(role.text("name"))"), Cells.age(object, now: now),
                    names("User"), names("Group"), names("ServiceAccount"),
                ]
            })
    }

    private static func bindingErrors(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("roleRef")
        let role = object["roleRef"] ?? [:]
        var errors: [FieldError] = []
        if role.text("apiGroup") != "rbac.authorization.k8s.io" {
            errors.append(.notSupported(path("apiGroup"), role["apiGroup"] ?? "", supported: ["rbac.authorization.k8s.io"]))
        }
        let kinds = object.text("kind") == "ClusterRoleBinding" ? ["ClusterRole"] : ["Role", "ClusterRole"]
        if !kinds.contains(role.text("kind")) {
            errors.append(.notSupported(path("kind"), role["kind"] ?? "", supported: kinds))
        }
        if role.text("name").isEmpty { errors.append(.required(path("name"))) }
        for (index, subject) in object.elements("subjects").enumerated() where subject.text("name").isEmpty {
            errors.append(.required(FieldPath("subjects")[index]("name")))
        }
        return errors
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/storage/v1/defaults.go`.
    static let storageClass = SmallRules(
        columns: [
            .objectName, Column("Provisioner", "Who makes the volumes."),
            Column("ReclaimPolicy", "What becomes of a volume that is released."),
            Column("VolumeBindingMode", "When a volume is bound."),
            Column("AllowVolumeExpansion", "Whether volumes may grow."), .age,
        ],
        defaults: { object in
            object.setDefault("reclaimPolicy", "Delete")
            object.setDefault("volumeBindingMode", "Immediate")
        },
        check: { $0.text("provisioner").isEmpty ? [.required(FieldPath("provisioner"))] : [] },
        immutable: ["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"],
        print: { object, now in
            let annotations = object["metadata"]?["annotations"]
            let isDefault = annotations?.text("storageclass.kubernetes.io/is-default-class") == "true"
            let name = object["metadata"]?.text("name") ?? ""
            return [
                .string(isDefault ? name + " (default)" : name), object["provisioner"] ?? "", object["reclaimPolicy"] ?? "Delete",
                object["volumeBindingMode"] ?? "<unset>", .string(String(object["allowVolumeExpansion"]?.bool ?? false)),
                Cells.age(object, now: now),
            ]
        })

    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/scheduling/validation/validation.go`.
    static let priorityClass = SmallRules(
        columns: [
            .objectName, Column("Value", type: "integer", "Priority of pods of the class."),
            Column("Global-Default", type: "boolean", "Whether pods without a class get it."), .age,
            Column("PreemptionPolicy", "Whether its pods may displace others."),
        ],
        defaults: { $0.setDefault("preemptionPolicy", "PreemptLowerPriority") },
        check: { object in
            let name = object["metadata"]?.text("name") ?? ""
            let value = object["value"]?.int ?? 0
            if name.hasPrefix("system-") {
                let known = ["system-node-critical": 2_000_001_000, "system-cluster-critical": 2_000_000_000]
                if known[name].map({ Int64($0) == value }) ?? false { return [] }
                return [
                    .forbidden(
                        FieldPath("metadata")("name"),
                        "priority class names with 'system-' prefix are reserved for system use only. error: "
                            + "\(name) is not a known system priority class")
                ]
            }
            if value <= 1_000_000_000 { return [] }
            return [
                .forbidden(FieldPath("value"), "maximum allowed value of a user defined priority is 1000000000")
            ]
        },
        immutable: ["value", "preemptionPolicy"],
        print: { object, now in
            [
                Cells.name(object), Cells.count(object["value"]), .bool(object["globalDefault"]?.bool ?? false),
                Cells.age(object, now: now), object["preemptionPolicy"] ?? "PreemptLowerPriority",
            ]
        })

    static let runtimeClass = SmallRules(
        columns: [.objectName, Column("Handler", "Configuration of the container runtime."), .age],
        check: { object in
            NameValidation.dns1123Label(object.text("handler")).map { .invalid(FieldPath("handler"), object["handler"], $0) }
        },
        immutable: ["handler"],
        print: { [Cells.name($0), $0["handler"] ?? "", Cells.age($0, now: $1)] })

    static let disruptionBudget = SmallRules(
        separatesStatus: true, countsGenerations: true,
        columns: [
            .objectName, Column("Min Available", "Pods that must stay."), Column("Max Unavailable", "Pods that may go."),
            Column("Allowed Disruptions", type: "integer", "Pods that may go now."), .age,
        ],
        check: { object in
            let spec = object["spec"] ?? [:]
            guard spec.has("minAvailable"), spec.has("maxUnavailable") else { return [] }
            return [.invalid(FieldPath("spec"), spec, "minAvailable and maxUnavailable cannot be both set")]
        },
        print: { object, now in
            func count(_ field: String) -> JSONValue {
                .string(IntOrString(json: object["spec"]?[field])?.description ?? "N/A")
            }
            return [
                Cells.name(object), count("minAvailable"), count("maxUnavailable"),
                Cells.count(object["status"]?["disruptionsAllowed"]), Cells.age(object, now: now),
            ]
        })

    static let ingress = SmallRules(
        separatesStatus: true, countsGenerations: true,
        columns: [
            .objectName, Column("Class", "Who serves it."), Column("Hosts", "Host names."),
            Column("Address", "Where it is served."), Column("Ports", "Ports it is served on."), .age,
        ],
        print: { object, now in
            let spec = object["spec"] ?? [:]
            let hosts = spec.elements("rules").map { $0.text("host") }.filter { !$0.isEmpty }
            let shown = hosts.prefix(3).joined(separator: ",")
            let all = hosts.isEmpty ? "*" : hosts.count > 3 ? "\(shown) + \(hosts.count - 3) more..." : shown
            let addresses = (object["status"]?["loadBalancer"]?.elements("ingress") ?? []).map {
                $0.text("ip").isEmpty ? $0.text("hostname") : $0.text("ip")
            }
            return [
                Cells.name(object), Cells.text(spec["ingressClassName"]), .string(all),
                .string(addresses.joined(separator: ",")), .string(spec.elements("tls").isEmpty ? "80" : "80, 443"),
                Cells.age(object, now: now),
            ]
        })

    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/networking/v1/defaults.go`.
    static let networkPolicy = SmallRules(
        countsGenerations: true,
        columns: [.objectName, Column("Pod-Selector", "Pods that the policy isolates."), .age],
        defaults: { object in
            object.edit("spec") { spec in
                for list in ["ingress", "egress"] {
                    spec.editEach(list) { rule in rule.editEach("ports") { $0.setDefault("protocol", "TCP") } }
                }
                guard spec.elements("policyTypes").isEmpty else { return }
                spec["policyTypes"] = spec.elements("egress").isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
            }
        },
        check: { LabelValidation.selector($0["spec"]?["podSelector"], FieldPath("spec")("podSelector")) },
        print: { [Cells.name($0), Cells.selector($0["spec"]?["podSelector"] ?? [:]), Cells.age($0, now: $1)] })

    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/autoscaling/v2/defaults.go`, `printHorizontalPodAutoscaler`.
    static let autoscaler = SmallRules(
        separatesStatus: true, countsGenerations: false,
        columns: [
            .objectName, Column("Reference", "What is scaled."), Column("Targets", "Measured values and their targets."),
            Column("MinPods", "Fewest pods."), Column("MaxPods", type: "integer", "Most pods."),
            Column("Replicas", type: "integer", "Pods now."), .age,
        ],
        defaults: { object in object.edit("spec") { $0.setDefault("minReplicas", 1) } },
        print: { object, now in
            let spec = object["spec"] ?? [:]
            let target = spec["scaleTargetRef"] ?? [:]
            return [
                Cells.name(object), .string("\(target.text("kind"))/\(target.text("name"))"), "<unknown>",
                .string(spec["minReplicas"]?.int.map { String($0) } ?? "<unset>"), Cells.count(spec["maxReplicas"]),
                Cells.count(object["status"]?["currentReplicas"]), Cells.age(object, now: now),
            ]
        })

    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/v1/defaults.go`, `SetDefaults_PersistentVolumeClaim`.
    static let volumeClaim = SmallRules(
        separatesStatus: true,
        columns: [
            .objectName, Column("Status", "Whether a volume is bound."), Column("Volume", "The volume."),
            Column("Capacity", "Its size."), Column("Access Modes", "How it may be mounted."),
            Column("StorageClass", "Its class."), Column("VolumeAttributesClass", "Its attributes."), .age,
            Column("VolumeMode", wide: true, "File system or block device."),
        ],
        defaults: { object in
            object.edit("status") { if $0.text("phase").isEmpty { $0["phase"] = "Pending" } }
            object.edit("spec") { $0.setDefault("volumeMode", "Filesystem") }
        },
        print: { object, now in
            let (spec, status) = (object["spec"] ?? [:], object["status"] ?? [:])
            let phase = object["metadata"]?.has("deletionTimestamp") ?? false ? "Terminating" : status.text("phase")
            return [
                Cells.name(object), .string(phase), spec["volumeName"] ?? "", status["capacity"]?["storage"] ?? "",
                .string(AccessModes.print(status.elements("accessModes"))), spec["storageClassName"] ?? "",
                spec["volumeAttributesClassName"] ?? "<unset>", Cells.age(object, now: now), spec["volumeMode"] ?? "<unset>",
            ]
        })

    static let volume = SmallRules(
        separatesStatus: true,
        columns: [
            .objectName, Column("Capacity", "Its size."), Column("Access Modes", "How it may be mounted."),
            Column("Reclaim Policy", "What becomes of it when released."), Column("Status", "Whether a claim is bound."),
            Column("Claim", "The claim."), Column("StorageClass", "Its class."),
            Column("VolumeAttributesClass", "Its attributes."), Column("Reason", "Why it failed."), .age,
            Column("VolumeMode", wide: true, "File system or block device."),
        ],
        defaults: { object in
            object.edit("spec") { spec in
                if spec.text("persistentVolumeReclaimPolicy").isEmpty { spec["persistentVolumeReclaimPolicy"] = "Retain" }
                spec.setDefault("volumeMode", "Filesystem")
            }
            object.edit("status") { if $0.text("phase").isEmpty { $0["phase"] = "Pending" } }
        },
        print: { object, now in
            let (spec, status) = (object["spec"] ?? [:], object["status"] ?? [:])
            let claim = spec["claimRef"] ?? [:]
            return [
                Cells.name(object), spec["capacity"]?["storage"] ?? "", .string(AccessModes.print(spec.elements("accessModes"))),
                spec["persistentVolumeReclaimPolicy"] ?? "", status["phase"] ?? "",
                .string(claim.text("name").isEmpty ? "" : "\(claim.text("namespace"))/\(claim.text("name"))"),
                spec["storageClassName"] ?? "", spec["volumeAttributesClassName"] ?? "<unset>", status["reason"] ?? "",
                Cells.age(object, now: now), spec["volumeMode"] ?? "<unset>",
            ]
        })
}

/// `RWO,ROX`: how `kubectl` writes access modes.
enum AccessModes {
    static func print(_ modes: [JSONValue]) -> String {
        let given = Set(modes.compactMap(\.string))
        let known = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        return known.filter { given.contains($0.0) }.map(\.1).joined(separator: ",")
    }
}
