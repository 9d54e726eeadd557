package import NetworkTypes

/// Who a packet is from and for, read from its first bytes.
package struct PacketSummary: Hashable, Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    /// As the IP header has it: 6 TCP, 17 UDP, 132 SCTP, 1 ICMP.
    package var protocolNumber: UInt8
    /// Zero for protocols without ports.
    package var destinationPort: UInt16

    package var transport: TransportProtocol? { TransportProtocol(rawValue: protocolNumber) }

    /// Nil for what is no IP packet, or too short.
    ///
    /// - Parameter bytes: From the IP header on.
    package init?(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return nil }
        var next: Int
        switch first >> 4 {
        case 4:
            guard bytes.count >= 20, let source = IPAddress(bytes: bytes[12..<16]),
                let destination = IPAddress(bytes: bytes[16..<20])
            else { return nil }
            (self.source, self.destination) = (source, destination)
            protocolNumber = bytes[9]
            next = Int(first & 15) * 4
        case 6:
            guard bytes.count >= 40, let source = IPAddress(bytes: bytes[8..<24]),
                let destination = IPAddress(bytes: bytes[24..<40])
            else { return nil }
            (self.source, self.destination) = (source, destination)
            protocolNumber = bytes[6]
            next = 40
            // Options and routing headers: one byte that names the next, one that counts eights behind the first.
            while [0, 43, 60].contains(protocolNumber), bytes.count >= next + 2 {
                protocolNumber = bytes[next]
                next += (Int(bytes[next + 1]) + 1) * 8
            }
        default: return nil
        }
        destinationPort = 0
        if transport != nil, bytes.count >= next + 4 { destinationPort = UInt16(bytes[next + 2]) << 8 | UInt16(bytes[next + 3]) }
    }
}
