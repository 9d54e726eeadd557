/// A transport protocol that Services know; the raw value is its IP protocol number.
package enum TransportProtocol: UInt8, Hashable, Sendable, CaseIterable, Comparable {
    case tcp = 6
    case udp = 17
    case sctp = 132

    /// `TCP`, `UDP` or `SCTP`, as the Kubernetes API writes it.
    package var kubernetesName: String {
        switch self {
        case .tcp: "TCP"
        case .udp: "UDP"
        case .sctp: "SCTP"
        }
    }

    /// `tcp`, `udp` or `sctp`, as nft and /etc/protocols write it.
    package var name: String {
        switch self {
        case .tcp: "tcp"
        case .udp: "udp"
        case .sctp: "sctp"
        }
    }

    package init?(kubernetesName name: String) {
        switch name {
        case "TCP": self = .tcp
        case "UDP": self = .udp
        case "SCTP": self = .sctp
        default: return nil
        }
    }

    package static func < (left: TransportProtocol, right: TransportProtocol) -> Bool { left.rawValue < right.rawValue }
}
