package import API
package import ControlLoop
package import JSON

/// A fixed collection of objects as a source: lists them and never reports a change.
///
/// Lets the proxy program rules from a file, without an API server.
package struct StaticListWatch: ListWatch {
    private let objects: [JSONValue]

    package init(_ objects: [JSONValue]) { self.objects = objects }

    /// An object, a list object (`items`) or an array of either.
    package init(document: JSONValue) { self.init(Self.flatten(document)) }

    private static func flatten(_ value: JSONValue) -> [JSONValue] {
        if let values = value.array { return values.flatMap(flatten) }
        if let items = value["items"]?.array { return items.flatMap(flatten) }
        return value.object == nil ? [] : [value]
    }

    package func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
        let items = objects.filter { object in
            guard object["apiVersion"]?.string == resource.groupVersion, let kind = object["kind"]?.string else { return false }
            return Self.resourceName(kind) == resource.resource
                && (scope.namespace == nil || object["metadata"]?["namespace"]?.string == scope.namespace)
        }
        return ListResult(items: items, resourceVersion: "1")
    }

    package func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
        -> AsyncThrowingStream<WatchEvent, any Error>
    {
        // Ends by cancellation of the consumer only.
        AsyncThrowingStream { continuation in silent(continuation) }
    }

    /// Keeps the continuation alive: a stream whose continuation is gone ends.
    private func silent(_ continuation: AsyncThrowingStream<WatchEvent, any Error>.Continuation) {
        continuation.onTermination = { _ in _ = continuation }
    }

    /// Lower case plural, as far as the kinds that nodes read need it.
    private static func resourceName(_ kind: String) -> String {
        let name = kind.lowercased()
        if kind == "Endpoints" { return name }
        return name.hasSuffix("y") ? "\(name.dropLast())ies" : name + "s"
    }
}
