import CLinux
import Glibc
package import NFTables
import NetworkTypes

/// TCP connections as the kernel's connection tracking reports them, in the network namespace of the thread that makes this.
///
/// The kernel makes events for every connection of the namespace, or for none: so the socket belongs to the groups only between `start`
/// and `stop`, and leaves them for the rest of an interval that brought more than `eventsMax`. Calls run one after another on a thread
/// of their own.
package final class KernelConnections: ConnectionMonitor {
    /// In one interval; of more, the rest is not looked at.
    package static let eventsMax = 5000
    private static let settingPath = "/proc/sys/net/netfilter/nf_conntrack_events"

    private let worker = SerialThread()
    private let session: Session

    package init() throws(ApplyError) { session = Session(listener: try NetfilterSocket(), asker: try NetfilterSocket()) }

    package func start() async throws(ApplyError) {
        try await worker.perform { [session] () throws(ApplyError) in
            guard Self.makesEvents else {
                throw ApplyError(
                    errno: ApplyError.notSupported,
                    detail: "listen to connections: load nf_conntrack and write 2 to \(Self.settingPath)")
            }
            try session.join()
        }
    }

    package func stop() async { await worker.perform { [session] in session.leave() } }

    package func news(within interval: Duration) async throws(ApplyError) -> ConnectionNews {
        try await worker.perform { [session] () throws(ApplyError) -> ConnectionNews in try session.news(within: interval) }
    }

    package func look(at flows: [Flow]) async throws(ApplyError) -> [Flow?] {
        if flows.isEmpty { return [] }
        return try await worker.perform { [session] () throws(ApplyError) -> [Flow?] in try session.look(at: flows) }
    }

    /// 0: none; 1: always; 2: while somebody listens.
    private static var makesEvents: Bool {
        guard let file = fopen(settingPath, "r") else { return false }
        defer { fclose(file) }
        let first = getc(file)
        return first != EOF && first != Int32(UInt8(ascii: "0"))
    }

    // SAFETY: only the worker's thread touches the members, one closure at a time; the buffer lives as long as the object.
    private final class Session: @unchecked Sendable {
        private static let groups: [Int32] = [1, 3]  // NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_DESTROY
        private static let bufferForce: Int32 = 33  // SO_RCVBUFFORCE
        private static let bufferBytes: Int32 = 4 << 20
        /// Requests in one datagram.
        private static let questionsAtOnceMax = 128
        private static let answerMilliseconds: Int32 = 1000

        private let listener: NetfilterSocket
        private let asker: NetfilterSocket
        private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 8)
        private var sequence: UInt32 = 1
        private var isBound = false

        init(listener: NetfilterSocket, asker: NetfilterSocket) {
            self.listener = listener
            self.asker = asker
        }

        deinit { buffer.deallocate() }

        func join() throws(ApplyError) {
            if !isBound {
                try listener.bindForGroups()
                // Of a proxy that is held up the kernel keeps so much and no more.
                var size = Self.bufferBytes
                _ = setsockopt(listener.descriptor, SOL_SOCKET, Self.bufferForce, &size, socklen_t(MemoryLayout<Int32>.size))
                isBound = true
            }
            for group in Self.groups { try listener.join(group) }
        }

        func leave() {
            for group in Self.groups { try? listener.leave(group) }
            _ = try? drain()
        }

        func news(within interval: Duration) throws(ApplyError) -> ConnectionNews {
            let end = ContinuousClock.now + interval
            var news = ConnectionNews()
            while true {
                let milliseconds = Self.milliseconds(until: end)
                if milliseconds == 0 { return news }
                guard news.events.count < KernelConnections.eventsMax else {
                    news.isIncomplete = true
                    leave()
                    _ = poll(nil, 0, milliseconds)
                    try join()
                    return news
                }
                switch try receive(listener, waiting: milliseconds) {
                case .datagram(let bytes): news.events += NetlinkMessage.split(bytes).compactMap(ConnectionEventCoding.event)
                case .overrun: news.isIncomplete = true
                case .nothing: continue
                }
            }
        }

        private static func milliseconds(until end: ContinuousClock.Instant) -> Int32 {
            let (seconds, fraction) = ContinuousClock.now.duration(to: end).components
            return Int32(clamping: max(0, seconds * 1000 + fraction / 1_000_000_000_000_000))
        }

        private func drain() throws(ApplyError) {
            while case .datagram = try receive(listener, waiting: 0) {}
        }

        /// Each question is answered by one message: the entry, or an errno.
        func look(at flows: [Flow]) throws(ApplyError) -> [Flow?] {
            var found: [Flow?] = []
            while found.count < flows.count {
                found += try ask(Array(flows[found.count..<min(found.count + Self.questionsAtOnceMax, flows.count)]))
            }
            return found
        }

        private func ask(_ flows: [Flow]) throws(ApplyError) -> [Flow?] {
            var writer = NetlinkWriter(reservingBytes: 160 * flows.count)
            let first = sequence &+ 1
            for flow in flows {
                sequence &+= 1
                ConntrackRequest.put(get: flow, sequence: sequence, in: &writer)
            }
            writer.end()
            try asker.send(writer.words)
            var found = [Flow?](repeating: nil, count: flows.count)
            var answered = 0
            while answered < flows.count {
                switch try receive(asker, waiting: Self.answerMilliseconds) {
                case .datagram(let bytes):
                    for message in NetlinkMessage.split(bytes) {
                        let index = Int(message.sequence &- first)
                        guard found.indices.contains(index) else { continue }
                        answered += 1
                        if message.type != NetlinkMessage.error { found[index] = ConntrackListing.flow(message) }
                    }
                case .overrun, .nothing: throw ApplyError(errno: ENOBUFS, detail: "get connections")
                }
            }
            return found
        }

        private enum Received {
            case datagram([UInt8])
            /// The kernel dropped some for lack of room.
            case overrun
            case nothing
        }

        private func receive(_ socket: NetfilterSocket, waiting milliseconds: Int32) throws(ApplyError) -> Received {
            let count = recv(socket.descriptor, buffer.baseAddress, buffer.count, 0x40)  // MSG_DONTWAIT
            if count >= 0 { return .datagram(Array(buffer[..<count])) }
            switch errno {
            case ENOBUFS: return .overrun
            case EAGAIN:
                guard milliseconds > 0 else { return .nothing }
                var waiting = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&waiting, 1, milliseconds) > 0 else { return .nothing }
                return try receive(socket, waiting: 0)
            case EINTR: return .nothing
            default: throw ApplyError(errno: errno, detail: "receive connections")
            }
        }
    }
}

