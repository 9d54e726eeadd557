import CLinux
import Glibc
import Logging
import NetworkTypes
import Testing

@testable import DNS

/// The server over real sockets of the loopback interface.
@Suite struct ServerTests {
    /// A server with its sockets; stopped by `end`.
    final class Running {
        let server: DNSServer
        let sockets: [Int32]
        let port: UInt16
        private let thread: OwnThread

        /// - Parameter held: Sockets of another server; nil: new ones.
        init(knows: Bool = true, waitMilliseconds: UInt64 = 5000, held: [Int32]? = nil) throws {
            sockets = try held ?? DNSServer.open([address("127.0.0.1")], port: 0)
            port = try #require(SocketAddress(nameOf: sockets[0])?.port)
            var configuration = DNSServerConfiguration(
                zone: Fixture.cluster().zone, version: "test", ownsSockets: held == nil)
            configuration.startWaitMilliseconds = waitMilliseconds
            // A machine under load is no reason to give up.
            configuration.streams.silentMilliseconds = 20000
            configuration.streams.endMilliseconds = 30000
            let server = try DNSServer(configuration, sockets: sockets, logger: Logger(label: "test"))
            self.server = server
            if knows { Self.fill(server) }
            thread = try #require(OwnThread { server.run() })
        }

        static func fill(_ server: DNSServer) {
            server.board.change(serial: 7) { model in
                model.servicesListed([service("two", ip: ["10.96.0.20"])])
                model.apply(.slicesListed([]))
            }
        }

        func end(closes: Bool = true) {
            server.stop()
            thread.join()
            if closes { for socket in sockets { close(socket) } }
        }

        /// A client's socket that gives up after two minutes.
        func connect(_ type: __socket_type) throws -> Int32 {
            let loopback: [UInt8] = [127, 0, 0, 1]
            let descriptor = loopback.withUnsafeBufferPointer {
                skiff_connect_socket(AF_INET, Int32(type.rawValue), $0.baseAddress, port)
            }
            try #require(descriptor >= 0)
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
            var patience = timeval(tv_sec: 120, tv_usec: 0)
            for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
                setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
            }
            return descriptor
        }

