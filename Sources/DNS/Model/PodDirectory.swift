package import API
package import NetworkTypes

/// What DNS keeps of a pod: where its questions come from, and how its resolver searches.
package struct PodRecord: Hashable, Sendable {
    /// How a client completes names.
    package enum Search: Hashable, Sendable {
        /// `NAMESPACE.svc.ZONE svc.ZONE ZONE`, the node's own, then these.
        case cluster(extra: [DNSName])
        /// A list of its own: completing on its behalf would be guessing.
        case own
    }

    package var key: NamespacedName
    package var addresses: [IPAddress]
    package var search: Search

    /// Nil for a pod whose addresses are not its own, or not its own any more: in the node's network, finished, without address.
    package init?(_ pod: Pod) {
        guard !pod.spec.hostNetwork, !pod.isFinished else { return nil }
        let texts = pod.status.podIPs.isEmpty ? [pod.status.podIP] : pod.status.podIPs
        addresses = texts.compactMap { IPAddress(parsing: $0) }
        guard !addresses.isEmpty else { return nil }
        key = pod.key
        let isCluster = pod.spec.dnsPolicy == "ClusterFirst" || pod.spec.dnsPolicy == "ClusterFirstWithHostNet"
        search = isCluster ? .cluster(extra: pod.spec.dnsConfig.searches.compactMap { DNSName(parsing: $0) }) : .own
    }

    package init(key: NamespacedName, addresses: [IPAddress], search: Search = .cluster(extra: [])) {
        self.key = key
        self.addresses = addresses
        self.search = search
    }
}

/// Pods by their addresses.
package final class PodDirectory {
    struct Entry {
        /// `\u{7}default`.
        var namespace: [UInt8]
        var search: PodRecord.Search
        var key: NamespacedName
    }

    private var entries: [UInt128: Entry] = [:]
    private var addresses: [NamespacedName: [UInt128]] = [:]
    private var namespaces: [[UInt8]: Int] = [:]

    package var count: Int { addresses.count }

    package func listed(_ list: [PodRecord]) {
        let present = Set(list.map(\.key))
        for key in addresses.keys where !present.contains(key) { gone(key) }
        for pod in list { seen(pod) }
    }

    package func seen(_ pod: PodRecord) {
        gone(pod.key)
        let label = pod.key.namespace.utf8.map(ASCII.lowered)
        guard (1...WireLimit.labelBytes).contains(label.count) else { return }
        let entry = Entry(namespace: [UInt8(label.count)] + label, search: pod.search, key: pod.key)
        addresses[pod.key] = pod.addresses.map(DNSModel.number)
        // Who came last has the address: the pod that had it before is finished, its deletion only not here yet.
        for address in pod.addresses { entries[DNSModel.number(address)] = entry }
        namespaces[label, default: 0] += 1
    }

    package func gone(_ key: NamespacedName) {
        guard let old = addresses.removeValue(forKey: key) else { return }
        for address in old where entries[address]?.key == key { entries[address] = nil }
        let label = key.namespace.utf8.map(ASCII.lowered)
        let count = (namespaces[label] ?? 1) - 1
        namespaces[label] = count > 0 ? count : nil
    }

    func entry(_ address: IPAddress) -> Entry? { entries[DNSModel.number(address)] }
    func hasNamespace(_ label: [UInt8]) -> Bool { namespaces[label] != nil }

    /// The pod that has an address, for logs.
    package func name(_ address: IPAddress) -> NamespacedName? { entry(address)?.key }
}
