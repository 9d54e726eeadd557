package import JSON

/// The part of `metadata` that someone reads. A view: it never goes back to the server.
package struct ObjectMeta: Hashable, Sendable {
    package var name: String
    package var namespace: String
    package var uid: String
    package var resourceVersion: String
    package var generation: Int64
    package var creationTimestamp: Timestamp?
    package var deletionTimestamp: Timestamp?
    package var deletionGracePeriodSeconds: Int64?
    package var labels: [String: String]
    package var annotations: [String: String]
    package var finalizers: [String]
    package var ownerReferences: [OwnerReference]
    package var generateName: String

    package init(
        name: String, namespace: String = "", uid: String = "", resourceVersion: String = "", generation: Int64 = 0,
        creationTimestamp: Timestamp? = nil, deletionTimestamp: Timestamp? = nil, deletionGracePeriodSeconds: Int64? = nil,
        labels: [String: String] = [:], annotations: [String: String] = [:], finalizers: [String] = [],
        ownerReferences: [OwnerReference] = [], generateName: String = ""
    ) {
        self.name = name
        self.namespace = namespace
        self.uid = uid
        self.resourceVersion = resourceVersion
        self.generation = generation
        self.creationTimestamp = creationTimestamp
        self.deletionTimestamp = deletionTimestamp
        self.deletionGracePeriodSeconds = deletionGracePeriodSeconds
        self.labels = labels
        self.annotations = annotations
        self.finalizers = finalizers
        self.ownerReferences = ownerReferences
        self.generateName = generateName
    }

    /// Reads `metadata`; what is absent is empty.
    package init(json: JSONValue) {
        self.init(
            name: json["name"]?.string ?? "",
            namespace: json["namespace"]?.string ?? "",
            uid: json["uid"]?.string ?? "",
            resourceVersion: json["resourceVersion"]?.string ?? "",
            generation: json["generation"]?.int ?? 0,
            creationTimestamp: json["creationTimestamp"]?.string.flatMap(Timestamp.init(parsing:)),
            deletionTimestamp: json["deletionTimestamp"]?.string.flatMap(Timestamp.init(parsing:)),
            deletionGracePeriodSeconds: json["deletionGracePeriodSeconds"]?.int,
            labels: json["labels"]?.object?.strings ?? [:],
            annotations: json["annotations"]?.object?.strings ?? [:],
            finalizers: json["finalizers"]?.array?.compactMap(\.string) ?? [],
            ownerReferences: json["ownerReferences"]?.array?.map(OwnerReference.init(json:)) ?? [],
            generateName: json["generateName"]?.string ?? "")
    }

    package var key: NamespacedName { NamespacedName(namespace: namespace, name: name) }
    /// The owner that manages this object, if one does.
    package var controller: OwnerReference? { ownerReferences.first { $0.controller } }
    package var isBeingDeleted: Bool { deletionTimestamp != nil }
}

/// One entry of `metadata.ownerReferences`.
package struct OwnerReference: Hashable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    package var controller: Bool
    package var blockOwnerDeletion: Bool

    package init(
        apiVersion: String, kind: String, name: String, uid: String, controller: Bool = false,
        blockOwnerDeletion: Bool = false
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.controller = controller
        self.blockOwnerDeletion = blockOwnerDeletion
    }

    package init(json: JSONValue) {
        self.init(
            apiVersion: json["apiVersion"]?.string ?? "", kind: json["kind"]?.string ?? "",
            name: json["name"]?.string ?? "", uid: json["uid"]?.string ?? "",
            controller: json["controller"]?.bool ?? false,
            blockOwnerDeletion: json["blockOwnerDeletion"]?.bool ?? false)
    }

    package var json: JSONValue {
        [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
            "controller": .bool(controller), "blockOwnerDeletion": .bool(blockOwnerDeletion),
        ]
    }
}
