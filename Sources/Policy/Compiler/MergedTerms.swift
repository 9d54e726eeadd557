import NetworkTypes

/// Terms of one block, with those about the same addresses joined, for one family.
struct MergedTerms {
    /// Ports that are open to everybody.
    private(set) var anybody = PortRanges()
    private(set) var matchesEverything = false
    /// Groups with every port.
    private(set) var groups: [Peer] = []
    /// Other groups, in order of their text.
    private(set) var groupPorts: [(Peer, PortRanges)] = []
    /// Groups with ports that each member resolves.
    private(set) var named: [(Peer, [PortMatch])] = []
    /// For each list of ports (nil: all) the addresses, disjoint.
    private(set) var networks: [(ports: PortRanges?, ranges: [AddressRange])] = []

    init(_ terms: [ClassProgram.Term], _ family: IPFamily) {
        var whole: [Peer] = []
        var partial: [Peer: PortRanges] = [:]
        var names: [Peer: [PortMatch]] = [:]
        var ranges: [PortRanges?: [AddressRange]] = [:]
        for term in terms {
            switch term.who {
            case .anybody:
                if let ports = term.ports { anybody = anybody.union(ports) } else { matchesEverything = true }
            case .group(let peer):
                if let ports = term.ports {
                    if !ports.isEmpty { partial[peer] = partial[peer]?.union(ports) ?? ports }
                    if !term.names.isEmpty { names[peer, default: []] += term.names }
                } else if !whole.contains(peer) {
                    whole.append(peer)
                }
            case .networks(let addresses):
                let own = addresses.filter { $0.family == family }
                if !own.isEmpty { ranges[term.ports, default: []] += own }
            }
        }
        func order(_ left: Peer, _ right: Peer) -> Bool { left.text < right.text }
        groups = whole.sorted(by: order)
        groupPorts = partial.filter { !whole.contains($0.key) }.sorted { order($0.key, $1.key) }.map { ($0.key, $0.value) }
        named = names.filter { !whole.contains($0.key) }.sorted { order($0.key, $1.key) }.map { ($0.key, $0.value) }
        networks = ranges.sorted { ($0.key?.text ?? "") < ($1.key?.text ?? "") }
            .map { (ports: $0.key, ranges: AddressRange.union($0.value)) }
    }
}
