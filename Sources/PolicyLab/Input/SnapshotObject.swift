package import JSON

/// A cluster's object without what says nothing about reachability.
package enum SnapshotObject {
    package static func reduced(_ object: JSONValue, apiVersion: String, kind: String) -> JSONValue {
        let metadata = object["metadata"] ?? [:]
        var reduced: JSONValue = [
            "apiVersion": .string(apiVersion), "kind": .string(kind),
            "metadata": kept(["name", "namespace", "labels"], of: metadata),
        ]
        if kind == "Pod" {
            if let owners = metadata["ownerReferences"] { reduced[path: ["metadata", "ownerReferences"]] = owners }
            var spec = kept(["hostNetwork", "nodeName"], of: object["spec"] ?? [:])
            for list in ["initContainers", "containers"] {
                guard let containers = object["spec"]?[list]?.array else { continue }
                spec[list] = .array(containers.map { kept(["name", "ports", "restartPolicy"], of: $0) })
            }
            reduced["spec"] = spec
            reduced["status"] = kept(["phase", "podIP", "podIPs"], of: object["status"] ?? [:])
        } else if let spec = object["spec"], kind != "Namespace" {
            reduced["spec"] = spec
        }
        return reduced
    }

    private static func kept(_ keys: [String], of value: JSONValue) -> JSONValue {
        var result: JSONValue = [:]
        for key in keys { if let member = value[key], !member.isNull { result[key] = member } }
        return result
    }
}
