import CLinux
import Glibc
package import NFTables

/// A packet that a rule's `log group` reported.
package struct LoggedPacket: Hashable, Sendable {
    /// What the rule wrote in front.
    package var prefix: String
    /// The packet's first bytes, from the IP header on.
    package var payload: [UInt8]
    /// Numbers of the interfaces; zero: none.
    package var inputInterface: UInt32
    package var outputInterface: UInt32

    package init(prefix: String, payload: [UInt8], inputInterface: UInt32 = 0, outputInterface: UInt32 = 0) {
        self.prefix = prefix
        self.payload = payload
        self.inputInterface = inputInterface
        self.outputInterface = outputInterface
    }
}

/// Listens to one NFLOG group in the network namespace of the thread that opened it. Calls block.
///
/// - SeeAlso: Linux `include/uapi/linux/netfilter/nfnetlink_log.h`.
package final class PacketLog: Sendable {
    private static let subsystem: UInt16 = 4  // NFNL_SUBSYS_ULOG
    private static let configure: UInt16 = 1  // NFULNL_MSG_CONFIG
    private static let acknowledge: UInt16 = 4  // NLM_F_ACK
    /// Enough for the headers of both families.
    private static let copiedBytesMax: UInt32 = 128

    private enum Attribute {
        static let inputInterface: UInt16 = 4
        static let outputInterface: UInt16 = 5
        static let payload: UInt16 = 9
        static let prefix: UInt16 = 10
        static let command: UInt16 = 1
        static let mode: UInt16 = 2
    }

    private let descriptor: Int32

    /// - Throws: `EBUSY` when another program listens to the group.
    package init(group: UInt16) throws(ApplyError) {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 12)
        guard descriptor >= 0 else { throw ApplyError(errno: errno, detail: "open log socket") }
        // Bind; copy the packet's first bytes: big-endian length, NFULNL_COPY_PACKET, padding.
        let length = withUnsafeBytes(of: Self.copiedBytesMax.bigEndian) { Array($0) }
        try ask(group, Attribute.command, [1])
        try ask(group, Attribute.mode, length + [2, 0])
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func ask(_ group: UInt16, _ attribute: UInt16, _ value: [UInt8]) throws(ApplyError) {
        var writer = NetlinkWriter(reservingBytes: 64)
        writer.begin(
            type: Self.subsystem << 8 | Self.configure, flags: Self.acknowledge, sequence: UInt32(attribute), family: 0,
            resource: group)
        writer.put(attribute, bytes: value)
        writer.end()
        let sent = writer.words.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
        guard sent > 0 else { throw ApplyError(errno: errno, detail: "configure log group \(group)") }
        guard let answer = try receiveDatagram(),
            let message = NetlinkMessage.split(answer).first(where: {
                $0.type == NetlinkMessage.error
            })
        else { return }
        if message.errno != 0 { throw ApplyError(errno: message.errno, detail: "log group \(group)") }
    }

    /// Waits for packets; empty when the time is over or the kernel had to drop some.
    package func receive(timeoutMilliseconds: Int32) throws(ApplyError) -> [LoggedPacket] {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let count = poll(&polled, 1, timeoutMilliseconds)
        guard count > 0 else { return [] }
        guard let datagram = try receiveDatagram() else { return [] }
        return Self.packets(datagram)
    }

    static func packets(_ datagram: [UInt8]) -> [LoggedPacket] {
        NetlinkMessage.split(datagram).compactMap { message in
            guard message.type == Self.subsystem << 8 else { return nil }
            let attributes = message.attributes
            guard let payload = attributes[Attribute.payload] else { return nil }
            return LoggedPacket(
                prefix: attributes[Attribute.prefix]?.text ?? "", payload: Array(payload.value),
                inputInterface: attributes[Attribute.inputInterface]?.number ?? 0,
                outputInterface: attributes[Attribute.outputInterface]?.number ?? 0)
        }
    }

    /// Nil when interrupted, or when the kernel dropped reports for lack of room.
    private func receiveDatagram() throws(ApplyError) -> [UInt8]? {
        var failure: Int32 = 0
        let datagram = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            failure = received < 0 ? errno : 0
            count = max(received, 0)
        }
        if failure == 0 { return datagram }
        if failure == EINTR || failure == ENOBUFS { return nil }
        throw ApplyError(errno: failure, detail: "receive log")
    }
}
