package import JSON

/// A view of `rbac.authorization.k8s.io/v1, ClusterRole`.
package struct ClusterRole: APIObject, Hashable {
    package static let resource = GroupVersionResource(
        group: "rbac.authorization.k8s.io", version: "v1", resource: "clusterroles")
    package static let kind = "ClusterRole"
    package static let isNamespaced = false

    package var metadata: ObjectMeta
    /// As they are written.
    package var rules: [JSONValue]
    /// Its rules are those of the roles that any of these selects; nil: its rules are its own.
    package var aggregation: [LabelSelector]?

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        rules = json["rules"]?.array ?? []
        aggregation = json["aggregationRule"].map { rule in
            (rule["clusterRoleSelectors"]?.array ?? []).map { LabelSelector(json: $0) }
        }
    }
}
