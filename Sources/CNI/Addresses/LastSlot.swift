import Netlink
import NetworkTypes

/// The slot given out last in a network, which the kernel remembers as a permanent neighbor of `lo`: its address stands for the
/// network (in 100::/64, where no packet goes), its link address is the slot.
///
/// Only a hint, which may be missing or old: it keeps an address that has become free from being the next one. A neighbor costs the
/// same to change however many links and routes the host has.
enum LastSlot {
    static func get(network: String) -> NetlinkMessage { NeighborMessage(address(network), at: nil, on: .loopback).get }

    /// - Parameter answers: What the kernel said to `get`. Nil: it remembers nothing.
    static func read(_ answers: [NetlinkMessage]) -> Int? {
        guard let known = answers.first.flatMap({ NeighborMessage($0) })?.linkAddress else { return nil }
        return Int(known.value)
    }

    static func remember(_ slot: Int, network: String) -> NetlinkMessage {
        NeighborMessage(address(network), at: MACAddress(UInt64(slot)), on: .loopback).replace
    }

    private static func address(_ network: String) -> IPAddress {
        .v6(IPv6Address(0x100 << 112 | UInt128(StableHash.hash64(network))))
    }
}
