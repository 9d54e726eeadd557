import HTTP
import Testing

/// Long answers: watches, logs, upgrades.
@Suite struct StreamTests {
    typealias Wire = ExchangeTests.Wire

    @Test(arguments: Wire.allCases)
    func `sends each chunk when it is written`(wire: Wire) async throws {
        let taken = Counter()
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    for index in 0..<20 {
                        await taken.reaches(index)  // the client has read what came before
                        try await writer.write(Array("event \(index)\n".utf8))
                    }
                })
        }
        try await withServer(wire.configure, handler: handler) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                let response = try await client.send(.init(method: "GET", target: "/"))
                var lines = ""
                for try await chunk in response.body {
                    lines += String(decoding: chunk, as: UTF8.self)
                    taken.add()
                }
                #expect(lines == (0..<20).map { "event \($0)\n" }.joined())
            }
        }
    }

    @Test(arguments: Wire.allCases)
    func `cancels the body when the client goes away`(wire: Wire) async throws {
        let ended = Counter()
        try await withServer(wire.configure, handler: { _ in Self.forever(ended) }) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                try await firstChunk(client)  // drops the body
                await ended.reaches(1)
                let reading = Task { try await client.send(.init(method: "GET", target: "/")).collect() }
                reading.cancel()
                _ = try? await reading.value
                try await firstChunk(client)
                await ended.reaches(2)
            }
        }
    }

    private func firstChunk(_ client: HTTPClient) async throws {
        let response = try await client.send(.init(method: "GET", target: "/"))
        for try await chunk in response.body {
            #expect(chunk == [1])
            break
        }
    }

    @Test func `streams beyond the server's limit travel on further connections`() async throws {
        let ended = Counter()
        let handler: HTTPHandler = { request in request.path == "/short" ? HTTPResponse(status: 204) : Self.forever(ended) }
        try await withServer(secured, handler: handler) { port async throws in
            try await withClient(port: port, tls: trusting) { client async throws in
                let opened = Counter()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<230 {
                        group.addTask {
                            let response = try await client.send(.init(method: "GET", target: "/"))
                            do { for try await _ in response.body { opened.add() } } catch is CancellationError {}
                        }
                    }
                    await opened.reaches(230)
                    #expect(try await client.send(.init(method: "GET", target: "/short")).status == 204)
                    group.cancelAll()
                    try await group.waitForAll()
                }
                await ended.reaches(230)
                #expect(try await client.send(.init(method: "GET", target: "/short")).status == 204)
            }
        }
    }

    /// One byte, then nothing until cancelled.
    static func forever(_ ended: Counter) -> HTTPResponse {
        HTTPResponse(
            status: 200,
            body: .stream { writer in
                defer { ended.add() }
                try await writer.write([1])
                try await Task.sleep(for: .seconds(3600))
            })
    }

    @Test(arguments: Wire.allCases)
    func `breaks a stream off when its body throws`(wire: Wire) async throws {
        struct Broken: Error {}
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([1])
                    throw Broken()
                })
        }
        try await withServer(wire.configure, handler: handler) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                let response = try await client.send(.init(method: "GET", target: "/"))
                await #expect(throws: (any Error).self) { try await response.collect() }
            }
        }
    }

    @Test(arguments: Wire.allCases)
    func `refuses offers while the client does not read`(wire: Wire) async throws {
        let offered = Mutexed(0)
        let filled = Counter()
        let handler: HTTPHandler = { _ in
            HTTPResponse(
                status: 200,
                body: .stream { writer in
                    let chunk = [UInt8](repeating: 7, count: 100_000)
                    var count = 0
                    // Refusals in a row: the loop had its turns and the sockets between are full.
                    var refusals = 0
                    while refusals < 2000 {
                        if writer.offer(chunk) {
                            count += 1
                            refusals = 0
                        } else {
                            refusals += 1
                            await Task.yield()
                        }
                    }
                    offered.set(count)
                    filled.add()
                    try await writer.write([9])  // waits for the client
                })
        }
        try await withServer(wire.configure, handler: handler) { port async throws in
            try await withClient(port: port, tls: wire.clientTLS) { client async throws in
                let response = try await client.send(.init(method: "GET", target: "/"))
                await filled.reaches(1)
                #expect(offered.get() > 0 && offered.get() < 1000)
                #expect(try await response.collect().count == offered.get() * 100_000 + 1)
            }
        }
    }

    @Test func `four hundred cancelled watches cost another stream nothing`() async throws {
        let ended = Counter()
        let more = Counter()
        let handler: HTTPHandler = { request in
            if request.path != "/long" { return Self.forever(ended) }
            return HTTPResponse(
                status: 200,
                body: .stream { writer in
                    try await writer.write([1])
                    await more.reaches(1)
                    try await writer.write([2])
                })
        }
        try await withServer(secured, handler: handler) { port async throws in
            try await withClient(port: port, tls: trusting) { client async throws in
                let long = try await client.send(.init(method: "GET", target: "/long"))
                for round in 1...2 {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<300 { group.addTask { try await firstChunk(client) } }
                        try await group.waitForAll()
                    }
                    await ended.reaches(300 * round)
                }
                more.add()
                #expect(try await long.collect() == [1, 2])
            }
        }
    }

    @Test func `a stream that nobody reads does not stop others`() async throws {
        let handler: HTTPHandler = { request in
            request.path == "/big"
                ? HTTPResponse(status: 200, body: .bytes([UInt8](repeating: 1, count: 8_000_000))) : await echo(request)
        }
        try await withServer(secured, handler: handler) { port async throws in
            try await withClient(port: port, tls: trusting) { client async throws in
                let big = try await client.send(.init(method: "GET", target: "/big"))
                for _ in 0..<50 {
                    #expect(try await client.send(.init(method: "GET", target: "/")).status == 200)
                }
                #expect(try await big.collect().count == 8_000_000)
            }
        }
    }

    @Test(arguments: [true, false])
    func `upgrades to bytes both ways`(isSecure: Bool) async throws {
        try await withServer({ if isSecure { secured(&$0) } }, handler: Self.upgradeEcho) { port async throws in
            try await withClient(port: port, tls: isSecure ? trusting : nil) { client async throws in
                let upgrade = try await client.upgrade(
                    .init(method: "POST", target: "/", headers: ["Connection": "Upgrade", "Upgrade": "echo/1"]))
                #expect(upgrade.response.status == 101)
                #expect(upgrade.response.headers["upgrade"] == "echo/1")
                let channel = try #require(upgrade.channel)
                let sent = [UInt8](repeating: 5, count: 3_000_000)
                async let writing: Void = {
                    try await channel.write(sent)
                    await channel.closeWrite()
                }()
                var received: [UInt8] = []
                while let chunk = try await channel.read() { received += chunk }
                try await writing
                #expect(received == sent + Array("end".utf8))
                await channel.close()
            }
        }
    }

    @Test func `hands on the refusal of an upgrade`() async throws {
        try await withServer(handler: { _ in HTTPResponse(status: 403, body: .bytes([1, 2])) }) { port async throws in
            try await withClient(port: port) { client async throws in
                let upgrade = try await client.upgrade(
                    .init(method: "GET", target: "/", headers: ["Connection": "Upgrade", "Upgrade": "echo/1"]))
                #expect(upgrade.response.status == 403)
                #expect(upgrade.channel == nil)
                #expect(try await upgrade.response.collect() == [1, 2])
            }
        }
    }

    /// Sends back what comes, and `end` after the other side's end.
    static let upgradeEcho: HTTPHandler = { _ in
        HTTPResponse(
            status: 101, headers: ["Connection": "Upgrade", "Upgrade": "echo/1"],
            body: .upgrade { channel in
                while let chunk = try await channel.read() { try await channel.write(chunk) }
                try await channel.write(Array("end".utf8))
            })
    }

    @Test(arguments: Wire.allCases)
    func `ends streams and finishes requests on shutdown`(wire: Wire) async throws {
        let ended = Counter()
        let arrived = Counter()
        let goOn = Counter()
        let handler: HTTPHandler = { request in
            if request.path == "/watch" { return Self.forever(ended) }
            arrived.add()
            await goOn.reaches(1)
            return await echo(request)
        }
        let server = HTTPServer(
            configuration: {
                var configuration = HTTPServerConfiguration(listeners: [.address(host: "127.0.0.1", port: 0)])
                wire.configure(&configuration)
                return configuration
            }(), logger: .quiet, handler: handler)
        let running = Task { try await server.run() }
        let port = try #require(await server.boundAddresses.first?.port)
        try await withClient(port: port, tls: wire.clientTLS) { client async throws in
            let watch = try await client.send(.init(method: "GET", target: "/watch"))
            async let slow = client.send(.init(method: "GET", target: "/slow")).text()
            await arrived.reaches(1)
            running.cancel()
            #expect(try await watch.collect() == [1])  // a clean end
            goOn.add()
            let answer = try await slow
            #expect(answer.hasPrefix("\(wire.version) GET /slow"))
            try await running.value
        }
    }
}
