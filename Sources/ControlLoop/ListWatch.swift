package import API
package import JSON

/// What narrows a list or a watch on the server's side.
package struct ListScope: Hashable, Sendable {
    /// Nil: every namespace.
    package var namespace: String?
    /// `app=web,tier!=db`; empty: all.
    package var labelSelector: String
    /// `spec.nodeName=node1`; empty: all.
    package var fieldSelector: String

    package init(namespace: String? = nil, labelSelector: String = "", fieldSelector: String = "") {
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
    }

    package static let everything = ListScope()
}

/// A collection at one moment.
package struct ListResult: Sendable {
    package var items: [JSONValue]
    /// The revision that the list shows; a watch from here misses nothing.
    package var resourceVersion: String

    package init(items: [JSONValue], resourceVersion: String) {
        self.items = items
        self.resourceVersion = resourceVersion
    }
}

/// Where objects come from: an API server over HTTP, the store of the same process, or a script in tests.
///
/// Refusals are `Status`; a lost connection is any other error.
package protocol ListWatch: Sendable {
    func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult

    /// The same list in pages, each handed to `page` before the next is fetched; returns the revision of the list.
    func list(_ resource: GroupVersionResource, scope: ListScope, page: ([JSONValue]) throws -> Void) async throws -> String

    /// Events after `resourceVersion`, in order, until the server ends the watch (the sequence finishes) or it fails.
    ///
    /// Bookmarks are passed on. An `ERROR` event is thrown as its `Status`. Cancelling the consuming task ends the watch.
    func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
        -> AsyncThrowingStream<WatchEvent, any Error>
}

extension ListWatch {
    /// One page, for sources that hold everything anyway.
    package func list(_ resource: GroupVersionResource, scope: ListScope, page: ([JSONValue]) throws -> Void) async throws
        -> String
    {
        let result = try await list(resource, scope: scope)
        try page(result.items)
        return result.resourceVersion
    }
}
