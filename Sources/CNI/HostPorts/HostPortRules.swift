import Netlink
import NetworkTypes

/// The rules of the plugin's table, as `nft list table inet skiff-cni` shows them.
enum HostPortRules {
    typealias Rule = [FirewallExpression]

    static var guardRules: [Rule] {
        [notFromPod, foreignLoopback] + IPFamily.allCases.map(known)
            + [spoofed(.ipv4), remember(.ipv4)] + withoutRoute + [spoofed(.ipv6), remember(.ipv6)]
    }

    static var translation: [(chain: String, rules: [Rule])] {
        [
            ("ports", IPFamily.allCases.flatMap { [bound($0), open($0)] }),
            ("prerouting", [toPorts]), ("output", [toPorts]),
            ("postrouting", IPFamily.allCases.map(hairpin) + [loopback] + IPFamily.allCases.map(masquerade)),
        ]
    }

    private static func isFamily(_ family: IPFamily) -> Rule {
        [.meta(.networkProtocol, into: 1), .equal(1, [family == .ipv4 ? 2 : 10])]
    }

    private static func source(_ family: IPFamily, into register: UInt32 = 1) -> FirewallExpression {
        .payload(.network, offset: family == .ipv4 ? 12 : 8, length: UInt32(family.byteCount), into: register)
    }

    private static func destination(_ family: IPFamily, into register: UInt32 = 1) -> FirewallExpression {
        .payload(.network, offset: family == .ipv4 ? 16 : 24, length: UInt32(family.byteCount), into: register)
    }

    /// The register behind an address in register 1.
    private static func afterAddress(_ family: IPFamily) -> UInt32 { family == .ipv4 ? 9 : 12 }

    /// `dnat ip to ip daddr . meta l4proto . th dport map @bound4`
    private static func bound(_ family: IPFamily) -> Rule {
        let next = afterAddress(family)
        return isFamily(family) + [
            destination(family), .meta(.transportProtocol, into: next),
            .payload(.transport, offset: 2, length: 2, into: next + 1),
            .value(of: HostPortTable.sets(family).bound, 1, into: 1),
            .destinationNAT(isIPv6: family == .ipv6, address: 1, port: next),
        ]
    }

    /// `meta nfproto ipv4 dnat ip to meta l4proto . th dport map @open4`
    private static func open(_ family: IPFamily) -> Rule {
        isFamily(family) + [
            .meta(.transportProtocol, into: 1), .payload(.transport, offset: 2, length: 2, into: 9),
            .value(of: HostPortTable.sets(family).open, 1, into: 1),
            .destinationNAT(isIPv6: family == .ipv6, address: 1, port: afterAddress(family)),
        ]
    }

    /// `fib daddr type local jump ports`
    private static var toPorts: Rule { [.destinationKind(into: 1), .equal(1, [2, 0, 0, 0]), .jump("ports")] }

    /// A pod that asks for its own host port must get an answer from the host: a packet from itself it would not take.
    private static func hairpin(_ family: IPFamily) -> Rule {
        let isTranslated: Rule = [.conntrackStatus(into: 1), .mask(1, [0x20, 0, 0, 0]), .differs(1, [0, 0, 0, 0])]
        return isTranslated + isFamily(family) + [
            source(family), destination(family, into: family == .ipv4 ? 9 : 2),
            .isIn(HostPortTable.sets(family).own, 1), .masquerade,
        ]
    }

    /// `ip saddr 127.0.0.0/8 oifname "sk*" masquerade`
    private static var loopback: Rule {
        isFamily(.ipv4) + [
            .payload(.network, offset: 12, length: 1, into: 1), .equal(1, [127]), .meta(.outputName, into: 1),
            .equal(1, Array(InterfaceNames.hostEndPrefix.utf8)), .masquerade,
        ]
    }

    /// `ip saddr @masquerade4 ip daddr != @keep4 masquerade`, not for what stays on the link or goes to groups.
    private static func masquerade(_ family: IPFamily) -> Rule {
        let sets = HostPortTable.masqueradeSets(family)
        return isFamily(family) + [
            source(family), .isIn(sets.from, 1), destination(family), .isNotIn(sets.except, 1), .masquerade,
        ]
    }

    /// `iifname != "sk*" accept`
    private static var notFromPod: Rule {
        [.meta(.inputName, into: 1), .differs(1, Array(InterfaceNames.hostEndPrefix.utf8)), .accept]
    }

    /// Loopback addresses are routed to pods with host ports; no pod may use that to reach the host's local servers.
    private static var foreignLoopback: Rule {
        isFamily(.ipv4) + [.payload(.network, offset: 16, length: 1, into: 1), .equal(1, [127]), .drop]
    }

    private static func linkAndSource(_ family: IPFamily) -> Rule {
        isFamily(family) + [.meta(.inputIndex, into: 1), source(family, into: 9)]
    }

    /// `iif . ip saddr @senders4 accept`
    private static func known(_ family: IPFamily) -> Rule {
        linkAndSource(family) + [.isIn(HostPortTable.knownSenders(family), 1), .accept]
    }

    /// `fib saddr . iif oif missing drop`: comes from a pod with an address that no route leads back to it. The links' reverse
    /// path filter does the same for IPv4, unless a wider setting of the host overrules it.
    private static func spoofed(_ family: IPFamily) -> Rule {
        isFamily(family) + [.sourceIsReachable(into: 1), .equal(1, [0, 0, 0, 0]), .drop]
    }

    /// `add @senders4 { iif . ip saddr }`, once a packet has come this far. A link's number is not given to another link within the
    /// time that a pair stays.
    private static func remember(_ family: IPFamily) -> Rule {
        linkAndSource(family) + [.remember(in: HostPortTable.knownSenders(family), 1)]
    }

    /// Link-local addresses and none, as neighbor discovery uses them, are not routed anyway.
    private static var withoutRoute: [Rule] {
        let linkLocalMask: [UInt8] = [0xff, 0xc0] + [UInt8](repeating: 0, count: 14)
        let isLinkLocal: Rule = [.mask(1, linkLocalMask), .equal(1, [0xfe, 0x80] + [UInt8](repeating: 0, count: 14))]
        let isNone: Rule = [.equal(1, [UInt8](repeating: 0, count: 16))]
        return [isLinkLocal, isNone].map { isFamily(.ipv6) + [source(.ipv6)] + $0 + [.accept] }
    }
}
