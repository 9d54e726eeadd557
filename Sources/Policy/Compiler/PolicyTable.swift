package import NFTables
package import NetworkTypes

/// The part of the tables that never changes: `ip skiff-policy` and `ip6 skiff-policy`.
///
/// One chain hooks into forwarding, behind the translation of Services: a packet of a known connection is let through at once, any
/// other one is sent to the chain of the class that its pod is in, first on the way out, then on the way in. What a node sends
/// to its own pods, and they to it, is not forwarded and so not judged.
package enum PolicyTable {
    package static let name = "skiff-policy"
    package static let forward = "forward"
    package static let ingress = "ingress"
    package static let ownSet = "own"

    package static func map(_ direction: PolicyDirection) -> String { "pod-\(direction.rawValue)" }
    package static func open(_ direction: PolicyDirection) -> String { "\(direction.rawValue)-open" }
    /// Where a connection goes that a pod's policies of one direction allow.
    static func accepted(_ direction: PolicyDirection) -> Verdict { direction == .egress ? .goto(ingress) : .accept }

    package static func identifier(_ family: IPFamily) -> TableIdentifier { TableIdentifier(TableFamily(family), name) }

    /// The table without elements and classes.
    package static func base(_ family: IPFamily, _ configuration: PolicyConfiguration) -> Table {
        let key = keyType(family, configuration.podKey)
        var leaving: [Rule] = [
            Rule(.match(.isKnownConnection), .verdict(.accept)),
            Rule(.verdictMap([keyField(.egress, configuration.podKey)], map: map(.egress))),
        ]
        var entering = [Rule(.verdictMap([keyField(.ingress, configuration.podKey)], map: map(.ingress)))]
        if case .interface(let prefix) = configuration.podKey {
            let pattern = InterfacePattern(prefix, isPrefix: true)
            leaving.append(Rule(.match(.interface(.source, pattern)), .counter, .verdict(.drop)))
            entering.append(Rule(.match(.interface(.destination, pattern)), .counter, .verdict(.drop)))
        }
        leaving.append(Rule(.verdict(.goto(ingress))))
        return Table(
            identifier(family), isOwned: configuration.ownsTables,
            chains: [
                Chain(forward, base: BaseChain(.filter, .forward, priority: 0), rules: leaving),
                Chain(ingress, rules: entering),
                Chain(open(.egress), rules: [Rule(.verdict(accepted(.egress)))]),
                Chain(open(.ingress), rules: [Rule(.verdict(accepted(.ingress)))]),
            ],
            sets: [
                NamedSet(map(.egress), key: [key], value: .verdict), NamedSet(map(.ingress), key: [key], value: .verdict),
                NamedSet(ownSet, key: [key, key]),
            ])
    }

    private static func keyType(_ family: IPFamily, _ key: PolicyConfiguration.PodKey) -> FieldType {
        if case .interface = key { .interface } else { .address(family) }
    }

    /// The pod of egress is the packet's source, that of ingress its destination.
    static func keyField(_ direction: PolicyDirection, _ key: PolicyConfiguration.PodKey) -> Field {
        switch (key, direction) {
        case (.interface, .egress): .inputInterface
        case (.interface, .ingress): .outputInterface
        case (.address, .egress): .sourceAddress
        case (.address, .ingress): .destinationAddress
        }
    }
}
