import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import Testing

@testable import GRPC

/// A server that answers by path: `/echo`, `/fail`, `/silent`, `/stream`, `/huge`. After every answer it sends a PING, as
/// Go's servers do.
private final class ToyService: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private var path = ""
    private var body: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let payload): path = payload.headers.first(name: ":path") ?? ""
        case .data(let payload):
            if case .byteBuffer(let buffer) = payload.data { body += buffer.readableBytesView }
            if payload.endStream { answer(context) }
        default: break
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        let head: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]
        func send(_ bytes: [UInt8]) {
            context.write(
                wrapOutboundOut(.data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes))))), promise: nil)
        }
        func trailers(_ status: String, _ message: String = "") {
            var fields: HPACKHeaders = ["grpc-status": status]
            if !message.isEmpty { fields.add(name: "grpc-message", value: message) }
            context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: fields, endStream: true))), promise: nil)
        }
        switch path {
        case "/silent": return
        case "/fail":
            context.writeAndFlush(
                wrapOutboundOut(
                    .headers(
                        .init(
                            headers: [
                                ":status": "200", "content-type": "application/grpc", "grpc-status": "5",
                                "grpc-message": "no%20such%20thing",
                            ], endStream: true))), promise: nil)
            return
        default: context.write(wrapOutboundOut(.headers(.init(headers: head))), promise: nil)
        }
        switch path {
        case "/stream": for _ in 0..<3 { send(body) }
        case "/huge": send([0, 0x7f, 0xff, 0xff, 0xff])
        default: send(body)
        }
        trailers("0")
        context.channel.parent?.writeAndFlush(
            HTTP2Frame(streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 1), ack: false)), promise: nil)
    }
}

@Suite struct GRPCClientTests {
    private func serve(port: Int = 0) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                var connection = NIOHTTP2Handler.ConnectionConfiguration()
                connection.controlFrameRateLimit.maximumCount = 1_000_000
                return channel.configureHTTP2Pipeline(
                    mode: .server, connectionConfiguration: connection, streamConfiguration: .init()
                ) { stream in
                    stream.eventLoop.makeCompletedFuture { try stream.pipeline.syncOperations.addHandler(ToyService()) }
                }.map { _ in }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    private func client(_ port: Int) -> GRPCClient {
        GRPCClient(
            configuration: GRPCConfiguration(target: .tcp(host: "127.0.0.1", port: port)), logger: Logger(label: "test"))
    }

    private func withServer(_ body: (GRPCClient, Int) async throws -> Void) async throws {
        let server = try await serve()
        let port = server.localAddress?.port ?? 0
        let client = client(port)
        try await body(client, port)
        await client.shutdown()
        try await server.close()
    }

    @Test func `survives more than a thousand calls on one connection`() async throws {
        try await withServer { client, _ in
            for index in 0..<1200 {
                let message = [UInt8(index % 256), 1]
                let answer = try await client.call(path: "/echo", message: message)
                #expect(answer == message)
            }
        }
    }

    @Test func `throws the status and message of the server`() async throws {
        try await withServer { client, _ in
            let error = await #expect(throws: GRPCError.self) { try await client.call(path: "/fail", message: []) }
            #expect(error == GRPCError(.notFound, "no such thing"))
        }
    }

    @Test func `gives up at the deadline and goes on working`() async throws {
        try await withServer { client, _ in
            let error = await #expect(throws: GRPCError.self) {
                try await client.call(path: "/silent", message: [], timeout: .milliseconds(20))
            }
            #expect(error?.code == .deadlineExceeded)
            let echo1 = try await client.call(path: "/echo", message: [1])
            #expect(echo1 == [1])
        }
    }

    @Test func `ends a call when its task is cancelled`() async throws {
        try await withServer { client, _ in
            let outcome = await withTaskGroup(of: GRPCError?.self) { group in
                group.addTask {
                    do throws(GRPCError) { _ = try await client.call(path: "/silent", message: []) } catch { return error }
                    return nil
                }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(outcome?.code == .cancelled)
        }
    }

    @Test func `delivers the messages of a server stream and then ends`() async throws {
        try await withServer { client, _ in
            var found: [[UInt8]] = []
            for try await message in try await client.serverStream(path: "/stream", message: [9]) { found.append(message) }
            #expect(found == [[9], [9], [9]])
        }
    }

    @Test func `refuses a message larger than its limit`() async throws {
        try await withServer { client, _ in
            let error = await #expect(throws: GRPCError.self) { try await client.call(path: "/huge", message: []) }
            #expect(error?.code == .resourceExhausted)
        }
    }

    @Test func `says unavailable without a server and connects once there is one`() async throws {
        let server = try await serve()
        let port = try #require(server.localAddress?.port)
        let client = client(port)
        let echo1 = try await client.call(path: "/echo", message: [1])
        #expect(echo1 == [1])
        try await server.close()
        await client.shutdown()
        let error = await #expect(throws: GRPCError.self) { try await client.call(path: "/echo", message: [1]) }
        #expect(error?.code == .unavailable)
        let again = try await serve(port: port)
        let echo2 = try await client.call(path: "/echo", message: [2])
        #expect(echo2 == [2])
        await client.shutdown()
        try await again.close()
    }
}
