import CLinux
import Glibc
import Synchronization

/// A route netlink socket. It belongs to the network namespace that its thread was in when it was opened, wherever it is
/// used later. One exchange at a time; its calls block, so they do not belong on the cooperative pool.
package final class NetlinkSocket: NetlinkTransport {
    /// Requests in one datagram: their acknowledgements must fit the receive buffer, 212,992 bytes by default.
    package static let batchRequestsMax = 64
    private static let dumpAttemptsMax = 5
    /// The kernel's largest part of a dump.
    private static let receiveBytesMax = 32768

    private let descriptor: Int32
    private let state: Mutex<Exchange>

    /// Opens a socket in the namespace of the calling thread.
    ///
    /// - Parameters:
    ///   - subject: Whom the socket talks to.
    ///   - groups: Notifications to receive; a socket with groups is for reading notifications, see `receive`.
    package init(_ subject: NetlinkSubject = .route, groups: Set<MulticastGroup> = []) throws(NetlinkError) {
        descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), subject.rawValue)
        state = Mutex(Exchange(bytesMax: Self.receiveBytesMax, subject))
        guard descriptor >= 0 else { throw .system(call: "socket(AF_NETLINK)", errno: errno) }
        var enabled: Int32 = 1
        for option in [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK] {
            // Kernels before 4.20 lack some of these; answers are only longer and less explained there.
            _ = setsockopt(descriptor, SOL_NETLINK, option, &enabled, socklen_t(MemoryLayout<Int32>.size))
        }
        guard !groups.isEmpty else { return }
        var receiveBytes: Int32 = 4 << 20
        _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receiveBytes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_nl()
        address.nl_family = sa_family_t(AF_NETLINK)
        address.nl_groups = groups.reduce(0) { $0 | 1 << ($1.rawValue - 1) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
            }
        }
        guard bound == 0 else { throw .system(call: "bind(AF_NETLINK)", errno: errno) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    package func exchange(_ requests: [NetlinkMessage]) throws(NetlinkError) -> [NetlinkReply] {
        var replies: [NetlinkReply] = []
        replies.reserveCapacity(requests.count)
        var start = 0
        while start < requests.count {
            let end = min(start + Self.batchRequestsMax, requests.count)
            let batch = requests[start..<end]
            replies += try state.withLock { exchange throws(NetlinkError) in
                try exchange.acknowledged(batch, on: descriptor)
            }
            start = end
        }
        return replies
    }

    package func dump(_ request: NetlinkMessage) throws(NetlinkError) -> [NetlinkMessage] {
        for _ in 0..<Self.dumpAttemptsMax {
            let parts = try state.withLock { exchange throws(NetlinkError) in try exchange.dump(request, on: descriptor) }
            if let parts { return parts }
        }
        throw .interrupted
    }

    /// Whether a link of the socket's namespace has the name, of at most 15 bytes, or alternative name. Asks without a message: the
    /// cost does not depend on how many links there are.
    package func hasLink(named name: String) -> Bool { skiff_link_index(descriptor, name) > 0 }

    /// Waits for notifications.
    ///
    /// - Parameter timeoutMilliseconds: -1 waits for ever.
    /// - Returns: One or more messages; empty when the time is over.
    /// - Throws: `overrun` when the kernel had to drop some.
    package func receive(timeoutMilliseconds: Int32) throws(NetlinkError) -> [NetlinkMessage] {
        guard try Self.wait(for: [descriptor], timeoutMilliseconds: timeoutMilliseconds) != nil else { return [] }
        return try state.withLock { exchange throws(NetlinkError) in try exchange.receive(on: descriptor) }
    }

    /// As `receive`, and ends without messages as soon as `stop`, the reading end of a pipe, can be read: nil then.
    package func receive(unless stop: Int32, timeoutMilliseconds: Int32) throws(NetlinkError) -> [NetlinkMessage]? {
        switch try Self.wait(for: [stop, descriptor], timeoutMilliseconds: timeoutMilliseconds) {
        case stop: return nil
        case nil: return []
        default: return try state.withLock { exchange throws(NetlinkError) in try exchange.receive(on: descriptor) }
        }
    }

    /// Sends requests from a process of its own and does not wait for them, so that the caller may end before the kernel is
    /// done. Refusals, when they come, are for `receive`.
    ///
    /// - Returns: The process; a caller that does not end soon waits for it, or it stays as a zombie.
    @discardableResult
    package func sendDetached(_ requests: [NetlinkMessage]) throws(NetlinkError) -> Int32 {
        let bytes = state.withLock { $0.encode(requests[...], acknowledging: requests.count - 1) }
        let child = bytes.withUnsafeBytes { skiff_send_from_child(descriptor, $0.baseAddress, $0.count) }
        guard child > 0 else { throw .system(call: "clone", errno: -child) }
        return child
    }

    /// Waits until one of the descriptors can be read; nil when the time is over.
    private static func wait(for descriptors: [Int32], timeoutMilliseconds: Int32) throws(NetlinkError) -> Int32? {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            let count = poll(&polled, nfds_t(polled.count), timeoutMilliseconds)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(call: "poll", errno: errno) }
            return polled.first { $0.revents != 0 }?.fd
        }
    }
}

