import Testing

@testable import GRPC

@Suite struct MessageFramingTests {
    private func frame(_ message: [UInt8]) -> [UInt8] { MessageDeframer.header(length: message.count) + message }

    @Test func `finds the same messages in any chunking`() throws {
        let messages: [[UInt8]] = [[1, 2, 3], [], Array(repeating: 7, count: 300)]
        let bytes = messages.flatMap(frame)
        for size in [1, 2, 5, 7, 64, 1000] {
            var deframer = MessageDeframer(messageBytesMax: 1000)
            var found: [[UInt8]] = []
            var index = 0
            while index < bytes.count {
                found += try deframer.feed(bytes[index..<min(index + size, bytes.count)])
                index += size
            }
            #expect(found == messages)
            #expect(deframer.isEmpty)
        }
    }

    @Test func `refuses a message over the limit before it has arrived`() {
        var deframer = MessageDeframer(messageBytesMax: 10)
        let error = #expect(throws: GRPCError.self) { try deframer.feed(MessageDeframer.header(length: 11)) }
        #expect(error?.code == .resourceExhausted)
    }

    @Test func `refuses a compressed message`() {
        var deframer = MessageDeframer(messageBytesMax: 10)
        let error = #expect(throws: GRPCError.self) { try deframer.feed([1, 0, 0, 0, 0]) }
        #expect(error?.code == .unimplemented)
    }

    @Test(arguments: [
        (Duration.milliseconds(1), "1m"), (.microseconds(1), "1m"), (.seconds(120), "120000m"), (.seconds(200_000), "200001S"),
        (.zero, "1m"),
    ])
    func `writes a timeout in eight digits, never shorter than asked`(timeout: Duration, header: String) {
        #expect(GRPCError.timeoutHeader(timeout) == header)
    }

    @Test func `reads percent-encoded messages and keeps broken escapes`() {
        #expect(GRPCError.decodeMessage("not%20found%3A %zz %") == "not found: %zz %")
    }
}
