package import JSON

/// Of a StatefulSet what others than its controller read.
package struct StatefulSet: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "statefulsets")
    package static let kind = "StatefulSet"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    package var replicas: Int

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        replicas = Int(clamping: json["spec"]?["replicas"]?.int ?? 1)
    }
}
