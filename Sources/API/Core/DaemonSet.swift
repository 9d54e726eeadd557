package import JSON

/// What is read of a DaemonSet.
package struct DaemonSet: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "daemonsets")
    package static let kind = "DaemonSet"
    package static let isNamespaced = true

    /// Counts the changes of the template; the server keeps it.
    package static let generationAnnotation = "deprecated.daemonset.template.generation"
    /// Label of the pods: the count that they were made from.
    package static let generationLabel = "pod-template-generation"

    package struct Status: Hashable, Sendable {
        package var observedGeneration: Int64 = 0
        /// Nodes that should run the pod.
        package var desired = 0
        /// Nodes that should and do.
        package var current = 0
        /// Nodes that do and should not.
        package var misscheduled = 0
        package var ready = 0
        package var updated = 0
        package var available = 0
        package var unavailable = 0
        package var collisionCount: Int?

        package init() {}
    }

    package var metadata: ObjectMeta
    package var selector: LabelSelector
    /// `spec.template` as stored.
    package var template: JSONValue
    /// Pods keep their template until somebody deletes them.
    package var updatesOnDelete: Bool
    package var maxSurge: IntOrString
    package var maxUnavailable: IntOrString
    package var minReadySeconds: Int
    package var revisionHistoryLimit: Int
    package var status: Status

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        let rolling = spec["updateStrategy"]?["rollingUpdate"]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        selector = LabelSelector(json: spec["selector"])
        template = spec["template"] ?? [:]
        updatesOnDelete = spec["updateStrategy"]?["type"]?.string == "OnDelete"
        maxSurge = IntOrString(json: rolling?["maxSurge"]) ?? .int(0)
        maxUnavailable = IntOrString(json: rolling?["maxUnavailable"]) ?? .int(1)
        minReadySeconds = Int(clamping: spec["minReadySeconds"]?.int ?? 0)
        revisionHistoryLimit = Int(clamping: spec["revisionHistoryLimit"]?.int ?? 10)
        status = Status(json: json["status"] ?? [:])
    }
}

extension DaemonSet.Status {
    package init(json: JSONValue) {
        func number(_ name: String) -> Int { Int(clamping: json[name]?.int ?? 0) }
        self.init()
        observedGeneration = json["observedGeneration"]?.int ?? 0
        desired = number("desiredNumberScheduled")
        current = number("currentNumberScheduled")
        misscheduled = number("numberMisscheduled")
        ready = number("numberReady")
        updated = number("updatedNumberScheduled")
        available = number("numberAvailable")
        unavailable = number("numberUnavailable")
        collisionCount = json["collisionCount"]?.int.map { Int(clamping: $0) }
    }

    /// For a merge patch: what is zero is taken away where upstream leaves it out.
    package var json: JSONValue {
        func number(_ value: Int) -> JSONValue { value == 0 ? .null : .int(Int64(value)) }
        return [
            "observedGeneration": .int(observedGeneration), "desiredNumberScheduled": .int(Int64(desired)),
            "currentNumberScheduled": .int(Int64(current)), "numberMisscheduled": .int(Int64(misscheduled)),
            "numberReady": .int(Int64(ready)), "updatedNumberScheduled": number(updated),
            "numberAvailable": number(available), "numberUnavailable": number(unavailable),
            "collisionCount": collisionCount.map { .int(Int64($0)) } ?? .null,
        ]
    }
}
