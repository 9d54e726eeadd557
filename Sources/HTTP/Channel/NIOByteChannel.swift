import NIOCore
import NIOPosix

/// A `ByteChannel` over a NIO channel. Dropping the last reference closes the connection.
final class NIOByteChannel: ByteChannel {
    /// How long `close` waits for a peer that does not take what was written.
    private static let flushTimeLimit = TimeAmount.seconds(5)

    private let channel: any Channel
    private let inbound: InboundBuffer
    private let outbound: OutboundBuffer

    private init(channel: any Channel, handler: ByteChannelHandler) {
        self.channel = channel
        inbound = handler.inbound
        outbound = handler.outbound
    }

    deinit { channel.close(promise: nil) }

    /// Makes the rest of the pipeline's bytes a channel's. On the event loop.
    static func install(on channel: any Channel) throws -> NIOByteChannel {
        do {
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        } catch ChannelError.ioOnClosedChannel {
            // The peer has said everything and left: what it said is still to be read.
        }
        let handler = ByteChannelHandler(loop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(handler)
        return NIOByteChannel(channel: channel, handler: handler)
    }

    func read() async throws -> [UInt8]? { try await inbound.next() }

    func write(_ bytes: [UInt8]) async throws { try await outbound.write(bytes) }

    func closeWrite() async {
        let channel = channel
        // By way of the loop, so that chunks handed over before leave first.
        try? await channel.eventLoop.flatSubmit { channel.close(mode: .output) }.get()
    }

    func close() async {
        let channel = channel
        let loop = channel.eventLoop
        loop.execute {
            let giveUp = loop.scheduleTask(in: Self.flushTimeLimit) { channel.close(promise: nil) }
            // An empty write completes after everything before it has reached the kernel.
            channel.writeAndFlush(channel.allocator.buffer(capacity: 0)).whenComplete { _ in
                giveUp.cancel()
                channel.close(promise: nil)
            }
        }
        try? await channel.closeFuture.get()
    }
}
