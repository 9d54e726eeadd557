import API
import JSON
import Machinery

// The scale of a custom object lies where its definition says.
extension Scale {
    static func replicasPath(_ kind: KindDefinition) -> [String] {
        kind.custom?.scale?.specReplicas ?? ["spec", "replicas"]
    }

    /// A custom object without the field has no scale to show.
    static func checkReplicas(_ object: JSONValue, _ kind: KindDefinition) throws(Status) {
        guard let path = kind.custom?.scale?.specReplicas, object[path: path]?.int == nil else { return }
        throw APIErrors.internalError("the spec replicas field \".\(path.joined(separator: "."))\" does not exist")
    }

    /// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/registry/customresource/etcd.go`, `scaleFromCustomResource`.
    static func read(_ object: JSONValue, _ kind: KindDefinition) -> JSONValue {
        guard let paths = kind.custom?.scale else { return read(object) }
        let metadata = object["metadata"] ?? [:]
        var shown: JSONValue = [:]
        for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] { shown[name] = metadata[name] }
        var spec: JSONValue = [:]
        if let replicas = object[path: paths.specReplicas]?.int, replicas != 0 { spec["replicas"] = .int(replicas) }
        var status: JSONValue = ["replicas": .int(object[path: paths.statusReplicas]?.int ?? 0)]
        if let path = paths.labelSelector, let selector = object[path: path]?.string, !selector.isEmpty {
            status["selector"] = .string(selector)
        }
        return [
            "kind": .string(gvk.kind), "apiVersion": .string(gvk.apiVersion), "metadata": shown, "spec": spec,
            "status": status,
        ]
    }
}
