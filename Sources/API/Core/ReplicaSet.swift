package import JSON

/// What is read of a ReplicaSet.
package struct ReplicaSet: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "replicasets")
    package static let kind = "ReplicaSet"
    package static let isNamespaced = true

    /// Label that tells the ReplicaSets of one Deployment apart.
    package static let templateHashLabel = "pod-template-hash"

    package struct Status: Hashable, Sendable {
        package var observedGeneration: Int64 = 0
        package var replicas = 0
        package var fullyLabeledReplicas = 0
        package var readyReplicas = 0
        package var availableReplicas = 0
        package var terminatingReplicas: Int?
        package var conditions: [Condition] = []

        package init() {}
    }

    package var metadata: ObjectMeta
    package var replicas: Int
    package var minReadySeconds: Int
    package var selector: LabelSelector
    /// `spec.template` as stored.
    package var template: JSONValue
    package var status: Status

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        replicas = Int(clamping: spec["replicas"]?.int ?? 1)
        minReadySeconds = Int(clamping: spec["minReadySeconds"]?.int ?? 0)
        selector = LabelSelector(json: spec["selector"])
        template = spec["template"] ?? [:]
        status = Status(json: json["status"] ?? [:])
    }
}

extension ReplicaSet.Status {
    package init(json: JSONValue) {
        func number(_ name: String) -> Int { Int(clamping: json[name]?.int ?? 0) }
        self.init()
        observedGeneration = json["observedGeneration"]?.int ?? 0
        replicas = number("replicas")
        fullyLabeledReplicas = number("fullyLabeledReplicas")
        readyReplicas = number("readyReplicas")
        availableReplicas = number("availableReplicas")
        terminatingReplicas = json["terminatingReplicas"]?.int.map { Int(clamping: $0) }
        conditions = (json["conditions"]?.array ?? []).map(Condition.init(json:))
    }

    /// For a merge patch: what is zero is taken away, as upstream leaves it out.
    package var json: JSONValue {
        func number(_ value: Int) -> JSONValue { value == 0 ? .null : .int(Int64(value)) }
        return [
            "observedGeneration": .int(observedGeneration), "replicas": .int(Int64(replicas)),
            "fullyLabeledReplicas": number(fullyLabeledReplicas), "readyReplicas": number(readyReplicas),
            "availableReplicas": number(availableReplicas),
            "terminatingReplicas": terminatingReplicas.map { .int(Int64($0)) } ?? .null,
            "conditions": conditions.isEmpty ? .null : .array(conditions.map(\.json)),
        ]
    }
}
