package import API
package import ControlLoop
import HTTP
package import JSON

/// Lists in pages and watches over HTTP.
package struct HTTPListWatch: ListWatch {
    /// Objects of one page.
    package static let pageObjectsMax = 500
    /// A watch is ended by the server after a time in this range, in seconds, so that connections do not grow old together.
    package static let watchSeconds = 300...600

    private let client: APIClient

    package init(client: APIClient) { self.client = client }

    package func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
        var items: [JSONValue] = []
        let revision = try await list(resource, scope: scope) { items += $0 }
        return ListResult(items: items, resourceVersion: revision)
    }

    package func list(_ resource: GroupVersionResource, scope: ListScope, page: ([JSONValue]) throws -> Void) async throws
        -> String
    {
        var token = ""
        while true {
            var target = Self.target(resource, scope)
            target.add("limit", String(Self.pageObjectsMax))
            if !token.isEmpty { target.add("continue", token) }
            let tree = try await client.perform("GET", target.target)
            guard let revision = tree["metadata"]?["resourceVersion"]?.string else {
                throw APIClientError.malformedResponse("list of \(resource.groupResource) without a resourceVersion")
            }
            try page(tree["items"]?.array ?? [])
            token = tree["metadata"]?["continue"]?.string ?? ""
            if token.isEmpty { return revision }
        }
    }

    package func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
        -> AsyncThrowingStream<WatchEvent, any Error>
    {
        var target = Self.target(resource, scope)
        target.add("watch", "true")
        target.add("allowWatchBookmarks", "true")
        target.add("resourceVersion", resourceVersion)
        target.add("timeoutSeconds", String(Int.random(in: Self.watchSeconds)))
        let reader = WatchReader(try await client.open("GET", target.target).body)
        return AsyncThrowingStream { try await reader.next() }
    }

    static func target(_ resource: GroupVersionResource, _ scope: ListScope) -> RequestTargetBuilder {
        var target = RequestTargetBuilder(path: resource.path(namespace: scope.namespace))
        if !scope.labelSelector.isEmpty { target.add("labelSelector", scope.labelSelector) }
        if !scope.fieldSelector.isEmpty { target.add("fieldSelector", scope.fieldSelector) }
        return target
    }
}

/// Pulls events out of a response's body.
// SAFETY: a stream made by unfolding asks for one element at a time, so `next` never runs twice at once.
private final class WatchReader: @unchecked Sendable {
    private var body: AsyncThrowingStream<[UInt8], any Error>.Iterator
    private var decoder = WatchDecoder()
    private var ready: [WatchEvent] = []
    private var isFinished = false

    init(_ body: AsyncThrowingStream<[UInt8], any Error>) { self.body = body.makeAsyncIterator() }

    func next() async throws -> WatchEvent? {
        while ready.isEmpty {
            if isFinished { return nil }
            if let chunk = try await body.next() {
                ready = try decoder.append(chunk).reversed()
            } else {
                isFinished = true
                ready = try decoder.finish().reversed()
            }
        }
        let event = ready.removeLast()
        if event.kind == .error { throw Status(json: event.object) }
        return event
    }
}