/// What the messages of connection tracking's groups say.
///
/// - SeeAlso: Linux `net/netfilter/nf_conntrack_netlink.c`, `ctnetlink_conntrack_event`; `nf_conntrack_proto_tcp.c`.
enum ConnectionEventCoding {
    private static let new: UInt16 = 1 << 8 | 0  // NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_NEW
    private static let delete: UInt16 = 1 << 8 | 2  // IPCTNL_MSG_CT_DELETE
    private static let create: UInt16 = 0x400  // NLM_F_CREATE: a change of an old entry comes without
    private static let protocolInfo: UInt16 = 4  // CTA_PROTOINFO
    private static let tcpInfo: UInt16 = 1  // CTA_PROTOINFO_TCP
    private static let tcpState: UInt16 = 1  // CTA_PROTOINFO_TCP_STATE
    private static let closed: UInt8 = 8  // TCP_CONNTRACK_CLOSE

    /// Nil for other protocols, and for changes of a connection.
    static func event(_ message: NetlinkMessage) -> ConnectionEvent? {
        guard message.type == delete || message.type == new && message.flags & create != 0,
            let flow = ConntrackListing.flow(message), flow.transport == .tcp
        else { return nil }
        if message.type == new { return .began(flow) }
        // An entry that saw nothing but a reset for an answer is closed at once and deleted. Before Linux 5.10 the state is not told:
        // then whatever goes unanswered and early counts.
        let state = message.attributes[protocolInfo]?.nested[tcpInfo]?.nested[tcpState]?.value.first
        return .ended(flow, wasRefused: !flow.isAnswered && (state ?? closed) == closed)
    }
}
