package import JSON

/// A kind of storage that claims can ask for.
package struct StorageClass: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "storage.k8s.io", version: "v1", resource: "storageclasses")
    package static let kind = "StorageClass"
    package static let isNamespaced = false

    package var metadata: ObjectMeta
    package var provisioner: String
    /// Claims are bound when a pod that uses them has a node.
    package var waitsForConsumer: Bool

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        provisioner = json["provisioner"]?.string ?? ""
        waitsForConsumer = json["volumeBindingMode"]?.string == "WaitForFirstConsumer"
    }
}

/// Named settings of volumes; only its protection is looked at.
package struct VolumeAttributesClass: APIObject, Hashable {
    package static let resource = GroupVersionResource(
        group: "storage.k8s.io", version: "v1", resource: "volumeattributesclasses")
    package static let kind = "VolumeAttributesClass"
    package static let isNamespaced = false
    package static let protectionFinalizer = "kubernetes.io/vac-protection"

    package var metadata: ObjectMeta

    package init(json: JSONValue) { metadata = ObjectMeta(json: json["metadata"] ?? [:]) }
}
