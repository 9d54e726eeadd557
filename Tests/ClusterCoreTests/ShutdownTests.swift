import HTTP
import JSON
import Testing

@testable import ClusterCore

/// How a server ends that was asked to, as its clients see it.
@Suite(.serialized) struct ShutdownTests {
    private static func get(_ client: HTTPClient, _ target: String) async throws -> (code: Int, text: String) {
        let response = try await client.send(HTTPClientRequest(method: "GET", target: target))
        var bytes: [UInt8] = []
        for try await chunk in response.body { bytes += chunk }
        return (response.status, String(decoding: bytes, as: UTF8.self))
    }

    @Test func `readiness fails while requests are still taken, then watches are closed and the server ends`() async throws {
        let cluster = try LoopbackCluster()
        try await cluster.run(shutdownDelay: .seconds(3)) { core, client in
            #expect(try await Self.get(client, "/readyz").code == 200)
            let watch = try await client.send(
                HTTPClientRequest(method: "GET", target: "/api/v1/namespaces?watch=true"))
            #expect(watch.status == 200)
            core.shutDown()
            var ready = try await Self.get(client, "/readyz")
            while ready.code == 200 { ready = try await Self.get(client, "/readyz") }
            #expect(ready.text.contains("[-]shutdown failed"), "\(ready.text)")
            #expect(try await Self.get(client, "/livez").code == 200)
            let created = try await client.send(
                HTTPClientRequest(
                    method: "POST", target: "/api/v1/namespaces/default/configmaps",
                    headers: ["content-type": "application/json"],
                    body: JSONWriter.write(["metadata": ["name": "late"]])))
            #expect(created.status == 201)
            for try await _ in created.body {}
            // The watch ends in good order, and with it the test: the server returns by itself.
            for try await _ in watch.body {}
            await client.shutdown()
        }
    }
}
