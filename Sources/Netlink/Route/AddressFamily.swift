package import NetworkTypes

/// `AF_*` as the one-byte field of rtnetlink's headers.
package enum AddressFamily: UInt8, Hashable, Sendable {
    case unspecified = 0
    case inet = 2
    case inet6 = 10

    package init(_ family: IPFamily) { self = family == .ipv4 ? .inet : .inet6 }

    package var ipFamily: IPFamily? {
        switch self {
        case .unspecified: nil
        case .inet: .ipv4
        case .inet6: .ipv6
        }
    }
}
