package import JSON

/// What is read of a ServiceAccount.
package struct ServiceAccount: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "serviceaccounts")
    package static let kind = "ServiceAccount"
    package static let isNamespaced = true

    package var metadata: ObjectMeta
    /// Nil: mount, as upstream does by default.
    package var automountServiceAccountToken: Bool?
    package var imagePullSecrets: [String]

    package init(metadata: ObjectMeta, automountServiceAccountToken: Bool? = nil, imagePullSecrets: [String] = []) {
        self.metadata = metadata
        self.automountServiceAccountToken = automountServiceAccountToken
        self.imagePullSecrets = imagePullSecrets
    }

    package init(json: JSONValue) {
        self.init(
            metadata: ObjectMeta(json: json["metadata"] ?? [:]),
            automountServiceAccountToken: json["automountServiceAccountToken"]?.bool,
            imagePullSecrets: (json["imagePullSecrets"]?.array ?? []).compactMap { $0["name"]?.string })
    }
}
