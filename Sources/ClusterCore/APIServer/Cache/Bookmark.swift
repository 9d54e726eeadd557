import API
import JSON
import Store

/// The object of a BOOKMARK event: a kind and a revision.
enum Bookmark {
    static func object(_ kind: KindDefinition, _ revision: Revision, initialEnd: Bool) -> JSONValue {
        var metadata: JSONValue = ["resourceVersion": .string(String(revision.value)), "creationTimestamp": .null]
        if initialEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        return [
            "kind": .string(kind.gvk.kind), "apiVersion": .string(kind.gvk.apiVersion), "metadata": metadata,
        ]
    }
}
