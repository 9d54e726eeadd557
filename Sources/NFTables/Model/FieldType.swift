package import NetworkTypes

/// The type of one field of a set key or a map's value.
package enum FieldType: UInt8, Hashable, Sendable {
    case ipv4Address
    case ipv6Address
    /// `inet_proto`
    case transport
    /// `inet_service`
    case port
    case mark
    /// A number from `numgen`, in the host's byte order. nft knows no name for the type, so a set with such a field is
    /// declared with `typeof`.
    case random
    /// `iface_index`, in the host's byte order.
    case interface

    /// Padded to whole words.
    package var wordCount: Int { self == .ipv6Address ? 4 : 1 }

    /// The number that nft gives the type (`enum datatypes`, nftables `include/datatype.h`). A concatenation folds the
    /// numbers of its fields, six bits each.
    package var number: UInt32 {
        switch self {
        case .ipv4Address: 7
        case .ipv6Address: 8
        case .transport: 12
        case .port: 13
        case .mark: 19
        case .random: 4
        case .interface: 20
        }
    }

    package var name: String {
        switch self {
        case .ipv4Address: "ipv4_addr"
        case .ipv6Address: "ipv6_addr"
        case .transport: "inet_proto"
        case .port: "inet_service"
        case .mark: "mark"
        case .random: "integer"
        case .interface: "iface_index"
        }
    }

    package static func address(_ family: IPFamily) -> FieldType { family == .ipv4 ? .ipv4Address : .ipv6Address }
}
