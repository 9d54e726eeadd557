/// The name under which a server offers a kind: `apps/v1, deployments`.
package struct GroupVersionResource: Hashable, Sendable, CustomStringConvertible {
    /// Empty for the core group.
    package var group: String
    package var version: String
    /// Plural, lower case.
    package var resource: String

    package init(group: String, version: String, resource: String) {
        self.group = group
        self.version = version
        self.resource = resource
    }

    package var groupVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    /// `deployments.apps`, or `pods` in the core group.
    package var groupResource: String { group.isEmpty ? resource : "\(resource).\(group)" }
    package var description: String { "\(groupVersion), Resource=\(resource)" }

    /// Path of the collection below the server's root, without a trailing slash.
    package func path(namespace: String? = nil) -> String {
        let root = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        guard let namespace else { return "\(root)/\(resource)" }
        return "\(root)/namespaces/\(namespace)/\(resource)"
    }
}

/// `apps/v1, Kind=Deployment`.
package struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
    package var group: String
    package var version: String
    package var kind: String

    package init(group: String, version: String, kind: String) {
        self.group = group
        self.version = version
        self.kind = kind
    }

    /// Splits an object's `apiVersion`.
    package init(apiVersion: String, kind: String) {
        if let slash = apiVersion.firstIndex(of: "/") {
            self.init(
                group: String(apiVersion[..<slash]), version: String(apiVersion[apiVersion.index(after: slash)...]),
                kind: kind)
        } else {
            self.init(group: "", version: apiVersion, kind: kind)
        }
    }

    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
    package var description: String { "\(apiVersion), Kind=\(kind)" }
}
