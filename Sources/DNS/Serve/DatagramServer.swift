import CLinux
import Glibc
import Logging
import NetworkTypes
import Synchronization

/// Serves one UDP socket on a thread of its own: takes a batch of questions with one system call, answers them, sends the answers
/// with another.
final class DatagramServer: Sendable {
    private let socket: Int32
    private let shared: ServerShared
    let gate: ModelBoard.Gate

    /// Questions per system call.
    private static let batchMax: UInt32 = 32
    /// A question has one name; with every option in use it stays far below.
    private static let requestBytesMax = 4096
    /// How often an idle thread looks whether to stop.
    private static let stopCheckMilliseconds = 100

    init(socket: Int32, shared: ServerShared) {
        self.socket = socket
        self.shared = shared
        gate = shared.board.makeGate()
        var timeout = timeval(tv_sec: 0, tv_usec: Self.stopCheckMilliseconds * 1000)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Returns after the server was asked to stop. What was read by then is answered. What was not waits in the socket for the next
    /// server when somebody else holds it; a socket of our own takes nothing in any more and is emptied.
    func run() {
        let replyBytes = max(WireLimit.plainUDPBytes, shared.responder.configuration.udpBytesMax)
        guard let batch = skiff_datagrams_create(Self.batchMax, Self.requestBytesMax, replyBytes) else {
            return shared.logger.error("no memory for a serving thread")
        }
        defer { skiff_datagrams_destroy(batch) }
        var space = Workspace(turn: .random(in: 0...0xffff))
        while !shared.isStopping.load(ordering: .relaxed) { turn(batch, replyBytes, &space) }
        guard shared.ownsSockets else { return }
        SocketAddress(nameOf: socket)?.detach(socket)
        while turn(batch, replyBytes, &space) {}
    }

    /// Answers one batch. Returns whether there was one.
    @discardableResult
    private func turn(_ batch: OpaquePointer, _ replyBytes: Int, _ space: inout Workspace) -> Bool {
        let received = skiff_datagrams_receive(batch, socket)
        guard received > 0 else {
            // A client's port that is closed by now shows here as an error of ours; nothing to do about it.
            if received != -EAGAIN, received != -EINTR, received != -ECONNREFUSED {
                shared.logger.error("cannot receive", metadata: ["errno": "\(-received)"])
                usleep(UInt32(Self.stopCheckMilliseconds) * 1000)
            }
            return false
        }
        let jobs = shared.board.read(gate) { model, counters in
            answer(batch, UInt32(received), replyBytes, model, &counters, &space)
        }
        for (waiter, index) in jobs { settle(waiter, batch, index, replyBytes, &space) }
        _ = skiff_datagrams_send(batch, socket)
        return true
    }

    /// Answers what can be answered from the model. Returns the questions for others, with their places in the batch.
    private func answer(
        _ batch: OpaquePointer, _ count: UInt32, _ replyBytes: Int, _ model: DNSModel, _ counters: inout ServeCounters,
        _ space: inout Workspace
    ) -> [(ForwardTable.Waiter, UInt32)] {
        var jobs: [(ForwardTable.Waiter, UInt32)] = []
        defer { counters.completions = space.completions }
        for index in 0..<count {
            var bytes = 0
            guard let request = skiff_datagrams_request(batch, index, &bytes), let reply = skiff_datagrams_reply(batch, index),
                bytes <= Self.requestBytesMax, let peer = peer(batch, index)
            else {
                counters.drop()
                continue
            }
            let address = peer.address
            let start = Ticks.nanoseconds()
            // SAFETY: both pointers lead into the batch, which outlives the loop; the sizes are those it was made with.
            let message = UnsafeRawBufferPointer(start: request, count: bytes)
            let buffer = UnsafeMutableRawBufferPointer(start: reply, count: replyBytes)
            let client = Client(address, .udp)
            let outcome = shared.responder.answer(message, from: client, model: model, into: buffer, &space)
            if case .drop = outcome {
                counters.drop()
                continue
            }
            counters.asked(space.request, address.family, bytes: bytes, isDropped: space.source == .dropped)
            switch outcome {
            case .drop: break
            case .reply(let length, let code):
                skiff_datagrams_set_reply(batch, index, length)
                let end = Ticks.nanoseconds()
                counters.answered(code, by: space.source, bytes: length, nanoseconds: end - start)
                if shared.log.isOn { shared.log.answered(space.request, client, model, code, nanoseconds: end - start) }
            case .forward(let job):
                if shared.log.isOn { shared.log.forwarded(job, client, model) }
                jobs.append(
                    (
                        ForwardTable.Waiter(
                            job: job, client: address, path: .datagram(socket: socket, PackedAddress(address), port: peer.port),
                            since: start), index
                    ))
            }
        }
        return jobs
    }

    /// From the cache, or else into the hands of the forwarding thread.
    private func settle(
        _ waiter: ForwardTable.Waiter, _ batch: OpaquePointer, _ index: UInt32, _ replyBytes: Int, _ space: inout Workspace
    ) {
        guard let reply = skiff_datagrams_reply(batch, index) else { return }
        // SAFETY: as above.
        let buffer = UnsafeMutableRawBufferPointer(start: reply, count: replyBytes)
        guard let (bytes, code, source) = shared.settle(waiter, buffer, &space.writer) else { return }
        skiff_datagrams_set_reply(batch, index, bytes)
        shared.board.read(gate) { _, counters in
            counters.answered(code, by: source, bytes: bytes, nanoseconds: Ticks.nanoseconds() - waiter.since)
        }
    }

    private func peer(_ batch: OpaquePointer, _ index: UInt32) -> SocketAddress? {
        var length: socklen_t = 0
        guard let peer = skiff_datagrams_peer(batch, index, &length) else { return nil }
        return SocketAddress(peer).flatMap { $0.port == 0 ? nil : $0 }
    }
}

/// An address as sockets have it.
struct SocketAddress {
    private var packed: PackedAddress
    var port: UInt16
    var isStream = false

