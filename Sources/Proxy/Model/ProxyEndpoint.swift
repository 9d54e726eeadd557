package import NetworkTypes

/// Where packets may be sent: an address and a port.
package struct Backend: Hashable, Sendable, Comparable {
    package var address: IPAddress
    package var port: NetworkTypes.Port

    package init(_ address: IPAddress, _ port: NetworkTypes.Port) {
        self.address = address
        self.port = port
    }

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
