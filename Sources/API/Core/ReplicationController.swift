package import JSON

/// What is read of a ReplicationController, the older form of a ReplicaSet.
package struct ReplicationController: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "replicationcontrollers")
    package static let kind = "ReplicationController"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    package var replicas: Int
    package var minReadySeconds: Int
    package var selector: LabelSelector
    /// `spec.template` as stored.
    package var template: JSONValue
    package var status: ReplicaSet.Status

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        replicas = Int(clamping: spec["replicas"]?.int ?? 1)
        minReadySeconds = Int(clamping: spec["minReadySeconds"]?.int ?? 0)
        // One without a selector selects by the labels of its template.
        let labels = spec["selector"]?.object?.strings ?? spec["template"]?["metadata"]?["labels"]?.object?.strings
        selector = labels.map { $0.isEmpty ? .nothing : LabelSelector(matchLabels: $0) } ?? .nothing
        template = spec["template"] ?? [:]
        status = ReplicaSet.Status(json: json["status"] ?? [:])
    }
}
