import Glibc
import Netlink
package import NetworkTypes

/// One ICMP echo that must not be split, from the network namespace of the calling thread. Blocks for a second at most.
package enum EchoProbe {
    package enum Result: Hashable, Sendable {
        case answered
        /// Something on the way, or this machine, said that it is too long.
        case tooLong
        case silent
        case refused(errno: Int32)
    }

    private static let waitMilliseconds: Int32 = 1000

    /// - Parameters:
    ///   - bytes: Of the whole packet, with the IP header.
    ///   - identifier: Tells our answers from those to others.
    package static func send(to address: IPAddress, bytes: UInt32, identifier: UInt16) -> Result {
        let isIPv6 = address.family == .ipv6
        let kind = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, Int32(isIPv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        guard descriptor >= 0 else { return .refused(errno: errno) }
        defer { close(descriptor) }
        var discover: Int32 = 2  // PMTUDISC_DO, for both families
        let (level, option): (Int32, Int32) = isIPv6 ? (41, 23) : (0, 10)  // IPV6_MTU_DISCOVER, IP_MTU_DISCOVER
        setsockopt(descriptor, level, option, &discover, socklen_t(MemoryLayout<Int32>.size))
        let packet = packet(isIPv6: isIPv6, bytes: bytes, identifier: identifier)
        guard transmit(packet, to: address, descriptor) else { return errno == EMSGSIZE ? .tooLong : .refused(errno: errno) }
        return wait(descriptor, isIPv6: isIPv6, identifier: identifier)
    }

    private static func packet(isIPv6: Bool, bytes: UInt32, identifier: UInt16) -> [UInt8] {
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

    private static func transmit(_ packet: [UInt8], to address: IPAddress, _ descriptor: Int32) -> Bool {
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

    private static func wait(_ descriptor: Int32, isIPv6: Bool, identifier: UInt16) -> Result {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var buffer = [UInt8](repeating: 0, count: 65536)
        // Others' packets come here too, each costs a turn.
        for _ in 0..<64 {
            guard poll(&polled, 1, waitMilliseconds) > 0 else { return .silent }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return errno == EMSGSIZE ? .tooLong : .refused(errno: errno) }
            let start = isIPv6 ? 0 : Int(buffer[0] & 15) * 4
            guard count >= start + 8 else { continue }
            let isOurs = UInt16(buffer[start + 4]) << 8 | UInt16(buffer[start + 5]) == identifier
            if buffer[start] == (isIPv6 ? 129 : 0), isOurs { return .answered }
            // "Packet too big", and "fragmentation needed"; what they quote is ours as likely as not.
            if isIPv6 ? buffer[start] == 2 : buffer[start] == 3 && buffer[start + 1] == 4 { return .tooLong }
        }
        return .silent
    }
}
