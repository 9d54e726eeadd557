package import JSON

/// What is read of a StatefulSet.
package struct StatefulSet: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "statefulsets")
    package static let kind = "StatefulSet"
    package static let isNamespaced = true

    /// Labels that every pod of a set carries: its own name, and its number.
    package static let podNameLabel = "statefulset.kubernetes.io/pod-name"
    package static let podIndexLabel = "apps.kubernetes.io/pod-index"

    /// What becomes of the claims of pods that the set no longer wants.
    package struct ClaimRetention: Hashable, Sendable {
        /// The claims go with the set.
        package var deletesWithSet = false
        /// A claim goes with its pod when the set shrinks.
        package var deletesWhenScaled = false
    }

    package struct Status: Hashable, Sendable {
        package var observedGeneration: Int64 = 0
        package var replicas = 0
        package var readyReplicas = 0
        package var currentReplicas = 0
        package var updatedReplicas = 0
        package var availableReplicas = 0
        package var currentRevision = ""
        package var updateRevision = ""
        package var collisionCount: Int?

        package init() {}
    }

    package var metadata: ObjectMeta
    package var replicas: Int
    /// The number of the first pod.
    package var firstOrdinal: Int
    package var serviceName: String
    package var selector: LabelSelector
    /// `spec.selector.matchLabels`: claims carry them.
    package var selectorLabels: [String: String]
    /// `spec.template` as stored.
    package var template: JSONValue
    /// `spec.volumeClaimTemplates` as stored.
    package var claimTemplates: [JSONValue]
    /// Pods start and end one after another.
    package var isOrdered: Bool
    /// Pods keep their template until somebody deletes them.
    package var updatesOnDelete: Bool
    /// Pods with a lower index keep the current revision; nil: no `rollingUpdate`.
    package var partition: Int?
    package var maxUnavailable: IntOrString
    package var minReadySeconds: Int
    package var revisionHistoryLimit: Int
    package var claimRetention: ClaimRetention
    package var status: Status

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        let rolling = spec["updateStrategy"]?["rollingUpdate"]
        let retention = spec["persistentVolumeClaimRetentionPolicy"]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        replicas = Int(clamping: spec["replicas"]?.int ?? 1)
        firstOrdinal = Int(clamping: spec["ordinals"]?["start"]?.int ?? 0)
        serviceName = spec["serviceName"]?.string ?? ""
        selector = LabelSelector(json: spec["selector"])
        selectorLabels = spec["selector"]?["matchLabels"]?.object?.strings ?? [:]
        template = spec["template"] ?? [:]
        claimTemplates = spec["volumeClaimTemplates"]?.array ?? []
        isOrdered = spec["podManagementPolicy"]?.string != "Parallel"
        updatesOnDelete = spec["updateStrategy"]?["type"]?.string == "OnDelete"
        partition = rolling?.object.map { Int(clamping: $0["partition"]?.int ?? 0) }
        maxUnavailable = IntOrString(json: rolling?["maxUnavailable"]) ?? .int(1)
        minReadySeconds = Int(clamping: spec["minReadySeconds"]?.int ?? 0)
        revisionHistoryLimit = Int(clamping: spec["revisionHistoryLimit"]?.int ?? 10)
        claimRetention = ClaimRetention(
            deletesWithSet: retention?["whenDeleted"]?.string == "Delete",
            deletesWhenScaled: retention?["whenScaled"]?.string == "Delete")
        status = Status(json: json["status"] ?? [:])
    }

    /// The number in the name of a pod of this set; nil: not a name that the set gives.
    package func ordinal(ofPodNamed name: String) -> Int? {
        let prefix = metadata.name + "-"
        guard name.hasPrefix(prefix) else { return nil }
        let digits = name.dropFirst(prefix.count)
        return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) : nil
    }

    package func claimName(_ template: JSONValue, ordinal: Int) -> String {
        "\(template["metadata"]?["name"]?.string ?? "")-\(metadata.name)-\(ordinal)"
    }
}

extension StatefulSet.Status {
    package init(json: JSONValue) {
        func number(_ name: String) -> Int { Int(clamping: json[name]?.int ?? 0) }
        self.init()
        observedGeneration = json["observedGeneration"]?.int ?? 0
        replicas = number("replicas")
        readyReplicas = number("readyReplicas")
        currentReplicas = number("currentReplicas")
        updatedReplicas = number("updatedReplicas")
        availableReplicas = number("availableReplicas")
        currentRevision = json["currentRevision"]?.string ?? ""
        updateRevision = json["updateRevision"]?.string ?? ""
        collisionCount = json["collisionCount"]?.int.map { Int(clamping: $0) }
    }

    /// For a merge patch: what is zero is taken away where upstream leaves it out.
    package var json: JSONValue {
        func number(_ value: Int) -> JSONValue { value == 0 ? .null : .int(Int64(value)) }
        func text(_ value: String) -> JSONValue { value.isEmpty ? .null : .string(value) }
        return [
            "observedGeneration": .int(observedGeneration), "replicas": .int(Int64(replicas)),
            "readyReplicas": number(readyReplicas), "currentReplicas": number(currentReplicas),
            "updatedReplicas": number(updatedReplicas), "availableReplicas": .int(Int64(availableReplicas)),
            "currentRevision": text(currentRevision), "updateRevision": text(updateRevision),
            "collisionCount": .int(Int64(collisionCount ?? 0)),
        ]
    }
}
