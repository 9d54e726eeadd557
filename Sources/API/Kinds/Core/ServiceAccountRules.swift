package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/serviceaccount/strategy.go`.
package struct ServiceAccountRules: KindRules {
    /// Of a reference to a secret nothing but the name is kept.
    package func prepareForCreate(_ object: inout JSONValue) {
        object.editEach("secrets") { $0 = ["name": $0["name"] ?? ""] }
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) { prepareForCreate(&new) }

    private static let mountable = "kubernetes.io/enforce-mountable-secrets"

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        guard object["metadata"]?["annotations"]?[Self.mountable] != nil else { return [] }
        return [
            "metadata.annotations[\(Self.mountable)]: deprecated in v1.32+; prefer separate namespaces to isolate access to "
                + "mounted secrets"
        ]
    }

    package let columns: [Column] = [.objectName, Column("Secrets", "Number of secrets named."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), .int(Int64(object.elements("secrets").count)), Cells.age(object, now: now)]
    }
}
