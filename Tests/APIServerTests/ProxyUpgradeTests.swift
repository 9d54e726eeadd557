import API
import HTTP
import JSON
import Logging
import Streaming
import Testing

@testable import APIServer

/// Upgrades through `proxy` of pods, services and nodes, over real sockets on both sides.
@Suite struct ProxyUpgradeTests {
    /// Leads every address to one server on loopback.
    private struct Redirect: UpstreamDialer, KubeletDialer {
        let client: HTTPClient

        func send(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPClientResponse {
            try await client.send(request)
        }
        func upgrade(_ request: HTTPClientRequest, to address: UpstreamAddress) async throws -> HTTPUpgrade {
            try await client.upgrade(request)
        }
        func send(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPClientResponse {
            try await client.send(request)
        }
        func upgrade(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPUpgrade {
            try await client.upgrade(request)
        }
    }

    /// Speaks what the client speaks: echoes WebSocket messages, or the streams of SPDY; refuses the rest.
    @Sendable private static func far(_ request: HTTPRequest) -> HTTPResponse {
        if request.path == "/refused" { return HTTPResponse(status: 403, body: .bytes(Array("not you".utf8))) }
        if WebSocketHandshake.isAsked(request.headers) {
            return WebSocketHandshake.accept(
                request, subprotocol: WebSocketHandshake.offeredProtocols(request.headers).first
            ) { channel in
                let socket = WebSocketConnection(channel: channel, role: .server)
                while let message = (try? await socket.receive()) ?? nil {
                    try? await socket.send(Array(request.path.utf8) + message.bytes, isText: message.isText)
                }
                await socket.close(code: 1000)
            }
        }
        return HTTPResponse(
            status: 101, headers: ["connection": "Upgrade", "upgrade": request.headers["upgrade"] ?? ""],
            body: .upgrade { channel in
                let connection = SPDYConnection(channel: channel, role: .server)
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await connection.run() }
                    for await stream in connection.incoming {
                        group.addTask {
                            while let chunk = (try? await stream.read()) ?? nil { try? await stream.write(chunk) }
                            try? await stream.closeWrite()
                        }
                    }
                }
            })
    }

    private typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

    private func withServer(
        _ handler: @escaping Handler,
        _ body: @Sendable (_ client: HTTPClient) async throws -> Void
    ) async throws {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(listeners: [.address(host: "127.0.0.1", port: 0)]),
            logger: Logger(label: "test")
        ) { request in
            await handler(request)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            guard case .address(_, let port)? = await server.boundAddresses.first else {
                Issue.record("the server does not listen")
                return group.cancelAll()
            }
            let client = HTTPClient(configuration: .init(host: "127.0.0.1", port: port), logger: Logger(label: "test"))
            try await body(client)
            await client.shutdown()
            group.cancelAll()
        }
    }

    /// Everything put together: client, API server, target.
    private func withProxy(_ body: @escaping @Sendable (_ client: HTTPClient) async throws -> Void) async throws {
        let far: Handler = { request in Self.far(request) }
        try await withServer(far) { target in
            let dialer = Redirect(client: target)
            let server = try await ServerFixture.make(kubelets: dialer, upstreams: dialer)
            try await Self.populate(server)
            let handler = server.parts.handler
            let near: Handler = { request in await handler.handle(request) }
            try await withServer(near, body)
        }
    }

