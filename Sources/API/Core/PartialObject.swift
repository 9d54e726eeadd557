package import JSON

/// What every object has, for steps that treat all kinds alike: identity, deletion, finalizers, owners.
///
/// Labels and annotations are left out, because such steps hold every object of a cluster. The view has no resource of its
/// own: caches of it name theirs.
package struct PartialObject: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "", resource: "")
    package static let kind = ""
    package static let isNamespaced = true

    package var metadata: ObjectMeta

    package init(metadata: ObjectMeta) { self.metadata = metadata }

    package init(json: JSONValue) {
        let tree = json["metadata"] ?? [:]
        metadata = ObjectMeta(
            name: tree["name"]?.string ?? "", namespace: tree["namespace"]?.string ?? "", uid: tree["uid"]?.string ?? "",
            resourceVersion: tree["resourceVersion"]?.string ?? "",
            deletionTimestamp: tree["deletionTimestamp"]?.string.flatMap(Timestamp.init(parsing:)),
            finalizers: tree["finalizers"]?.array?.compactMap(\.string) ?? [],
            ownerReferences: tree["ownerReferences"]?.array?.map(OwnerReference.init(json:)) ?? [])
    }

    package mutating func share(_ parts: inout SharedParts) { parts.share(&metadata) }
}
