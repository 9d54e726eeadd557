import CLinux
import Glibc
package import NFTables
import Synchronization

/// A netlink socket to netfilter. It stays in the network namespace of the thread that opened it.
///
/// Calls block; they belong on a thread of their own (`SerialThread`). The descriptor closes with the last reference.
package final class NetfilterSocket: Sendable {
    private static let protocolNumber: Int32 = 12  // NETLINK_NETFILTER
    private static let sendBufferForce: Int32 = 32  // SO_SNDBUFFORCE
    private static let receiveBufferForce: Int32 = 33  // SO_RCVBUFFORCE
    private static let netlinkLevel: Int32 = 270  // SOL_NETLINK
    private static let extendedAcknowledge: Int32 = 11  // NETLINK_EXT_ACK
    private static let cappedAcknowledge: Int32 = 10  // NETLINK_CAP_ACK
    private static let doNotWait: Int32 = 0x40  // MSG_DONTWAIT
    /// A batch is one datagram; without this the kernel refuses those above 212 kB.
    private static let bufferBytes: Int32 = 64 << 20

    let descriptor: Int32
    private let sent = Atomic<Int>(0)

    /// Bytes sent so far, for figures.
    package var bytesSent: Int { sent.load(ordering: .relaxed) }

    package init() throws(ApplyError) {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Self.protocolNumber)
        guard descriptor >= 0 else { throw ApplyError(errno: errno, detail: "open netlink socket") }
        var on: Int32 = 1
        for option in [Self.extendedAcknowledge, Self.cappedAcknowledge] {
            // Older kernels lack these: a refusal is then named less exactly.
            _ = setsockopt(descriptor, Self.netlinkLevel, option, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        var size = Self.bufferBytes
        for option in [Self.sendBufferForce, Self.receiveBufferForce] {
            // Without CAP_NET_ADMIN in the initial namespace the kernel keeps its own limit: large batches fail, small ones work.
            if setsockopt(descriptor, SOL_SOCKET, option, &size, socklen_t(MemoryLayout<Int32>.size)) != 0 {
                let fallback = option == Self.sendBufferForce ? SO_SNDBUF : SO_RCVBUF
                _ = setsockopt(descriptor, SOL_SOCKET, fallback, &size, socklen_t(MemoryLayout<Int32>.size))
            }
        }
    }

    deinit { close(descriptor) }

    /// The number that the kernel knows this socket by; zero before the first message.
    var portNumber: UInt32 {
        var address = sockaddr_nl()
        var length = socklen_t(MemoryLayout<sockaddr_nl>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return result == 0 ? address.nl_pid : 0
    }

    /// Sends the words as one datagram. The kernel has acted on it when this returns.
    func send(_ words: [UInt32]) throws(ApplyError) {
        let failure: Int32? = words.withUnsafeBytes { bytes in
            while true {
                let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, 0)
                if sent == bytes.count {
                    self.sent.add(sent, ordering: .relaxed)
                    return nil
                }
                if sent < 0, errno == EINTR { continue }
                return sent < 0 ? errno : EMSGSIZE
            }
        }
        if let failure { throw ApplyError(errno: failure, detail: "send \(words.count * 4) bytes") }
    }

    /// Every datagram that waits; empty when none does.
    func receiveWaiting() throws(ApplyError) -> [NetlinkMessage] {
        var messages: [NetlinkMessage] = []
        while let datagram = try receive(flags: Self.doNotWait) { messages += NetlinkMessage.split(datagram) }
        return messages
    }

    /// Asks and collects the answers up to the end of a dump, the acknowledgement or the error.
    ///
    /// - Parameter words: One request with NLM_F_ACK or NLM_F_DUMP.
    func ask(_ words: [UInt32], sequence: UInt32, detail: String) throws(ApplyError) -> (
        messages: [NetlinkMessage], interrupted: Bool
    ) {
        var messages: [NetlinkMessage] = []
        let interrupted = try ask(words, sequence: sequence, detail: detail) { messages.append($0) }
        return (messages, interrupted)
    }

    /// The same, each answer handed over as it comes: of a long listing no more than a datagram is held.
    ///
    /// - Returns: A commit disturbed the listing.
    @discardableResult
    func ask(
        _ words: [UInt32], sequence: UInt32, detail: String, each: (NetlinkMessage) -> Void
    ) throws(ApplyError) -> Bool {
        _ = try receiveWaiting()
        try send(words)
        var interrupted = false
        while true {
            guard let datagram = try receive(flags: 0) else { continue }
            for message in NetlinkMessage.split(datagram) where message.sequence == sequence {
                interrupted = interrupted || message.flags & NetlinkMessage.dumpInterrupted != 0
                switch message.type {
                case NetlinkMessage.done: return interrupted
                case NetlinkMessage.error:
                    guard message.errno == 0 else { throw ApplyError(errno: message.errno, detail: detail) }
                    return interrupted
                default: each(message)
                }
            }
        }
    }

    /// One datagram; nil when none waits or the call was interrupted.
    private func receive(flags: Int32) throws(ApplyError) -> [UInt8]? {
        var failure: Int32 = 0
        let datagram = [UInt8](unsafeUninitializedCapacity: 1 << 17) { buffer, count in
            let received = recv(descriptor, buffer.baseAddress, buffer.count, flags)
            failure = received < 0 ? errno : 0
            count = max(received, 0)
        }
        if failure == 0 { return datagram }
        if failure == EAGAIN || failure == EINTR { return nil }
        throw ApplyError(errno: failure, detail: "receive")
    }
}