    var address: IPAddress { packed.address }

    init?(_ peer: UnsafePointer<sockaddr_storage>) {
        var port: UInt16 = 0
        let read = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { bytes -> PackedAddress? in
            switch skiff_peer_address(peer, bytes.baseAddress, &port) {
            case AF_INET: PackedAddress(.v4(IPv4Address(bytes[0], bytes[1], bytes[2], bytes[3])))
            case AF_INET6: PackedAddress(.v6(IPv6Address(bytes.reduce(0) { $0 << 8 | UInt128($1) })))
            default: nil
            }
        }
        guard let read else { return nil }
        packed = read
        self.port = port
    }

    /// What a socket is bound to; nil for what is no socket of an internet family.
    init?(nameOf socket: Int32) {
        var bytes = [UInt8](repeating: 0, count: 16)
        var family: Int32 = 0
        var type: Int32 = 0
        var port: UInt16 = 0
        guard skiff_socket_name(socket, &family, &type, &bytes, &port) == 0,
            let address = IPAddress(bytes: bytes.prefix(family == AF_INET ? 4 : 16))
        else { return nil }
        packed = PackedAddress(address)
        self.port = port
        isStream = type == Int32(SOCK_STREAM.rawValue)
    }

    /// Makes a UDP socket that is bound here deaf: connected to a port where nobody is, it is no destination for anybody's packets
    /// any more, while what came before can still be read and answered. Another socket of the address gets what comes from now on.
    func detach(_ socket: Int32) {
        var target = sockaddr_storage()
        let size = withUnsafeMutablePointer(to: &target) { target in
            let bytes = address.bytes
            // SAFETY: a `sockaddr_storage` has room and alignment for the address of either family.
            if address.family == .ipv4 {
                return target.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { peer in
                    peer.pointee.sin_family = sa_family_t(AF_INET)
                    peer.pointee.sin_port = Self.deadPort.bigEndian
                    withUnsafeMutableBytes(of: &peer.pointee.sin_addr) { $0.copyBytes(from: bytes) }
                    return socklen_t(MemoryLayout<sockaddr_in>.size)
                }
            }
            return target.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { peer in
                peer.pointee.sin6_family = sa_family_t(AF_INET6)
                peer.pointee.sin6_port = Self.deadPort.bigEndian
                withUnsafeMutableBytes(of: &peer.pointee.sin6_addr) { $0.copyBytes(from: bytes) }
                return socklen_t(MemoryLayout<sockaddr_in6>.size)
            }
        }
        withUnsafePointer(to: &target) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) }
        }
    }

    /// `discard`.
    private static let deadPort: UInt16 = 9
}
