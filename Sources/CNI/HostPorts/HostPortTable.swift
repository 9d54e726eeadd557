package import Netlink
package import NetworkTypes

/// The plugin's own table of nf_tables, `inet skiff-cni`: host ports, masquerading, and what pods must not send. Its rules are
/// written once; pods only come and go as elements of its maps.
package enum HostPortTable {
    package static let name = "skiff-cni"
    /// The table's comment; another one means that another version of the plugin wrote the rules.
    package static let comment = "skiff-cni rules 2"

    /// An element and the set it belongs to.
    package struct Entry: Hashable, Sendable {
        package var set: String
        package var element: FirewallElement

        package init(_ set: String, _ element: FirewallElement) {
            self.set = set
            self.element = element
        }
    }

    // Behind the Services, whose virtual addresses and node ports win over a host port of the same number.
    private static let destinationPriority: Int32 = -95
    private static let sourcePriority: Int32 = 95
    /// Before destinations are rewritten, so that answers still carry the address they were sent to.
    private static let guardPriority: Int32 = -150

    /// What `open` and the ports of one address translate to, in families' order.
    package static func sets(_ family: IPFamily) -> (bound: String, open: String, own: String) {
        family == .ipv4 ? ("bound4", "open4", "own4") : ("bound6", "open6", "own6")
    }

    package static func masqueradeSets(_ family: IPFamily) -> (from: String, except: String) {
        family == .ipv4 ? ("masquerade4", "keep4") : ("masquerade6", "keep6")
    }

    /// What holds pairs of a pod's link and an address that the pod may send from. The rules themselves fill it: asking the tables
    /// of routes at every packet costs several times what finding a pair does.
    package static func knownSenders(_ family: IPFamily) -> String { family == .ipv4 ? "senders4" : "senders6" }

    /// Every set whose elements belong to pods.
    package static var podSets: [String] { IPFamily.allCases.flatMap { [sets($0).bound, sets($0).open, sets($0).own] } }

    /// The elements that one pod's mappings need.
    ///
    /// - Parameter attachment: Becomes their comment: whose they are.
    package static func entries(_ mappings: [PortMapping], to addresses: [IPAddress], attachment: String) -> [Entry] {
        var result: [Entry] = []
        for address in addresses {
            let family = address.family
            let own = mappings.filter { $0.host.includes(family) }
            if own.isEmpty { continue }
            for mapping in own {
                let port = [[mapping.transport.rawValue], mapping.hostPort.bytes]
                let data = FirewallElement.fields([address.bytes, mapping.containerPort.bytes])
                if case .address(let host) = mapping.host {
                    let key = FirewallElement.fields([host.bytes] + port)
                    result.append(Entry(sets(family).bound, FirewallElement(key: key, data: data, comment: attachment)))
                } else {
                    let key = FirewallElement.fields(port)
                    result.append(Entry(sets(family).open, FirewallElement(key: key, data: data, comment: attachment)))
                }
            }
            let pair = FirewallElement.fields([address.bytes, address.bytes])
            result.append(Entry(sets(family).own, FirewallElement(key: pair, comment: attachment)))
        }
        return result
    }

    /// The elements that make pods of the ranges leave with the host's address.
    package static func entries(_ masquerade: Masquerade, for ranges: [CIDR]) -> [Entry] {
        var result: [Entry] = []
        for family in IPFamily.allCases {
            let sets = masqueradeSets(family)
            for (set, prefixes) in [(sets.from, ranges), (sets.except, ranges + masquerade.except)] {
                let own = prefixes.filter { $0.family == family }.flatMap(interval)
                result += Intervals.union(own).map { Entry(set, $0) }
            }
        }
        return result
    }

    private static func interval(_ prefix: CIDR) -> [FirewallElement] {
        let start = FirewallElement(key: prefix.first.bytes)
        guard let after = prefix.last.advanced(by: 1) else { return [start] }
        return [start, FirewallElement(key: after.bytes, endsInterval: true)]
    }

    /// The table and what guards the host and other pods: all that pods without host ports need.
    package static var guardPart: [NetlinkMessage] {
        let memory = FirewallMessage.Set.Memory(elementsMax: 65536, milliseconds: 60_000)
        let senders = IPFamily.allCases.enumerated().map { number, family in
            let address: FirewallType = family == .ipv4 ? .ipv4Address : .ipv6Address
            let set = FirewallMessage.Set(knownSenders(family), [.interfaceIndex, address], memory: memory)
            return FirewallMessage.addSet(set, in: name, number: UInt32(101 + number))
        }
        return [FirewallMessage.addTable(name, comment: comment)] + senders + [
            FirewallMessage.addChain("guard", in: name, .init("filter", .prerouting, priority: guardPriority))
        ] + HostPortRules.guardRules.map { FirewallMessage.appendRule(to: "guard", in: name, $0) }
    }

    /// The chain whose presence says that `translationPart` is there.
    package static let translationMark = "ports"

    /// What translates addresses. It makes the kernel follow every connection of the host, so it comes with the first pod that
    /// needs it.
    package static var translationPart: [NetlinkMessage] {
        let bases: [(String, FirewallMessage.Base?)] = [
            (translationMark, nil), ("prerouting", .init("nat", .prerouting, priority: destinationPriority)),
            ("output", .init("nat", .output, priority: destinationPriority)),
            ("postrouting", .init("nat", .postrouting, priority: sourcePriority)),
        ]
        var requests = declaredSets.enumerated().map { number, set in
            FirewallMessage.addSet(set, in: name, number: UInt32(number + 1))
        }
        for (chain, base) in bases { requests.append(FirewallMessage.addChain(chain, in: name, base)) }
        for (chain, rules) in HostPortRules.translation {
            for rule in rules { requests.append(FirewallMessage.appendRule(to: chain, in: name, rule)) }
        }
        return requests
    }

    private static var declaredSets: [FirewallMessage.Set] {
        IPFamily.allCases.flatMap { family -> [FirewallMessage.Set] in
            let address: FirewallType = family == .ipv4 ? .ipv4Address : .ipv6Address
            let masquerade = masqueradeSets(family)
            return [
                .init(sets(family).bound, [address, .transportProtocol, .port], data: [address, .port]),
                .init(sets(family).open, [.transportProtocol, .port], data: [address, .port]),
                .init(sets(family).own, [address, address]),
                .init(masquerade.from, [address], isInterval: true), .init(masquerade.except, [address], isInterval: true),
            ]
        }
    }
}