        func ask(_ text: String, over type: __socket_type) throws -> ServerAnswer {
            let descriptor = try connect(type)
            defer { close(descriptor) }
            try ServerTests.send(text, descriptor, isStream: type == SOCK_STREAM)
            return try ServerTests.answer(descriptor, isStream: type == SOCK_STREAM)
        }
    }

    static func send(_ text: String, _ descriptor: Int32, isStream: Bool) throws {
        var message = Request.message(id: 5, name(text), .a)
        if isStream { message = [UInt8(message.count >> 8), UInt8(message.count & 255)] + message }
        let sent = Glibc.send(descriptor, message, message.count, Int32(MSG_NOSIGNAL))
        try #require(sent == message.count)
    }

    static func answer(_ descriptor: Int32, isStream: Bool) throws -> ServerAnswer {
        var buffer = [UInt8](repeating: 0, count: 65537)
        var received: [UInt8] = []
        repeat {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            try #require(count > 0)
            received += buffer[..<count]
        } while isStream && (received.count < 2 || received.count < 2 + Int(received[0]) << 8 + Int(received[1]))
        return try MessageReader.read(Array(received.dropFirst(isStream ? 2 : 0)))
    }

    @Test func `answers over UDP and TCP, and counts in CoreDNS's words`() throws {
        let running = try Running()
        for type in [SOCK_DGRAM, SOCK_STREAM] {
            let answer = try running.ask("two.default.svc.cluster.local", over: type)
            #expect(answer.answers.map(\.dataText) == ["10.96.0.20"])
            #expect(try running.ask("nobody.default.svc.cluster.local", over: type).code == .nameError)
            #expect(try running.ask("www.example.com", over: type).code == .serverFailure)
        }
        let lines = Set(running.server.metricsText.split(separator: "\n").map(String.init))
        let common = "server=\"dns://:\(running.port)\",zone=\".\",view=\"\""
        for line in [
            "coredns_build_info{version=\"test\",revision=\"\",goversion=\"\"} 1",
            "coredns_dns_requests_total{\(common),proto=\"udp\",family=\"1\",type=\"A\"} 3",
            "coredns_dns_requests_total{\(common),proto=\"tcp\",family=\"1\",type=\"A\"} 3",
            "coredns_dns_responses_total{\(common),rcode=\"NOERROR\",plugin=\"kubernetes\"} 2",
            "coredns_dns_responses_total{\(common),rcode=\"NXDOMAIN\",plugin=\"kubernetes\"} 2",
            "coredns_dns_responses_total{\(common),rcode=\"SERVFAIL\",plugin=\"\"} 2",
            "coredns_dns_request_duration_seconds_count{\(common)} 6",
            "coredns_plugin_enabled{\(common),name=\"kubernetes\"} 1",
            "coredns_forward_healthcheck_broken_total 2", "coredns_panics_total 0",
        ] {
            let isThere = lines.contains(line)
            #expect(isThere, "\(line)")
        }
        running.end()
    }

    @Test func `keeps questions until the cluster is known`() throws {
        let running = try Running(knows: false)
        let early = try running.connect(SOCK_DGRAM)
        try Self.send("two.default.svc.cluster.local", early, isStream: false)
        Running.fill(running.server)
        #expect(try Self.answer(early, isStream: false).answers.count == 1)
        close(early)
        running.end()
    }

    @Test func `does not wait for a cluster that does not show itself`() throws {
        let running = try Running(knows: false, waitMilliseconds: 0)
        #expect(try running.ask("two.default.svc.cluster.local", over: SOCK_DGRAM).code == .serverFailure)
        running.end()
    }

    @Test func `answers questions that come in pieces, and several that come at once`() throws {
        let running = try Running()
        let client = try running.connect(SOCK_STREAM)
        var message = Request.message(id: 5, name("two.default.svc.cluster.local"), .a)
        message = [UInt8(message.count >> 8), UInt8(message.count & 255)] + message
        var one: Int32 = 1
        setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        for byte in message { try #require(withUnsafeBytes(of: byte) { write(client, $0.baseAddress, 1) } == 1) }
        #expect(try Self.answer(client, isStream: true).answers.count == 1)
        let three = message + message + message
        try #require(write(client, three, three.count) == three.count)
        var buffer = [UInt8](repeating: 0, count: 65537)
        var received: [UInt8] = []
        var answers = 0
        while answers < 3 {
            let count = recv(client, &buffer, buffer.count, 0)
            try #require(count > 0)
            received += buffer[..<count]
            while received.count >= 2, received.count >= 2 + Int(received[0]) << 8 + Int(received[1]) {
                let end = 2 + Int(received[0]) << 8 + Int(received[1])
                #expect(try MessageReader.read(Array(received[2..<end])).answers.count == 1)
                received.removeSubrange(..<end)
                answers += 1
            }
        }
        #expect(received.isEmpty)
        close(client)
        running.end()
    }

    @Test func `ends when every connection that it accepted has its answer`() throws {
        let running = try Running()
        // The first answer shows that the connection is accepted.
        let known = try running.connect(SOCK_STREAM)
        try Self.send("two.default.svc.cluster.local", known, isStream: true)
        _ = try Self.answer(known, isStream: true)
        let late = try running.connect(SOCK_STREAM)
        running.server.stop()
        try Self.send("two.default.svc.cluster.local", late, isStream: true)
        #expect(try Self.answer(late, isStream: true).answers.count == 1)
        // Its question answered, the other one is closed, not left to hang.
        var byte: UInt8 = 0
        #expect(recv(known, &byte, 1, 0) == 0)
        running.end()
        close(known)
        close(late)
    }

    @Test func `leaves what it has not read to the next server`() throws {
        let sockets = try DNSServer.open([address("127.0.0.1")], port: 0)
        let first = try Running(held: sockets)
        #expect(try first.ask("two.default.svc.cluster.local", over: SOCK_STREAM).answers.count == 1)
        first.end(closes: false)
        let datagram = try first.connect(SOCK_DGRAM)
        let stream = try first.connect(SOCK_STREAM)
        try Self.send("two.default.svc.cluster.local", datagram, isStream: false)
        try Self.send("two.default.svc.cluster.local", stream, isStream: true)
        let second = try Running(held: sockets)
        #expect(try Self.answer(datagram, isStream: false).answers.count == 1)
        #expect(try Self.answer(stream, isStream: true).answers.count == 1)
        close(datagram)
        close(stream)
        second.end()
    }

    @Test func `empties a socket that ends with it`() throws {
        let running = try Running()
        let clients = try (0..<40).map { _ in try running.connect(SOCK_DGRAM) }
        for client in clients { try Self.send("two.default.svc.cluster.local", client, isStream: false) }
        running.end()
        for client in clients {
            #expect(try Self.answer(client, isStream: false).answers.count == 1)
            close(client)
        }
    }
}
