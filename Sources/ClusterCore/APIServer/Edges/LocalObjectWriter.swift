package import API
package import ControlLoop
package import JSON
import Machinery

/// Writes for the controllers beside the server, with everything that a request over HTTP goes through but sockets and access
/// rules.
package struct LocalObjectWriter: ObjectWriter {
    private let registry: ObjectRegistry
    private let subresources: SubresourceWriter

    package init(registry: ObjectRegistry, subresources: SubresourceWriter) {
        self.registry = registry
        self.subresources = subresources
    }

    package func get(_ resource: GroupVersionResource, _ key: NamespacedName) async throws -> JSONValue {
        let kind = try registry.served(resource)
        return registry.tree(try await registry.read(kind, key), as: kind)
    }

    package func create(
        _ resource: GroupVersionResource, namespace: String?, _ object: JSONValue
    ) async throws -> JSONValue {
        let kind = try registry.served(resource)
        let decoded = try registry.normalize(object, kind)
        return registry.tree(try await registry.create(kind, namespace: namespace ?? "", decoded, .controllers), as: kind)
    }

    package func create(
        _ resource: GroupVersionResource, _ key: NamespacedName, subresource: String, _ object: JSONValue
    ) async throws -> JSONValue {
        let kind = try registry.served(resource)
        return try await subresources.create(kind, key, subresource, object, .controllers).json
    }

    package func update(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ object: JSONValue, subresource: String?
    ) async throws -> JSONValue {
        let kind = try registry.served(resource)
        return try await subresources.update(kind, key, subresource ?? "", object, .controllers).json
    }

    package func patch(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ type: PatchType, _ body: JSONValue, subresource: String?
    ) async throws -> JSONValue {
        let kind = try registry.served(resource)
        let patch = PatchBody(bytes: JSONWriter.write(body), contentType: type.rawValue, fieldValidation: .ignore)
        return try await subresources.patch(kind, key, subresource ?? "", patch, .controllers).json
    }

    package func delete(
        _ resource: GroupVersionResource, _ key: NamespacedName, _ options: DeletionOptions
    ) async throws {
        _ = try await registry.delete(try registry.served(resource), key, options, .controllers)
    }
}
