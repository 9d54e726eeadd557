import API
import NFTables
import NetworkTypes

/// Who is in which group.
extension PolicyModel {
    /// Takes a pod's old self out of its groups and puts the new one in.
    mutating func moveMembership(_ key: NamespacedName, from old: PolicyPod?, to new: PolicyPod?) {
        for group in namespaceGroups[key.namespace] ?? [] { moveMembership(key, from: old, to: new, in: group) }
        for group in wideGroups { moveMembership(key, from: old, to: new, in: group) }
    }

    private mutating func moveMembership(_ key: NamespacedName, from old: PolicyPod?, to new: PolicyPod?, in group: Peer) {
        let was = groups[group]?.members.contains(key) ?? false
        let belongs = new.map { world.selects(group, $0) } ?? false
        if was, let old { contribute(old, to: group, add: false) }
        if belongs, let new { contribute(new, to: group, add: true) }
        if was && !belongs { groups[group]?.members.remove(key) }
        if belongs && !was { groups[group]?.members.insert(key) }
    }

    mutating func labelsChanged(ofNamespace name: String) {
        for key in podsByNamespace[name] ?? [] {
            guard let pod = world.pods[key] else { continue }
            for group in wideGroups {
                let was = groups[group]?.members.contains(key) ?? false
                let belongs = world.selects(group, pod)
                guard was != belongs else { continue }
                contribute(pod, to: group, add: belongs)
                if belongs { groups[group]?.members.insert(key) } else { groups[group]?.members.remove(key) }
            }
            if localPods[key] != nil { dirty.insert(key) }
        }
    }

    /// Groups of nodes are few and small: they are made anew.
    mutating func nodesChanged() {
        for group in wideGroups {
            guard case .nodes(let selector) = group, let state = groups[group] else { continue }
            for key in state.members { contribute(nodeMembers[key] ?? [], to: group, add: false) }
            groups[group]?.members = []
            addNodes(selector, to: group)
        }
        nodeMembers = [:]
        for node in world.nodes.values { nodeMembers[NamespacedName(name: node.name)] = node.addresses }
    }

    private mutating func addNodes(_ selector: LabelSelector, to group: Peer) {
        for node in world.nodes.values where selector.matches(node.labels) {
            groups[group]?.members.insert(NamespacedName(name: node.name))
            contribute(node.addresses, to: group, add: true)
        }
    }

    private mutating func contribute(_ pod: PolicyPod, to group: Peer, add: Bool) {
        guard let feeds = groups[group]?.feeds.keys else { return }
        for feed in feeds { contribute(pod.addresses, pod.ports, to: feed, add: add) }
    }

    private mutating func contribute(_ addresses: [IPAddress], to group: Peer, add: Bool) {
        guard let feeds = groups[group]?.feeds.keys else { return }
        for feed in feeds { contribute(addresses, [], to: feed, add: add) }
    }

    private mutating func contribute(_ addresses: [IPAddress], _ names: [NamedPort], to feed: GroupFeed, add: Bool) {
        let place = ElementCounts.Place(table: feed.table, set: feed.set)
        for address in addresses where TableFamily(address.family) == feed.table.family {
            for key in Self.keys(address, feed.ports, names) {
                if add { elements.add(key, to: place) } else { elements.remove(key, from: place) }
            }
        }
    }

    /// The elements that one address puts into a set.
    private static func keys(_ address: IPAddress, _ ports: [PortMatch]?, _ names: [NamedPort]) -> [ElementKey] {
        guard let ports else { return [ElementKey(KeyBytes(address))] }
        var resolved: [PortMatch] = []
        for match in ports {
            guard case .named(let transport, let name) = match else {
                resolved.append(match)
                continue
            }
            for port in names where port.name == name && (transport == nil || port.transport == transport) {
                resolved.append(.range(port.transport, port.number...port.number))
            }
        }
        return PortRanges(resolved).single.map { transport, port in
            var key = KeyBytes(address)
            key.append(transport)
            key.append(port)
            return ElementKey(key)
        }
    }

    // MARK: - Which groups there are

    mutating func connect(_ feed: CompiledClass.Feed, in table: TableIdentifier) {
        if groups[feed.group] == nil { addGroup(feed.group) }
        let own = GroupFeed(table: table, set: feed.set, ports: feed.ports)
        let users = groups[feed.group]?.feeds[own] ?? 0
        groups[feed.group]?.feeds[own] = users + 1
        if users == 0 { fill(own, from: feed.group, add: true) }
    }

    mutating func disconnect(_ feed: CompiledClass.Feed, in table: TableIdentifier) {
        let own = GroupFeed(table: table, set: feed.set, ports: feed.ports)
        guard let users = groups[feed.group]?.feeds[own] else { return }
        if users > 1 {
            groups[feed.group]?.feeds[own] = users - 1
            return
        }
        fill(own, from: feed.group, add: false)
        groups[feed.group]?.feeds[own] = nil
        if groups[feed.group]?.feeds.isEmpty == true { removeGroup(feed.group) }
    }

    private mutating func fill(_ feed: GroupFeed, from group: Peer, add: Bool) {
        for key in groups[group]?.members ?? [] {
            if case .nodes = group {
                contribute(nodeMembers[key] ?? [], [], to: feed, add: add)
            } else if let pod = world.pods[key] {
                contribute(pod.addresses, pod.ports, to: feed, add: add)
            }
        }
    }

    private mutating func addGroup(_ group: Peer) {
        var state = GroupState()
        switch group {
        case .pods(.named(let namespace), _):
            namespaceGroups[namespace, default: []].insert(group)
            for key in podsByNamespace[namespace] ?? [] {
                if let pod = world.pods[key], world.selects(group, pod) { state.members.insert(key) }
            }
        case .pods(.matching, _):
            wideGroups.insert(group)
            for (namespace, keys) in podsByNamespace {
                guard case .pods(let choice, _) = group, world.isIn(choice, namespace) else { continue }
                for key in keys {
                    if let pod = world.pods[key], world.selects(group, pod) { state.members.insert(key) }
                }
            }
        case .nodes(let selector):
            wideGroups.insert(group)
            for node in world.nodes.values where selector.matches(node.labels) {
                state.members.insert(NamespacedName(name: node.name))
            }
        case .block: preconditionFailure("addresses are no group: \(group)")
        }
        groups[group] = state
    }

    private mutating func removeGroup(_ group: Peer) {
        groups[group] = nil
        wideGroups.remove(group)
        if case .pods(.named(let namespace), _) = group {
            namespaceGroups[namespace]?.remove(group)
            if namespaceGroups[namespace]?.isEmpty == true { namespaceGroups[namespace] = nil }
        }
    }
}
