import Support
import Testing

@testable import Netlink

@Suite struct MessageReaderTests {
    @Test(arguments: [
        [], [0x10], [UInt8](repeating: 0, count: 15),
        // A length below that of the header, and one beyond the end.
        [15, 0, 0, 0] + [UInt8](repeating: 0, count: 12), [17, 0, 0, 0] + [UInt8](repeating: 0, count: 12),
    ])
    func `ends at a header that cannot be right`(bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        #expect(reader.message() == nil)
    }

    @Test(arguments: [[3, 0, 1, 0], [9, 0, 1, 0, 1, 2, 3, 4], [4, 0]] as [[UInt8]])
    func `ends at an attribute that cannot be right`(bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        #expect(reader.attributes().isEmpty)
    }

    @Test func `takes an unpadded attribute at the end`() {
        var reader = MessageReader([5, 0, 1, 0, 7])
        #expect(reader.attributes().map(\.number) == [7])
    }

    @Test func `reads the errno and the kernel's sentence`() throws {
        var writer = MessageWriter()
        writer.append(Int32(-17))
        for word: UInt32 in [40, 0, 0, 0] { writer.append(word) }
        var whole = writer
        whole.append([UInt8](repeating: 0, count: 24))
        let cases: [(MessageFlags, MessageWriter)] = [([.explained, .capped], writer), (.explained, whole)]
        for (flags, start) in cases {
            var body = start
            body.attribute(1, text: "already there")
            let answer = Acknowledgement(NetlinkMessage(.error, flags: flags, payload: body.bytes))
            #expect(answer?.refusal == NetlinkRefusal(errno: 17, explanation: "already there"))
        }
    }

    @Test func `survives any bytes`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...96, using: &random)).map { _ in UInt8.random(in: 0...40, using: &random) }
            var reader = MessageReader(bytes)
            while let message = reader.message() {
                for type: MessageType in [.newLink, .newAddress, .newRoute, .newNeighbor, .error] {
                    var copy = message
                    copy.type = type
                    _ = LinkMessage(copy)
                    _ = AddressMessage(copy)
                    _ = RouteMessage(copy)
                    _ = NeighborMessage(copy)
                    _ = Acknowledgement(copy)
                }
            }
        }
    }
}
