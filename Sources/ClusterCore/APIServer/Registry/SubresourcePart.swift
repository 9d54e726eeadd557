import API
import JSON
import Machinery

/// The one part of an object that a subresource may write; the rest stays as it was.
enum SubresourcePart {
    static func merge(
        _ subresource: String, _ body: JSONValue, into old: JSONValue, _ kind: KindDefinition
    ) throws(Status) -> JSONValue {
        var new = old
        let revision = body["metadata"]?["resourceVersion"]
        new[path: ["metadata", "resourceVersion"]] = revision
        switch subresource {
        case "ephemeralcontainers":
            new[path: ["spec", "ephemeralContainers"]] = body["spec"]?["ephemeralContainers"]
        case "resize":
            guard var containers = old["spec"]?["containers"]?.array else { return new }
            for index in containers.indices {
                let resources = body["spec"]?["containers"]?.array?.first { $0["name"] == containers[index]["name"] }
                containers[index]["resources"] = resources?["resources"]
            }
            new[path: ["spec", "containers"]] = .array(containers)
        case "approval":
            new[path: ["status", "conditions"]] = body["status"]?["conditions"]
        default: throw APIErrors.methodNotSupported(kind.gvr, "update")
        }
        return new
    }
}
