import Glibc
package import NetworkTypes

/// ICMP echoes that must not be split, from the network namespace of the calling thread. All are on their way at once.
package enum EchoProbe {
    package struct Request: Hashable, Sendable {
        package var address: IPAddress
        /// Of the whole packet, with the IP header.
        package var bytes: UInt32

        package init(to address: IPAddress, bytes: UInt32) {
            self.address = address
            self.bytes = bytes
        }
    }

    package enum Result: Hashable, Sendable {
        case answered
        /// Something on the way, or this machine, said that it is too long.
        case tooLong
        case silent
        case refused(errno: Int32)
    }

    /// One may be lost, or be the one that learns what the way takes.
    private static let attempts = 2
    private static let attemptWait = Duration.seconds(1)

    /// Blocks for two seconds at most, however many there are.
    ///
    /// - Parameter firstIdentifier: The others count up from it; they tell our answers from those to others.
    /// - Returns: In the order of the requests.
    package static func send(_ requests: [Request], firstIdentifier: UInt16) -> [Result] {
        var flight = EchoFlight(requests, firstIdentifier: firstIdentifier)
        for _ in 0..<attempts {
            flight.transmit()
            flight.collect(until: ContinuousClock.now + attemptWait)
            if flight.isSettled { break }
        }
        return flight.results.map { $0 ?? .silent }
    }
}

/// Echoes under way: a socket for each family, and what became of each request.
private struct EchoFlight: ~Copyable {
    private let requests: [EchoProbe.Request]
    private let firstIdentifier: UInt16
    private var sockets: [IPFamily: Int32] = [:]
    private(set) var results: [EchoProbe.Result?]

    init(_ requests: [EchoProbe.Request], firstIdentifier: UInt16) {
        self.requests = requests
        self.firstIdentifier = firstIdentifier
        results = Array(repeating: nil, count: requests.count)
    }

    deinit { for descriptor in sockets.values { close(descriptor) } }

    var isSettled: Bool { !results.contains(nil) }

    /// Sends what has no result yet.
    mutating func transmit() {
        for (index, request) in requests.enumerated() where results[index] == nil {
            let family = request.address.family
            if sockets[family] == nil { sockets[family] = Self.open(family) }
            let identifier = firstIdentifier &+ UInt16(truncatingIfNeeded: index)
            let packet = Self.packet(family, bytes: request.bytes, identifier: identifier)
            guard let descriptor = sockets[family], Self.send(packet, to: request.address, descriptor) else {
                results[index] = errno == EMSGSIZE ? .tooLong : .refused(errno: errno)
                continue
            }
        }
    }

    /// Takes answers in until each request has its result.
    mutating func collect(until deadline: ContinuousClock.Instant) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while !isSettled {
            let left = Int32(clamping: Int((deadline - .now) / .milliseconds(1)))
            var polled = sockets.map { pollfd(fd: $0.value, events: Int16(POLLIN), revents: 0) }
            guard left > 0, poll(&polled, nfds_t(polled.count), left) > 0 else { return }
            for (family, descriptor) in sockets where polled.contains(where: { $0.fd == descriptor && $0.revents != 0 }) {
                let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                if count > 0 { take(buffer[..<count], family) }
            }
        }
    }

    private mutating func take(_ packet: ArraySlice<UInt8>, _ family: IPFamily) {
        guard let found = Self.verdict(packet, family) else { return }
        let index = Int(found.identifier &- firstIdentifier)
        guard requests.indices.contains(index), requests[index].address.family == family, results[index] == nil else { return }
        results[index] = found.result
    }

    /// An answer, or the word of a router about one of our packets, which it quotes.
    private static func verdict(
        _ packet: ArraySlice<UInt8>, _ family: IPFamily
    ) -> (result: EchoProbe.Result, identifier: UInt16)? {
        func word(_ offset: Int) -> UInt16 { UInt16(packet[offset]) << 8 | UInt16(packet[offset + 1]) }
        // IPv4 comes with its header.
        let start = packet.startIndex + (family == .ipv6 ? 0 : Int(packet[packet.startIndex] & 15) * 4)
        guard packet.endIndex >= start + 8 else { return nil }
        let (kind, code) = (packet[start], packet[start + 1])
        if kind == (family == .ipv6 ? 129 : 0) { return (.answered, word(start + 4)) }
        guard family == .ipv6 ? kind == 2 : kind == 3 && code == 4, packet.endIndex > start + 8 else { return nil }
        let quoted = start + 8 + (family == .ipv6 ? 40 : Int(packet[start + 8] & 15) * 4)
        guard packet.endIndex >= quoted + 8, packet[quoted] == (family == .ipv6 ? 128 : 8) else { return nil }
        return (.tooLong, word(quoted + 4))
    }

    /// - Returns: Nil when it is refused; errno says why.
    private static func open(_ family: IPFamily) -> Int32? {
        let isIPv6 = family == .ipv6
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, Int32(isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        guard descriptor >= 0 else { return nil }
        var discover: Int32 = 2  // PMTUDISC_DO, for both families
        let (level, option): (Int32, Int32) = isIPv6 ? (41, 23) : (0, 10)  // IPV6_MTU_DISCOVER, IP_MTU_DISCOVER
        setsockopt(descriptor, level, option, &discover, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    private static func packet(_ family: IPFamily, bytes: UInt32, identifier: UInt16) -> [UInt8] {
        let isIPv6 = family == .ipv6
        var packet = [UInt8](repeating: 0, count: max(8, Int(bytes) - (isIPv6 ? 40 : 20)))
        packet[0] = isIPv6 ? 128 : 8
        packet[4] = UInt8(identifier >> 8)
        packet[5] = UInt8(truncatingIfNeeded: identifier)
        packet[7] = 1
        // The kernel fills in the checksum of ICMPv6. Here only two words are not zero.
        guard !isIPv6 else { return packet }
        var sum = UInt32(packet[0]) << 8 + UInt32(identifier) + 1
        sum = (sum & 0xffff) + sum >> 16
        let checksum = ~UInt16(truncatingIfNeeded: sum)
        packet[2] = UInt8(checksum >> 8)
        packet[3] = UInt8(truncatingIfNeeded: checksum)
        return packet
    }

    private static func send(_ packet: [UInt8], to address: IPAddress, _ descriptor: Int32) -> Bool {
        // Large enough for either family: family, port, then the address at byte 4 or 8.
        var name = [UInt8](repeating: 0, count: address.family == .ipv4 ? 16 : 28)
        name[0] = UInt8(address.family == .ipv4 ? AF_INET : AF_INET6)
        let start = address.family == .ipv4 ? 4 : 8
        name.replaceSubrange(start..<start + address.bytes.count, with: address.bytes)
        let sent = name.withUnsafeBytes { raw in
            // SAFETY: the bytes are laid out as sockaddr_in or sockaddr_in6, and their own count is passed.
            packet.withUnsafeBytes { data in
                sendto(
                    descriptor, data.baseAddress, data.count, 0,
                    raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            }
        }
        return sent == packet.count
    }
}
