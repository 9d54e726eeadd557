/// One of the two versions of the Internet Protocol.
package enum IPFamily: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    case ipv4 = 4
    case ipv6 = 6

    /// Bits in an address: 32 or 128.
    package var bitCount: Int { self == .ipv4 ? 32 : 128 }
    /// Bytes in an address: 4 or 16.
    package var byteCount: Int { bitCount / 8 }

    /// `IPv4` or `IPv6`, as the Kubernetes API writes it.
    package var kubernetesName: String { self == .ipv4 ? "IPv4" : "IPv6" }

    package init?(kubernetesName name: String) {
        switch name {
        case "IPv4": self = .ipv4
        case "IPv6": self = .ipv6
        default: return nil
        }
    }

    package static func < (left: IPFamily, right: IPFamily) -> Bool { left.rawValue < right.rawValue }
}
