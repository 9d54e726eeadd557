import NIOCore
import NIOHTTP2

/// A running call that both sides write to.
package struct GRPCStream: Sendable {
    /// What the server says; ends with its status. Dropping the sequence resets the stream.
    package let messages: AsyncThrowingStream<[UInt8], any Error>
    private let channel: any Channel

    init(messages: AsyncThrowingStream<[UInt8], any Error>, channel: any Channel) {
        self.messages = messages
        self.channel = channel
    }

    /// Queues one more message; a stream that has ended drops it, and `messages` says why.
    package func send(_ message: [UInt8]) {
        channel.writeAndFlush(CallHandler.payload(message, endStream: false, channel.allocator), promise: nil)
    }

    package func cancel() { channel.close(promise: nil) }
}
