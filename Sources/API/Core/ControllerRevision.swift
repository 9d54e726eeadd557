package import JSON

/// One state of a workload's template, kept so that the workload can go back to it.
package struct ControllerRevision: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "apps", version: "v1", resource: "controllerrevisions")
    package static let kind = "ControllerRevision"
    package static let isNamespaced = true

    /// Label of a StatefulSet's revisions: the hash of `data`.
    package static let dataHashLabel = "controller.kubernetes.io/hash"
    /// Label of the pods of StatefulSets (a revision's name) and of DaemonSets and their revisions (a hash).
    package static let podLabel = "controller-revision-hash"

    package var metadata: ObjectMeta
    /// As stored.
    package var data: JSONValue
    /// Its place in the history, from 1.
    package var revision: Int64

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        data = json["data"] ?? [:]
        revision = json["revision"]?.int ?? 0
    }
}
