package import JSON

/// What is read of a Namespace.
package struct Namespace: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "namespaces")
    package static let kind = "Namespace"
    package static let isNamespaced = false

    package var metadata: ObjectMeta
    /// `spec.finalizers`, removed through the `finalize` subresource.
    package var finalizers: [String]
    /// `Active` or `Terminating`.
    package var phase: String
    package var conditions: [Condition]

    package init(
        metadata: ObjectMeta, finalizers: [String] = ["kubernetes"], phase: String = "Active", conditions: [Condition] = []
    ) {
        self.metadata = metadata
        self.finalizers = finalizers
        self.phase = phase
        self.conditions = conditions
    }

    package init(json: JSONValue) {
        self.init(
            metadata: ObjectMeta(json: json["metadata"] ?? [:]),
            finalizers: json["spec"]?["finalizers"]?.array?.compactMap(\.string) ?? [],
            phase: json["status"]?["phase"]?.string ?? "",
            conditions: (json["status"]?["conditions"]?.array ?? []).map(Condition.init(json:)))
    }
}
