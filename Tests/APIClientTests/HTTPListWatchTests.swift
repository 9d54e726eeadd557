import API
import APIClient
import ControlLoop
import HTTP
import JSON
import Logging
import Synchronization
import Testing

/// The client against a real server of ours on the loopback address, in plain text.
@Suite struct HTTPListWatchTests {
    let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")

    private func withClient(
        _ handler: @escaping HTTPHandler, _ body: @escaping @Sendable (APIClient) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test")
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(listeners: [.address(host: "127.0.0.1", port: 0)], threads: 1), logger: logger,
            handler: handler)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            guard case .address(_, let port) = await server.boundAddresses.first else {
                Issue.record("the server does not listen")
                return
            }
            let client = APIClient(
                configuration: APIClientConfiguration(
                    http: HTTPClientConfiguration(host: "127.0.0.1", port: port), token: .text("secret")), logger: logger)
            try await body(client)
            await client.shutdown()
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }

    private static func answer(_ status: Int, _ body: JSONValue) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: .bytes(JSONWriter.write(body)))
    }

    @Test(.timeLimit(.minutes(5))) func `a list is read page by page`() async throws {
        let handler: HTTPHandler = { request in
            guard request.headers["Authorization"] == "Bearer secret", request.path == "/api/v1/namespaces/ns/pods",
                request.query("labelSelector") == "app in (a,b)"
            else { return Self.answer(400, [:]) }
            let page = Int(request.query("continue") ?? "0") ?? 0
            return Self.answer(
                200,
                [
                    "metadata": ["resourceVersion": "42", "continue": page < 2 ? .string(String(page + 1)) : ""],
                    "items": [["metadata": ["name": .string("p\(page)")]]],
                ])
        }
        try await withClient(handler) { client in
            let listWatch = HTTPListWatch(client: client)
            let scope = ListScope(namespace: "ns", labelSelector: "app in (a,b)")
            let result = try await listWatch.list(pods, scope: scope)
            #expect(result.resourceVersion == "42")
            #expect(result.items.map { $0["metadata"]?["name"]?.string } == ["p0", "p1", "p2"])
        }
    }

    @Test(.timeLimit(.minutes(5))) func `a watch gives events, and its error as a status`() async throws {
        let handler: HTTPHandler = { request in
            guard request.query("watch") == "true", request.query("resourceVersion") == "7" else { return Self.answer(400, [:]) }
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write(
                        Array("{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"resourceVersion\":\"8\"}}}\n{\"ty".utf8))
                    let gone = Status(code: 410, reason: "Expired", message: "too old")
                    try await writer.write(Array("pe\":\"ERROR\",\"object\":\(JSONWriter.text(gone.json))}\n".utf8))
                })
        }
        try await withClient(handler) { client in
            var revisions: [String] = []
            await #expect(throws: Status.self) {
                for try await event in try await HTTPListWatch(client: client).watch(pods, scope: .everything, from: "7") {
                    revisions.append(event.resourceVersion)
                }
            }
            #expect(revisions == ["8"])
        }
    }

    @Test(.timeLimit(.minutes(5))) func `refusals arrive as statuses, and a busy server is asked again`() async throws {
        let asked = Mutex(0)
        let handler: HTTPHandler = { request in
            if request.method == "PATCH" {
                let count = asked.withLock { count in
                    count += 1
                    return count
                }
                if count == 1 {
                    return HTTPResponse(status: 429, headers: ["Retry-After": "0"], body: .bytes(Array("busy".utf8)))
                }
                let type = request.headers["Content-Type"] ?? ""
                return Self.answer(200, ["type": .string(type), "path": .string(request.path)])
            }
            return Self.answer(404, Status(code: 404, reason: "NotFound", message: "pods \"x\" not found").json)
        }
        try await withClient(handler) { client in
            let writer = HTTPObjectWriter(client: client)
            let key = NamespacedName(namespace: "ns", name: "x")
            await #expect(throws: Status(code: 404, reason: "NotFound", message: "pods \"x\" not found")) {
                try await writer.get(pods, key)
            }
            let result = try await writer.patch(pods, key, .merge, ["a": 1], subresource: "status")
            #expect(result["type"]?.string == "application/merge-patch+json")
            #expect(result["path"]?.string == "/api/v1/namespaces/ns/pods/x/status")
        }
    }
}
