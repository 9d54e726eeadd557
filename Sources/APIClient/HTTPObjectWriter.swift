package import API
package import ControlLoop
package import JSON

/// Writes over HTTP.
package struct HTTPObjectWriter: ObjectWriter {
    private let client: APIClient

    package init(client: APIClient) { self.client = client }

    package func get(_ resource: GroupVersionResource, _ key: NamespacedName) async throws -> JSONValue {
        try await client.perform("GET", Self.path(resource, key))
    }

    @discardableResult
    package func create(_ resource: GroupVersionResource, namespace: String?, _ object: JSONValue) async throws -> JSONValue {
        try await client.perform("POST", resource.path(namespace: namespace), body: object)
    }

    @discardableResult
    package func create(
        _ resource: GroupVersionResource, _ key: NamespacedName, subresource: String, _ object: JSONValue
    ) async throws -> JSONValue {
        try await client.perform("POST", Self.path(resource, key, subresource), body: object)
    }

    @discardableResult
    package func update(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ object: JSONValue, subresource: String?
    ) async throws -> JSONValue {
        try await client.perform("PUT", Self.path(resource, key, subresource), body: object)
    }

    @discardableResult
    package func patch(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ type: PatchType, _ body: JSONValue, subresource: String?
    ) async throws -> JSONValue {
        try await client.perform("PATCH", Self.path(resource, key, subresource), body: body, contentType: type.rawValue)
    }

    package func delete(_ resource: GroupVersionResource, _ key: NamespacedName, _ options: DeletionOptions) async throws {
        _ = try await client.perform("DELETE", Self.path(resource, key), body: Self.body(options))
    }

    static func body(_ options: DeletionOptions) -> JSONValue {
        var body: JSONValue = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if let seconds = options.gracePeriodSeconds { body["gracePeriodSeconds"] = .int(seconds) }
        if let propagation = options.propagation { body["propagationPolicy"] = .string(propagation.rawValue) }
        var preconditions: JSONValue = [:]
        if let uid = options.uid { preconditions["uid"] = .string(uid) }
        if let revision = options.resourceVersion { preconditions["resourceVersion"] = .string(revision) }
        if preconditions != [:] { body["preconditions"] = preconditions }
        return body
    }

    static func path(_ resource: GroupVersionResource, _ key: NamespacedName, _ subresource: String? = nil) -> String {
        let collection = resource.path(namespace: key.namespace.isEmpty ? nil : key.namespace)
        let object = "\(collection)/\(RequestTargetBuilder.encode(key.name))"
        return subresource.map { "\(object)/\($0)" } ?? object
    }
}
