package import JSON

/// A piece of storage in the cluster.
package struct PersistentVolume: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumes")
    package static let kind = "PersistentVolume"
    package static let isNamespaced = false
    package static let protectionFinalizer = "kubernetes.io/pv-protection"

    package var metadata: ObjectMeta
    package var capacity: Quantity
    package var accessModes: [String]
    /// Nil: free for any claim.
    package var claim: ObjectReference?
    package var storageClassName: String
    package var volumeMode: String
    /// `Retain`, `Delete` or `Recycle`.
    package var reclaimPolicy: String
    package var volumeAttributesClassName: String
    /// Of `spec.nodeAffinity` only whether there is any.
    package var hasNodeAffinity: Bool
    /// `Pending`, `Available`, `Bound`, `Released`, `Failed`; empty when nobody has looked yet.
    package var phase: String
    package var statusMessage: String

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        capacity = ResourceList(json: spec["capacity"])["storage"] ?? .zero
        accessModes = spec["accessModes"]?.array?.compactMap(\.string) ?? []
        claim = spec["claimRef"].flatMap { $0.object == nil ? nil : ObjectReference(json: $0) }
        let annotated = metadata.annotations[PersistentVolumeClaim.classAnnotation]
        storageClassName = annotated ?? spec["storageClassName"]?.string ?? ""
        volumeMode = spec["volumeMode"]?.string ?? "Filesystem"
        reclaimPolicy = spec["persistentVolumeReclaimPolicy"]?.string ?? "Retain"
        volumeAttributesClassName = spec["volumeAttributesClassName"]?.string ?? ""
        hasNodeAffinity = spec["nodeAffinity"]?["required"]?.object != nil
        phase = json["status"]?["phase"]?.string ?? ""
        statusMessage = json["status"]?["message"]?.string ?? ""
    }
}

/// A wish for storage.
package struct PersistentVolumeClaim: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")
    package static let kind = "PersistentVolumeClaim"
    package static let isNamespaced = true
    package static let protectionFinalizer = "kubernetes.io/pvc-protection"
    package static let classAnnotation = "volume.beta.kubernetes.io/storage-class"

    package var metadata: ObjectMeta
    package var accessModes: [String]
    package var selector: LabelSelector
    package var requests: ResourceList
    /// Empty: not bound to any volume yet.
    package var volumeName: String
    /// Nil: the default class, if there is one; empty: none.
    package var storageClassName: String?
    package var volumeMode: String
    package var volumeAttributesClassName: String
    /// `Pending`, `Bound`, `Lost`.
    package var phase: String
    package var statusAccessModes: [String]
    package var statusCapacity: ResourceList
    package var allocatedResources: ResourceList
    package var currentVolumeAttributesClassName: String
    package var targetVolumeAttributesClassName: String

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        let status = json["status"] ?? [:]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        accessModes = spec["accessModes"]?.array?.compactMap(\.string) ?? []
        selector = spec["selector"]?.object == nil ? .everything : LabelSelector(json: spec["selector"])
        requests = ResourceList(json: spec["resources"]?["requests"])
        volumeName = spec["volumeName"]?.string ?? ""
        storageClassName = metadata.annotations[Self.classAnnotation] ?? spec["storageClassName"]?.string
        volumeMode = spec["volumeMode"]?.string ?? "Filesystem"
        volumeAttributesClassName = spec["volumeAttributesClassName"]?.string ?? ""
        phase = status["phase"]?.string ?? ""
        statusAccessModes = status["accessModes"]?.array?.compactMap(\.string) ?? []
        statusCapacity = ResourceList(json: status["capacity"])
        allocatedResources = ResourceList(json: status["allocatedResources"])
        currentVolumeAttributesClassName = status["currentVolumeAttributesClassName"]?.string ?? ""
        targetVolumeAttributesClassName = status["modifyVolumeStatus"]?["targetVolumeAttributesClassName"]?.string ?? ""
    }

    /// Whether a claim says which class it wants, be it none.
    package static func namesClass(_ claim: JSONValue) -> Bool {
        claim["metadata"]?["annotations"]?[classAnnotation] != nil || claim["spec"]?["storageClassName"]?.string != nil
    }
}
