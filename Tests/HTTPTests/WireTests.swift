import HTTP
import Testing

/// HTTP/1.1 as bytes: what a client of ours would never send, or never look at.
@Suite struct WireTests {
    /// Sends text on a connection and returns all that comes back.
    private func talk(_ port: Int, _ texts: String...) async throws -> String {
        let channel = try await dial(host: "127.0.0.1", port: port)
        for text in texts { try await channel.write(Array(text.utf8)) }
        var answer: [UInt8] = []
        while let chunk = try await channel.read() { answer += chunk }
        await channel.close()
        return String(decoding: answer, as: UTF8.self)
    }

    @Test func `answers pipelined requests in order`() async throws {
        try await withServer(handler: echo) { port async throws in
            let one = (1...40).map { "GET /\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            let answer = try await talk(port, one, "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let paths = answer.split(separator: "GET /").dropFirst().map { String($0.prefix { $0 != " " }) }
            #expect(paths == (1...40).map { "\($0)" } + ["last"])
        }
    }

    @Test func `says continue, and refuses without it`() async throws {
        try await withServer({ $0.requestBodyBytesMax = 5 }, handler: echo) { port async throws in
            let head = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n"
            let good = try await talk(port, head + "Content-Length: 5\r\n\r\n", "12345")
            #expect(good.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
            #expect(good.hasSuffix("12345"))
            let bad = try await talk(port, head + "Content-Length: 6\r\n\r\n123456")
            #expect(bad.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `chunks streams and ends them`() async throws {
        let handler: HTTPHandler = { _ in
            HTTPResponse(status: 200, body: .stream { try await $0.write(Array("abc".utf8)) })
        }
        try await withServer(handler: handler) { port async throws in
            let answer = try await talk(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(answer.lowercased().contains("transfer-encoding: chunked\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
            let old = try await talk(port, "GET / HTTP/1.0\r\n\r\n")
            #expect(old.hasSuffix("\r\n\r\nabc"))
        }
    }

    @Test(arguments: [
        ("nonsense\r\n\r\n", "400"), ("GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 100_000))\r\n\r\n", "431"),
    ])
    func `answers broken requests`(request: String, status: String) async throws {
        try await withServer(handler: echo) { port async throws in
            #expect(try await talk(port, request).hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test func `bytes that came with the request belong to the upgraded channel`() async throws {
        try await withServer(handler: StreamTests.upgradeEcho) { port async throws in
            let channel = try await dial(host: "127.0.0.1", port: port)
            try await channel.write(
                Array("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo/1\r\n\r\nearly".utf8))
            var answer = try await channel.read() ?? []
            try await channel.write(Array(" late".utf8))
            await channel.closeWrite()
            while let chunk = try await channel.read() { answer += chunk }
            let text = String(decoding: answer, as: UTF8.self)
            #expect(text.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(text.hasSuffix("\r\n\r\nearly lateend"))
            await channel.close()
        }
    }

    @Test func `an upgrade needs an upgrade request`() async throws {
        try await withServer(handler: StreamTests.upgradeEcho) { port async throws in
            #expect(try await talk(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
        }
    }
}