    private static func populate(_ server: ServerFixture) async throws {
        _ = await server.post(
            "/api/v1/nodes",
            ["metadata": ["name": "n1"], "status": ["addresses": [["type": "InternalIP", "address": "10.0.0.9"]]]])
        _ = await server.post(
            "/api/v1/namespaces/default/pods",
            [
                "metadata": ["name": "web"],
                "spec": ["nodeName": "n1", "containers": [["name": "main", "image": "x", "ports": [["containerPort": 8080]]]]],
            ])
        _ = await server.patch(
            "/api/v1/namespaces/default/pods/web/status",
            ["status": ["phase": "Running", "podIP": "10.244.0.3", "podIPs": [["ip": "10.244.0.3"]]]])
        _ = await server.post(
            "/api/v1/namespaces/default/services",
            ["metadata": ["name": "front"], "spec": ["ports": [["name": "http", "port": 80]]]])
        let slice = await server.post(
            "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
            [
                "metadata": ["name": "front-1", "labels": ["kubernetes.io/service-name": "front"]], "addressType": "IPv4",
                "ports": [["name": "http", "port": 8080]],
                "endpoints": [
                    [
                        "addresses": ["10.244.0.3"],
                        "targetRef": ["kind": "Pod", "namespace": "default", "name": "web"],
                    ]
                ],
            ])
        #expect(slice.code == 201, "\(slice.message)")
    }

    private static let ways = [
        "/api/v1/namespaces/default/pods/web/proxy", "/api/v1/namespaces/default/pods/web:9000/proxy",
        "/api/v1/namespaces/default/services/front:http/proxy", "/api/v1/nodes/n1/proxy", "/api/v1/nodes/n1:9100/proxy",
    ]

    @Test(arguments: ways)
    func `a WebSocket goes through`(way: String) async throws {
        try await withProxy { client in
            var headers = WebSocketHandshake.requestHeaders(key: Array(repeating: 7, count: 16), protocols: ["chat"])
            headers["authorization"] = "Bearer \(ServerFixture.adminToken)"
            let upgrade = try await client.upgrade(HTTPClientRequest(method: "GET", target: way + "/room", headers: headers))
            #expect(upgrade.response.status == 101 && upgrade.response.headers["sec-websocket-protocol"] == "chat")
            let socket = WebSocketConnection(channel: try #require(upgrade.channel), role: .client)
            for text in ["one", String(repeating: "x", count: 100_000)] {
                try await socket.send(Array(text.utf8), isText: true)
                let answer = try #require(try await socket.receive())
                #expect(answer.isText && String(decoding: answer.bytes, as: UTF8.self) == "/room" + text)
            }
            await socket.close(code: 1000)
            #expect(try await socket.receive() == nil)
            await socket.end()
        }
    }

    @Test(arguments: ways)
    func `SPDY goes through, with streams that close on their own`(way: String) async throws {
        try await withProxy { client in
            let headers: HTTPHeaders = [
                "connection": "Upgrade", "upgrade": "SPDY/3.1", "authorization": "Bearer \(ServerFixture.adminToken)",
            ]
            let upgrade = try await client.upgrade(HTTPClientRequest(method: "POST", target: way + "/x", headers: headers))
            #expect(upgrade.response.status == 101 && upgrade.response.headers["upgrade"] == "SPDY/3.1")
            let connection = SPDYConnection(channel: try #require(upgrade.channel), role: .client)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await connection.run() }
                let stream = try await connection.openStream([SPDYHeader("streamtype", "data")])
                try await stream.write(Array("hello".utf8))
                try await stream.closeWrite()
                var answer: [UInt8] = []
                while let chunk = try await stream.read() { answer += chunk }
                #expect(String(decoding: answer, as: UTF8.self) == "hello")
                await connection.close()
                try await group.waitForAll()
            }
        }
    }

    @Test func `a target that refuses the upgrade is heard`() async throws {
        try await withProxy { client in
            var headers = WebSocketHandshake.requestHeaders(key: Array(repeating: 7, count: 16), protocols: [])
            headers["authorization"] = "Bearer \(ServerFixture.adminToken)"
            let upgrade = try await client.upgrade(
                HTTPClientRequest(method: "GET", target: Self.ways[0] + "/refused", headers: headers))
            #expect(upgrade.response.status == 403 && upgrade.channel == nil)
            var body: [UInt8] = []
            for try await chunk in upgrade.response.body { body += chunk }
            #expect(String(decoding: body, as: UTF8.self) == "not you")
        }
    }
}
