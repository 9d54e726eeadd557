package import API
package import JSON

/// The body format of a patch.
package enum PatchType: String, Hashable, Sendable {
    case json = "application/json-patch+json"
    case merge = "application/merge-patch+json"
    case strategicMerge = "application/strategic-merge-patch+json"
    case apply = "application/apply-patch+yaml"
}

/// What becomes of the dependents of a deleted object.
package enum DeletionPropagation: String, Hashable, Sendable {
    case orphan = "Orphan"
    case background = "Background"
    case foreground = "Foreground"
}

/// The writing half of an API server. Every refusal is thrown as `Status`; the result is the object as stored.
package protocol ObjectWriter: Sendable {
    func get(_ resource: GroupVersionResource, _ key: NamespacedName) async throws -> JSONValue

    @discardableResult
    func create(_ resource: GroupVersionResource, namespace: String?, _ object: JSONValue) async throws -> JSONValue

    /// Creates below an object: `binding`, `eviction`, `token`.
    @discardableResult
    func create(_ resource: GroupVersionResource, _ key: NamespacedName, subresource: String, _ object: JSONValue)
        async throws -> JSONValue

    /// Replaces; a `resourceVersion` in the object is a precondition.
    @discardableResult
    func update(_ resource: GroupVersionResource, _ key: NamespacedName, _ object: JSONValue, subresource: String?)
        async throws -> JSONValue

    @discardableResult
    func patch(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ type: PatchType, _ body: JSONValue, subresource: String?
    ) async throws -> JSONValue

    func delete(_ resource: GroupVersionResource, _ key: NamespacedName, _ options: DeletionOptions) async throws
}

/// `metav1.DeleteOptions`, the part that is used.
package struct DeletionOptions: Hashable, Sendable {
    /// Nil: the kind's default (30 s, or the Pod's own `terminationGracePeriodSeconds`).
    package var gracePeriodSeconds: Int64?
    package var propagation: DeletionPropagation?
    /// Refused with `Conflict` when the object has another uid.
    package var uid: String?
    /// Refused with `Conflict` when the object has another resourceVersion.
    package var resourceVersion: String?

    package init(
        gracePeriodSeconds: Int64? = nil, propagation: DeletionPropagation? = nil, uid: String? = nil,
        resourceVersion: String? = nil
    ) {
        self.gracePeriodSeconds = gracePeriodSeconds
        self.propagation = propagation
        self.uid = uid
        self.resourceVersion = resourceVersion
    }
}