/// `NETLINK_*`: the part of the kernel at the other end of a socket.
package enum NetlinkSubject: Int32, Hashable, Sendable {
    case route = 0
    case netfilter = 12
}

/// Notifications of route netlink: `RTNLGRP_*`.
package enum MulticastGroup: UInt32, Hashable, Sendable {
    case links = 1
    /// Neighbours, and the forwarding entries of bridges and VXLAN devices.
    case neighbors = 3
    case ipv4Addresses = 5
    case ipv4Routes = 7
    case ipv6Addresses = 9
    case ipv6Routes = 11
}

/// The sequence number and the receive buffer of one socket.
private struct Exchange: ~Copyable {
    private var sequence: UInt32 = 0
    // SAFETY: allocated in `init`, freed in `deinit`, reached only under the socket's lock.
    private let buffer: UnsafeMutableRawBufferPointer

    private let subject: NetlinkSubject

    init(bytesMax: Int, _ subject: NetlinkSubject) {
        buffer = .allocate(byteCount: bytesMax, alignment: 4)
        self.subject = subject
    }

    /// What encloses a transaction of nf_tables is not answered. Route netlink has other messages of these numbers.
    private func isBoundary(_ type: MessageType) -> Bool {
        subject == .netfilter && (type == .batchBegin || type == .batchEnd)
    }

    deinit { buffer.deallocate() }

    /// Gives the requests consecutive sequence numbers, the last of which is then `sequence`.
    ///
    /// - Parameter last: The position of the only one whose success is announced. The kernel goes by order and announces every
    ///   refusal, so that says all about those before it, with one datagram less for each.
    mutating func encode(_ requests: ArraySlice<NetlinkMessage>, acknowledging last: Int?) -> [UInt8] {
        var writer = MessageWriter(reserving: requests.reduce(0) { $0 + $1.payload.count + 16 })
        for (position, original) in requests.enumerated() {
            var request = original
            sequence &+= 1
            request.sequence = sequence
            request.flags.formUnion(position == last ? [.request, .acknowledge] : .request)
            request.encode(into: &writer)
        }
        return writer.bytes
    }

    mutating func acknowledged(_ requests: ArraySlice<NetlinkMessage>, on descriptor: Int32) throws(NetlinkError)
        -> [NetlinkReply]
    {
        let first = sequence &+ 1
        let last = (requests.lastIndex { !isBoundary($0.type) } ?? requests.startIndex) - requests.startIndex
        try send(encode(requests, acknowledging: last), on: descriptor)
        var replies = [NetlinkReply](repeating: NetlinkReply(), count: requests.count)
        while true {
            var isDone = false
            for message in try receive(on: descriptor) {
                let position = Int(message.sequence &- first)
                guard message.sequence != 0, replies.indices.contains(position) else { continue }
                if message.type == .error {
                    guard let answer = Acknowledgement(message) else { throw .malformed }
                    // Who may not begin a transaction gets no answer to the rest.
                    if let refusal = answer.refusal, isBoundary(requests[requests.startIndex + position].type) {
                        throw .refused(request: position, refusal)
                    }
                    replies[position].refusal = answer.refusal
                    if position == last { isDone = true }
                } else {
                    replies[position].messages.append(message)
                }
            }
            if isDone { return replies }
        }
    }

    /// Nil when the table changed while it was read.
    mutating func dump(_ request: NetlinkMessage, on descriptor: Int32) throws(NetlinkError) -> [NetlinkMessage]? {
        try send(encode([request], acknowledging: nil), on: descriptor)
        var parts: [NetlinkMessage] = []
        var interrupted = false
        while true {
            for message in try receive(on: descriptor) where message.sequence == sequence {
                if message.flags.contains(.dumpInterrupted) { interrupted = true }
                switch message.type {
                case .done: return interrupted ? nil : parts
                case .error:
                    guard let answer = Acknowledgement(message) else { throw .malformed }
                    if let refusal = answer.refusal { throw .refused(request: 0, refusal) }
                    return parts
                default: parts.append(message)
                }
            }
        }
    }

    private func send(_ bytes: [UInt8], on descriptor: Int32) throws(NetlinkError) {
        while true {
            if Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count { return }
            if errno != EINTR { throw .system(call: "send", errno: errno) }
        }
    }

    func receive(on descriptor: Int32) throws(NetlinkError) -> [NetlinkMessage] {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_TRUNC))
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == ENOBUFS { throw .overrun }
            guard count >= 0 else { throw .system(call: "recv", errno: errno) }
            guard count <= buffer.count else { throw .malformed }
            var reader = MessageReader(Array(buffer[..<count]))
            var messages: [NetlinkMessage] = []
            while let message = reader.message() { messages.append(message) }
            return messages
        }
    }
}
