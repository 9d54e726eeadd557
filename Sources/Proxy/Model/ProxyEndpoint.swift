package import NetworkTypes

/// Where packets may be sent: an address and a port.
package struct Backend: Hashable, Sendable, Comparable {
    // In halves, and so aligned to eight bytes: Swift 6.3 without optimisation may load a parameter that holds a number of 128 bits from a
    // place that is not aligned for it, and dies (`movaps`).
    private var high: UInt64
    private var low: UInt64
    private var family: IPFamily
    package var port: NetworkTypes.Port

    package init(_ address: IPAddress, _ port: NetworkTypes.Port) {
        let number = address.number
        high = UInt64(truncatingIfNeeded: number >> 64)
        low = UInt64(truncatingIfNeeded: number)
        family = address.family
        self.port = port
    }

    package var address: IPAddress { IPAddress(family: family, number: UInt128(high) << 64 | UInt128(low)) }

    package static func < (left: Backend, right: Backend) -> Bool {
        left.address == right.address ? left.port < right.port : left.address < right.address
    }
}

/// One endpoint of one Service port.
package struct ProxyEndpoint: Hashable, Sendable {
    package var backend: Backend
    package var isReady: Bool
    package var isServing: Bool
    package var isTerminating: Bool
    package var isLocal: Bool
    package var zoneHints: [String]
    package var nodeHints: [String]
    /// How many of new connections it takes, beside the other endpoints' weights; zero: none.
    package var weight = 1

    package init(
        _ backend: Backend, isReady: Bool = true, isServing: Bool = true, isTerminating: Bool = false, isLocal: Bool = false,
        zoneHints: [String] = [], nodeHints: [String] = []
    ) {
        self.backend = backend
        self.isReady = isReady
        self.isServing = isServing
        self.isTerminating = isTerminating
        self.isLocal = isLocal
        self.zoneHints = zoneHints
        self.nodeHints = nodeHints
    }
}
