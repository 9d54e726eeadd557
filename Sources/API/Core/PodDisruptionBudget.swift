package import JSON

/// How many pods of a set may be taken down at once.
package struct PodDisruptionBudget: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "policy", version: "v1", resource: "poddisruptionbudgets")
    package static let kind = "PodDisruptionBudget"
    package static let isNamespaced = true

    package struct Status: Hashable, Sendable {
        package var observedGeneration: Int64 = 0
        package var currentHealthy = 0
        package var desiredHealthy = 0
        package var expectedPods = 0
        package var disruptionsAllowed = 0
        /// Pods whose eviction was granted and which are not gone yet.
        package var disruptedPods: [String: Timestamp] = [:]

        package init() {}
    }

    package var metadata: ObjectMeta
    /// One of the two at most is there.
    package var minAvailable: IntOrString?
    package var maxUnavailable: IntOrString?
    /// An absent selector matches nothing, an empty one everything.
    package var selector: LabelSelector
    package var status: Status
    /// `status.conditions` as stored: they carry the generation that they were made of.
    package var conditions: [JSONValue]

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        let found = json["status"] ?? [:]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        minAvailable = IntOrString(json: spec["minAvailable"])
        maxUnavailable = IntOrString(json: spec["maxUnavailable"])
        selector = LabelSelector(json: spec["selector"])
        status = Status()
        status.observedGeneration = found["observedGeneration"]?.int ?? 0
        status.currentHealthy = Int(clamping: found["currentHealthy"]?.int ?? 0)
        status.desiredHealthy = Int(clamping: found["desiredHealthy"]?.int ?? 0)
        status.expectedPods = Int(clamping: found["expectedPods"]?.int ?? 0)
        status.disruptionsAllowed = Int(clamping: found["disruptionsAllowed"]?.int ?? 0)
        status.disruptedPods = (found["disruptedPods"]?.object?.strings ?? [:]).compactMapValues(Timestamp.init(parsing:))
        conditions = found["conditions"]?.array ?? []
    }
}
