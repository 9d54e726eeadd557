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
        case "ephemeralcontainers", "resize":
            new = body
            kind.applyDefaults(&new)
            kind.rules.prepareForSubresourceUpdate(subresource, new: &new, old: old)
            let errors = kind.rules.validateSubresourceUpdate(subresource, new: new, old: old)
            guard errors.isEmpty else {
                throw APIErrors.invalid(kind.gvk, old["metadata"]?["name"]?.string ?? "", errors)
            }
        default: throw APIErrors.methodNotSupported(kind.gvr, "update")
        }
        return new
    }
}
