import API

/// What someone wants to do, as access rules see it.
package struct AccessRequest: Hashable, Sendable {
    package var user: User
    package var verb: String
    package var namespace: String
    package var group: String
    package var version: String
    package var resource: String
    package var subresource: String
    package var name: String
    /// For what is no resource: `/metrics`; nil otherwise.
    package var nonResourcePath: String?

    package init(
        user: User, verb: String, namespace: String = "", group: String = "", version: String = "", resource: String = "",
        subresource: String = "", name: String = "", nonResourcePath: String? = nil
    ) {
        self.user = user
        self.verb = verb
        self.namespace = namespace
        self.group = group
        self.version = version
        self.resource = resource
        self.subresource = subresource
        self.name = name
        self.nonResourcePath = nonResourcePath
    }

    package init(user: User, info: RequestInfo) {
        self.init(
            user: user, verb: info.verb, namespace: info.namespace, group: info.group, version: info.version,
            resource: info.resource, subresource: info.subresource, name: info.name,
            nonResourcePath: info.isResourceRequest ? nil : info.path)
    }

    var combinedResource: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }

    /// Why it was refused, in upstream's words (`apiserver/pkg/endpoints/handlers/responsewriters/errors.go`).
    var refusal: String {
        let who = "User \"\(user.name)\" cannot "
        if let nonResourcePath { return "\(who)\(verb) path \"\(nonResourcePath)\"" }
        let what = "\(who)\(verb) resource \"\(combinedResource)\" in API group \"\(group)\""
        return namespace.isEmpty ? "\(what) at the cluster scope" : "\(what) in the namespace \"\(namespace)\""
    }
}
