package import JSON

/// What is read of a Deployment.
package struct Deployment: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "deployments")
    package static let kind = "Deployment"
    package static let isNamespaced = true

    /// Annotation that numbers the revisions of the template.
    package static let revisionAnnotation = "deployment.kubernetes.io/revision"

    package struct Status: Hashable, Sendable {
        package var observedGeneration: Int64 = 0
        package var replicas = 0
        package var updatedReplicas = 0
        package var readyReplicas = 0
        package var availableReplicas = 0
        package var unavailableReplicas = 0
        package var terminatingReplicas: Int?
        package var collisionCount: Int?
        package var conditions: [Condition] = []

        package init() {}
    }

    package var metadata: ObjectMeta
    package var replicas: Int
    package var selector: LabelSelector
    /// `spec.selector` as stored, to hand on to ReplicaSets.
    package var selectorTree: JSONValue
    /// `spec.template` as stored.
    package var template: JSONValue
    /// `RollingUpdate` or `Recreate`.
    package var strategy: String
    package var maxSurge: IntOrString
    package var maxUnavailable: IntOrString
    package var minReadySeconds: Int
    package var revisionHistoryLimit: Int
    /// Nil: progress has no deadline.
    package var progressDeadlineSeconds: Int?
    package var paused: Bool
    package var status: Status

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        let rolling = spec["strategy"]?["rollingUpdate"]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        replicas = Int(clamping: spec["replicas"]?.int ?? 1)
        selector = LabelSelector(json: spec["selector"])
        selectorTree = spec["selector"] ?? [:]
        template = spec["template"] ?? [:]
        strategy = spec["strategy"]?["type"]?.string ?? "RollingUpdate"
        maxSurge = IntOrString(json: rolling?["maxSurge"]) ?? .string("25%")
        maxUnavailable = IntOrString(json: rolling?["maxUnavailable"]) ?? .string("25%")
        minReadySeconds = Int(clamping: spec["minReadySeconds"]?.int ?? 0)
        revisionHistoryLimit = Int(clamping: spec["revisionHistoryLimit"]?.int ?? 10)
        progressDeadlineSeconds = spec["progressDeadlineSeconds"]?.int.map { Int(clamping: $0) }
        paused = spec["paused"]?.bool ?? false
        status = Status(json: json["status"] ?? [:])
    }
}

extension Deployment.Status {
    package init(json: JSONValue) {
        func number(_ name: String) -> Int { Int(clamping: json[name]?.int ?? 0) }
        self.init()
        observedGeneration = json["observedGeneration"]?.int ?? 0
        replicas = number("replicas")
        updatedReplicas = number("updatedReplicas")
        readyReplicas = number("readyReplicas")
        availableReplicas = number("availableReplicas")
        unavailableReplicas = number("unavailableReplicas")
        terminatingReplicas = json["terminatingReplicas"]?.int.map { Int(clamping: $0) }
        collisionCount = json["collisionCount"]?.int.map { Int(clamping: $0) }
        conditions = (json["conditions"]?.array ?? []).map(Condition.init(json:))
    }

    /// For a merge patch: what is zero is taken away, as upstream leaves it out.
    package var json: JSONValue {
        func number(_ value: Int?) -> JSONValue { value.map { $0 == 0 ? .null : .int(Int64($0)) } ?? .null }
        return [
            "observedGeneration": .int(observedGeneration), "replicas": number(replicas),
            "updatedReplicas": number(updatedReplicas), "readyReplicas": number(readyReplicas),
            "availableReplicas": number(availableReplicas), "unavailableReplicas": number(unavailableReplicas),
            "terminatingReplicas": terminatingReplicas.map { .int(Int64($0)) } ?? .null,
            "collisionCount": number(collisionCount), "conditions": .array(conditions.map(\.json)),
        ]
    }
}
