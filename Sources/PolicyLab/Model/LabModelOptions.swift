package import NetworkTypes

/// How the model is filled where the input says nothing.
package struct LabModelOptions: Hashable, Sendable {
    /// The namespace of objects that name none.
    package var namespace = "default"
    /// Pods made of one workload at most: two show what replicas do to each other, more show nothing new.
    package var replicasMax = 2
    package var podNetworks: [CIDR] = []
    package var serviceNetworks: [CIDR] = []

    package init() {
        podNetworks = Self.networks("10.244.0.0/16", "fd00:10:244::/64")
        serviceNetworks = Self.networks("10.96.0.0/16", "fd00:10:96::/112")
    }

    private static func networks(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR(parsing: $0) } }
}

/// Gives out addresses in order, leaving out those that the input uses itself.
struct AddressSupply {
    private let networks: [CIDR]
    private var next: Int
    private let taken: Set<IPAddress>

    /// - Parameter first: Distance of the first address from the network's.
    init(_ networks: [CIDR], first: Int, taken: Set<IPAddress>) {
        self.networks = networks
        self.taken = taken
        next = first
    }

    /// One address of each network, at the same distance; nil when a network is used up.
    mutating func take() -> [IPAddress]? {
        while true {
            let addresses = networks.compactMap { $0.address(at: next) }
            guard addresses.count == networks.count else { return nil }
            next += 1
            if taken.isDisjoint(with: addresses) { return addresses }
        }
    }
}
