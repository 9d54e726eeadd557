package import API

/// What a request asks for: verb, group, resource, name. Pure reading of method, path and query.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/request/requestinfo.go`.
package struct RequestInfo: Hashable, Sendable {
    /// False for `/version`, `/healthz`, discovery and the like; then only `verb` and `path` are set.
    package var isResourceRequest = false
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; the method in lower case otherwise.
    package var verb: String
    package var path: String
    package var group = ""
    package var version = ""
    package var namespace = ""
    package var resource = ""
    package var subresource = ""
    package var name = ""

    package var gvr: GroupVersionResource {
        GroupVersionResource(group: group, version: version, resource: resource)
    }

    package init(method: String, path: String, isWatch: Bool = false, fieldSelector: String = "") {
        self.path = path
        verb = method.lowercased()
        var parts = path.split(separator: "/").map(String.init)
        guard parts.count >= 3, parts[0] == "api" || parts[0] == "apis" else { return }
        if parts.removeFirst() == "apis" {
            guard parts.count >= 3 else { return }
            group = parts.removeFirst()
        }
        version = parts.removeFirst()
        isResourceRequest = true
        readResource(parts)
        readVerb(method, isWatch: isWatch)
        if name.isEmpty, verb == "list" || verb == "watch" || verb == "deletecollection",
            let selector = try? FieldSelector(parsing: fieldSelector), let exact = selector.exactValue(of: "metadata.name")
        {
            name = exact
        }
    }

    private static let namespaceSubresources: Set<String> = ["status", "finalize"]

    private mutating func readResource(_ all: [String]) {
        var parts = all
        if parts[0] == "namespaces", parts.count > 1 {
            namespace = parts[1]
            // `/namespaces/N/status` is about the namespace itself, `/namespaces/N/pods` about what is in it.
            if parts.count > 2, !Self.namespaceSubresources.contains(parts[2]) { parts.removeFirst(2) }
        }
        resource = parts[0]
        if parts.count > 1 { name = parts[1] }
        if parts.count > 2 { subresource = parts[2] }
    }

    private mutating func readVerb(_ method: String, isWatch: Bool) {
        switch method {
        case "POST": verb = "create"
        case "GET", "HEAD": verb = name.isEmpty ? (isWatch ? "watch" : "list") : "get"
        case "PUT": verb = "update"
        case "PATCH": verb = "patch"
        case "DELETE": verb = name.isEmpty ? "deletecollection" : "delete"
        default: verb = method.lowercased()
        }
    }
}
