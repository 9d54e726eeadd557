import API
import JSON
import Machinery

/// Gives a pod its node.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/storage/storage.go`, `assignPod`.
enum PodBinding {
    static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")

    static func bind(
        _ registry: ObjectRegistry, _ key: NamespacedName, _ binding: JSONValue, _ options: WriteOptions
    ) async throws(Status) {
        guard let kind = Catalog.kind(pods) else { throw APIErrors.unknownPath }
        guard binding["metadata"]?["name"]?.string == key.name else {
            throw APIErrors.badRequest("name in URL does not match name in Binding object")
        }
        let target = binding["target"] ?? [:]
        let targetKind = target["kind"]?.string ?? ""
        let path = FieldPath("target")
        guard targetKind.isEmpty || targetKind == "Node" else {
            throw APIErrors.invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Binding"), key.name,
                [.notSupported(path("kind"), .string(targetKind), supported: ["Node", "<empty>"])])
        }
        guard let node = target["name"]?.string, !node.isEmpty else {
            throw APIErrors.invalid(
                GroupVersionKind(group: "", version: "v1", kind: "Binding"), key.name, [.required(path("name"))])
        }
        let uid = binding["metadata"]?["uid"]?.string ?? ""
        let now = registry.environment.now()
        _ = try await registry.modify(kind, key, part: .special, options) { old throws(Status) in
            try assign(old, key, node: node, uid: uid, metadata: binding["metadata"], now: now)
        }
    }

    static func assign(
        _ pod: JSONValue, _ key: NamespacedName, node: String, uid: String, metadata: JSONValue?, now: Timestamp
    ) throws(Status) -> JSONValue {
        func conflict(_ why: String) -> Status { APIErrors.conflict(pods, key.name, why) }
        let found = pod["metadata"]?["uid"]?.string ?? ""
        if !uid.isEmpty, uid != found {
            throw APIErrors.preconditionFailed(pods, key.name, field: "uid", expected: uid, found: found)
        }
        if pod["metadata"]?["deletionTimestamp"]?.string != nil {
            throw conflict("pod \(key.name) is being deleted, cannot be assigned to a host")
        }
        if let present = pod["spec"]?["nodeName"]?.string, !present.isEmpty {
            throw conflict("pod \(key.name) is already assigned to node \"\(present)\"")
        }
        var new = pod
        new[path: ["metadata", "resourceVersion"]] = nil
        new[path: ["spec", "nodeName"]] = .string(node)
        for field in ["annotations", "labels"] {
            for member in metadata?[field]?.object?.members ?? [] {
                new[path: ["metadata", field, member.key]] = member.value
            }
        }
        var conditions = pod["status"]?["conditions"]?.array ?? []
        let scheduled: JSONValue = [
            "type": "PodScheduled", "status": "True", "lastProbeTime": .null,
            "lastTransitionTime": .string(now.description),
        ]
        if let index = conditions.firstIndex(where: { $0["type"]?.string == "PodScheduled" }) {
            conditions[index] = scheduled
        } else {
            conditions.append(scheduled)
        }
        new[path: ["status", "conditions"]] = .array(conditions)
        return new
    }
}
