import HTTP
import Testing

/// Requests and answers over real sockets, on HTTP/1.1 in plain text and on HTTP/2 in TLS.
@Suite struct ExchangeTests {
    enum Wire: CaseIterable {
        case http1, http2

        var clientTLS: HTTPClientConfiguration.TLS? { self == .http2 ? trusting : nil }
        var version: String { self == .http2 ? "HTTP/2" : "HTTP/1.1" }

        func configure(_ configuration: inout HTTPServerConfiguration) { if self == .http2 { secured(&configuration) } }
    }

    @Test(arguments: Wire.allCases)
    func `carries method, path, query and body`(wire: Wire) async throws {
        try await withServer(wire.configure, handler: echo) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                let response = try await client.send(
                    .init(method: "PATCH", target: "/a%20b?c=d+e", headers: ["X-A": "1"], body: Array("body".utf8)))
                #expect(response.status == 200)
                #expect(response.headers["content-type"] == "text/plain")
                #expect(try await response.text() == "\(wire.version) PATCH /a b [c=d e] body")
            }
        }
    }

    @Test(arguments: Wire.allCases)
    func `carries large bodies in slices`(wire: Wire) async throws {
        let slices = (0..<300).map { [UInt8](repeating: UInt8($0 % 251), count: $0 * 37 % 100_000) }
        try await withServer(wire.configure, handler: { _ in HTTPResponse(status: 200, body: .slices(slices)) }) {
            port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                let response = try await client.send(.init(method: "GET", target: "/"))
                #expect(response.headers["content-length"] == "\(slices.joined().count)")
                #expect(try await response.collect() == Array(slices.joined()))
            }
        }
    }

    @Test(arguments: Wire.allCases)
    func `answers HEAD without a body`(wire: Wire) async throws {
        try await withServer(wire.configure, handler: echo) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                for _ in 0..<3 {
                    let response = try await client.send(.init(method: "HEAD", target: "/"))
                    #expect(Int(response.headers["content-length"] ?? "") ?? 0 > 10)
                    #expect(try await response.collect().isEmpty)
                }
            }
        }
    }

    @Test(arguments: Wire.allCases)
    func `refuses a large body and serves the next request`(wire: Wire) async throws {
        try await withServer(
            {
                wire.configure(&$0)
                $0.requestBodyBytesMax = 100_000
            }, handler: echo
        ) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                for count in [100_001, 150_000, 3_000_000] {
                    let response = try await client.send(
                        .init(method: "POST", target: "/", body: Array(repeating: 65, count: count)))
                    #expect(response.status == 413)
                    #expect(try await response.text() == "Request entity too large: limit is 100000\n")
                }
                let response = try await client.send(
                    .init(method: "POST", target: "/", body: Array(repeating: 65, count: 100_000)))
                #expect(response.status == 200)
                #expect(try await response.collect().count > 100_000)
            }
        }
    }

    @Test(arguments: Wire.allCases)
    func `serves many requests at once`(wire: Wire) async throws {
        let arrived = Counter()
        try await withServer(
            wire.configure,
            handler: { request in
                arrived.add()
                await arrived.reaches(200)  // none is answered before all are there
                return await echo(request)
            }
        ) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                try await withThrowingTaskGroup(of: String.self) { group in
                    for index in 0..<200 {
                        group.addTask { try await client.send(.init(method: "GET", target: "/\(index)")).text() }
                    }
                    var answers: Set<String> = []
                    for try await answer in group { answers.insert(answer) }
                    #expect(answers.count == 200)
                }
            }
        }
    }

    @Test func `shows the handler the client's certificate`() async throws {
        let handler: HTTPHandler = { request in
            HTTPResponse(status: 200, body: .bytes(Array("\(request.peerCertificate?.count ?? 0) \(request.version)".utf8)))
        }
        try await withServer(secured, handler: handler) { port async throws in
            var tls = trusting
            #expect(try await get(port, tls) == "0 HTTP/2")
            tls.clientCertificatePEM = TestCertificates.clientCertificate
            tls.clientKeyPEM = TestCertificates.clientKey
            let known = try await get(port, tls)
            #expect(known.hasSuffix(" HTTP/2") && !known.hasPrefix("0 "))
            tls.clientCertificatePEM = TestCertificates.strangerCertificate
            tls.clientKeyPEM = TestCertificates.strangerKey
            await #expect(throws: (any Error).self) { try await get(port, tls) }
            tls = .init(caPEM: TestCertificates.strangerCertificate)
            await #expect(throws: (any Error).self) { try await get(port, tls) }
            tls = .init(skipVerification: true)
            #expect(try await get(port, tls) == "0 HTTP/2")
        }
    }

    private func get(_ port: Int, _ tls: HTTPClientConfiguration.TLS) async throws -> String {
        try await withClient(port: port, tls: tls) { try await $0.send(.init(method: "GET", target: "/")).text() }
    }

    @Test func `says where nobody listens`() async throws {
        let port = try await withServer(handler: echo) { $0 }
        try await withClient(port: port) { client async throws in
            await #expect(throws: HTTPError.self) { try await client.send(.init(method: "GET", target: "/")) }
        }
        await #expect(throws: HTTPError.self) { try await dial(host: "127.0.0.1", port: port) }
    }

    @Test(arguments: Wire.allCases)
    func `the client goes on after the server was restarted`(wire: Wire) async throws {
        let client = Mutexed<HTTPClient?>(nil)
        let port = try await withServer(wire.configure, handler: echo) { port async throws in
            let new = HTTPClient(
                configuration: .init(host: "127.0.0.1", port: port, tls: wire.clientTLS), logger: .quiet)
            client.set(new)
            #expect(try await new.send(.init(method: "GET", target: "/")).text().hasSuffix("/ [] "))
            return port
        }
        let again = try #require(client.get())
        await #expect(throws: (any Error).self) { try await again.send(.init(method: "GET", target: "/")) }
        try await withServer(
            {
                wire.configure(&$0)
                $0.listeners = [.address(host: "127.0.0.1", port: port)]
            }, handler: echo
        ) { _ async throws in
            #expect(try await again.send(.init(method: "GET", target: "/x")).text().hasSuffix("/x [] "))
        }
        await again.shutdown()
        await #expect(throws: HTTPError.closed) { try await again.send(.init(method: "GET", target: "/")) }
    }
}
