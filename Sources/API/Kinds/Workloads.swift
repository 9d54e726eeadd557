import JSON

/// Defaults that every kind with a pod template shares.
enum WorkloadDefaults {
    /// Defaults of `spec.template`.
    static func template(_ spec: inout JSONValue) {
        spec.edit("template") { template in
            template.setDefault("spec", .object([:]))
            template.edit("spec", PodDefaults.apply)
        }
    }

    /// Defaults of an update strategy that replaces pods a few at a time.
    ///
    /// - Parameters:
    ///   - member: What the kind calls the strategy.
    ///   - limits: Defaults of `rollingUpdate`.
    static func rollingUpdate(
        _ spec: inout JSONValue, _ member: String, _ limits: KeyValuePairs<String, JSONValue>
    ) {
        spec.setDefault(member, .object([:]))
        spec.edit(member) { strategy in
            if strategy.text("type").isEmpty { strategy["type"] = "RollingUpdate" }
            guard strategy.text("type") == "RollingUpdate" else { return }
            strategy.setDefault("rollingUpdate", .object([:]))
            strategy.edit("rollingUpdate") { rolling in
                for (name, value) in limits { rolling.setDefault(name, value) }
            }
        }
    }
}

/// What ReplicaSet and ReplicationController print alike.
enum WorkloadColumns {
    static let replicaColumns: [Column] = [
        .objectName,
        Column("Desired", type: "integer", "Pods wanted."),
        Column("Current", type: "integer", "Pods that exist."),
        Column("Ready", type: "integer", "Pods that are ready."),
        .age,
        .containers, .images,
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    static func replicaCells(_ object: JSONValue, now: Timestamp, selector: JSONValue) -> [JSONValue] {
        let (names, images) = Cells.containers(object["spec"]?["template"]?["spec"])
        let status = object["status"]
        return [
            Cells.name(object), Cells.count(object["spec"]?["replicas"]), Cells.count(status?["replicas"]),
            Cells.count(status?["readyReplicas"]), Cells.age(object, now: now), names, images, selector,
        ]
    }
}
