package import HTTP

/// Joins two connections after an upgrade that neither end of the tunnel looks into.
package enum RawTunnel {
    /// Fields of a request that are about the connection it came on.
    private static let ownFields: Set<String> = ["host", "content-length", "transfer-encoding"]

    /// Asks `client` for the same upgrade and answers as it answers: with the tunnel, or with its refusal.
    ///
    /// - Parameters:
    ///   - target: Path and query at the other server.
    ///   - leavingOut: Further fields, in lower case, that the other server must not see (`authorization`).
    package static func forward(
        _ request: HTTPRequest, by client: HTTPClient, target: String, leavingOut: Set<String> = []
    ) async throws -> HTTPResponse {
        let fields = request.headers.fields.filter {
            let name = $0.name.lowercased()
            return !ownFields.contains(name) && !leavingOut.contains(name)
        }
        let upgrade = try await client.upgrade(
            HTTPClientRequest(method: request.method, target: target, headers: HTTPHeaders(fields), body: request.body))
        var headers = upgrade.response.headers
        for name in ownFields { headers[name] = nil }
        guard let far = upgrade.channel else {
            headers["connection"] = nil
            let body = upgrade.response.body
            return HTTPResponse(
                status: upgrade.response.status, headers: headers,
                body: .stream { writer in
                    for try await chunk in body { try await writer.write(chunk) }
                })
        }
        return HTTPResponse(
            status: 101, headers: headers,
            body: .upgrade { near in
                // Held here, so that the far connection ends with this one.
                _ = client
                await join(near, far)
            })
    }

    /// Copies both ways until both sides have ended or one has failed; then closes both. Half-closes are passed on.
    package static func join(_ one: any ByteChannel, _ other: any ByteChannel) async {
        try? await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await copy(from: one, to: other) }
            group.addTask { try await copy(from: other, to: one) }
            // Not `waitForAll`: it would wait for the other direction although one has failed.
            for try await _ in group {}
        }
        await one.close()
        await other.close()
    }

    private static func copy(from source: any ByteChannel, to sink: any ByteChannel) async throws {
        while let chunk = try await source.read() { try await sink.write(chunk) }
        await sink.closeWrite()
    }
}
