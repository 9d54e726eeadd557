import API
import HTTP
import JSON
import Logging
import Streaming
import Testing

@testable import APIServer

/// Watches and logs over WebSocket, as browsers ask for them.
@Suite struct SocketStreamTests {
    /// Serves the handler over plain HTTP and opens a socket.
    private func withSocket(
        _ server: ServerFixture, _ target: String, protocols: [String] = [],
        _ body: @Sendable (_ response: HTTPClientResponse, _ socket: WebSocketConnection?) async throws -> Void
    ) async throws {
        let http = HTTPServer(
            configuration: HTTPServerConfiguration(listeners: [.address(host: "127.0.0.1", port: 0)]),
            logger: Logger(label: "test")
        ) { request in await server.parts.handler.handle(request) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await http.run() }
            guard case .address(_, let port)? = await http.boundAddresses.first else {
                Issue.record("the server does not listen")
                return group.cancelAll()
            }
            let client = HTTPClient(configuration: .init(host: "127.0.0.1", port: port), logger: Logger(label: "test"))
            var headers = WebSocketHandshake.requestHeaders(key: Array(repeating: 7, count: 16), protocols: protocols)
            headers["authorization"] = "Bearer \(ServerFixture.adminToken)"
            let upgrade = try await client.upgrade(HTTPClientRequest(method: "GET", target: target, headers: headers))
            let socket = upgrade.channel.map { WebSocketConnection(channel: $0, role: .client) }
            try await body(upgrade.response, socket)
            await socket?.end()
            server.parts.registry.caches.endWatches()
            await client.shutdown()
            group.cancelAll()
        }
    }

    @Test func `each event of a watch is a message`() async throws {
        let server = try await ServerFixture.make()
        let maps = "/api/v1/namespaces/default/configmaps"
        _ = await server.post(maps, ["metadata": ["name": "before"]])
        try await withSocket(server, "\(maps)?watch=true") { response, socket in
            #expect(response.status == 101)
            let socket = try #require(socket)
            let first = try #require(try await socket.receive())
            #expect(first.isText)
            let added = try JSONParser.parse(first.bytes)
            #expect(added["type"] == "ADDED" && added["object"]?["metadata"]?["name"] == "before")
            _ = await server.post(maps, ["metadata": ["name": "after"]])
            let second = try JSONParser.parse(try #require(try await socket.receive()).bytes)
            #expect(second["object"]?["metadata"]?["name"] == "after")
            server.parts.registry.caches.endWatches()
            // The end of the watch closes the socket.
            #expect(try await socket.receive() == nil)
        }
    }

    @Test(arguments: [[], ["binary.k8s.io"], ["base64.binary.k8s.io"], ["v4.channel.k8s.io"]] as [[String]])
    func `a log is binary messages, or base64 for those who ask`(protocols: [String]) async throws {
        let kubelet = RecordingUpstream { _ in HTTPResponse(status: 200, body: .bytes(Array("one\ntwo\n".utf8))) }
        let server = try await ServerFixture.make(kubelets: kubelet)
        _ = await server.post(
            "/api/v1/nodes",
            ["metadata": ["name": "n1"], "status": ["addresses": [["type": "InternalIP", "address": "10.0.0.9"]]]])
        let pod = await server.post(
            "/api/v1/namespaces/default/pods",
            ["metadata": ["name": "web"], "spec": ["nodeName": "n1", "containers": [["name": "main", "image": "x"]]]])
        #expect(pod.code == 201, "\(pod.message)")
        try await withSocket(server, "/api/v1/namespaces/default/pods/web/log", protocols: protocols) { response, socket in
            guard protocols != ["v4.channel.k8s.io"] else {
                #expect(response.status == 400)
                return
            }
            #expect(response.status == 101)
            #expect(response.headers["sec-websocket-protocol"] == protocols.first)
            let socket = try #require(socket)
            let isBase64 = protocols == ["base64.binary.k8s.io"]
            var text: [UInt8] = []
            var messages = 0
            while let message = try await socket.receive() {
                messages += 1
                #expect(message.isText == isBase64)
                let bytes = String(decoding: message.bytes, as: UTF8.self)
                text += isBase64 ? API.Base64.decode(bytes) ?? [] : message.bytes
            }
            #expect(String(decoding: text, as: UTF8.self) == "one\ntwo\n")
            #expect(messages == 2)
        }
    }
}
