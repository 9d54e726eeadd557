package import NetworkTypes

/// How a node enforces policies.
package struct PolicyConfiguration: Sendable {
    /// What the rules recognize a local pod by.
    package enum PodKey: Hashable, Sendable {
        /// The number of its host interface. Interfaces whose name begins like `prefix` and that nobody has programmed have no
        /// network: the plugin makes them, the rules stand before.
        case interface(prefix: String)
        /// Its address, for nodes whose pods have interfaces of another kind. A pod without an element is open.
        case address
    }

    /// What becomes of a connection that policies would no longer let begin.
    package enum OpenConnections: String, Sendable, CaseIterable {
        /// It goes on until it ends: what most implementations do, and what `NetworkPolicy` leaves open.
        case keep
        /// Its entry in the connection table is deleted, so that its next packet is judged as a first one.
        case cut
    }

    package var nodeName: String
    package var podKey: PodKey
    package var families: [IPFamily]
    /// The NFLOG group that denied packets go to.
    package var logGroup: UInt16
    /// Denied packets per second that each class of pods reports at most.
    package var logsPerSecond: UInt32
    package var options: PolicyOptions
    /// Nobody else may change the tables, where the kernel knows that (Linux 6.9).
    package var ownsTables: Bool
    package var openConnections: OpenConnections
    /// The host interface's name of a pod with these addresses; for interfaces that do not say whose they are.
    package var interfaceName: @Sendable ([IPAddress]) -> String?
    package var syncInterval: Duration
    package var retryInterval: Duration
    package var checkInterval: Duration

    package init(
        nodeName: String, podKey: PodKey = .interface(prefix: "sk"), families: [IPFamily] = IPFamily.allCases,
        logGroup: UInt16 = 86, logsPerSecond: UInt32 = 50, options: PolicyOptions = PolicyOptions(), ownsTables: Bool = false,
        openConnections: OpenConnections = .keep,
        interfaceName: @escaping @Sendable ([IPAddress]) -> String? = { _ in nil }, syncInterval: Duration = .milliseconds(1),
        retryInterval: Duration = .seconds(1), checkInterval: Duration = .seconds(1)
    ) {
        self.nodeName = nodeName
        self.podKey = podKey
        self.families = families
        self.logGroup = logGroup
        self.logsPerSecond = logsPerSecond
        self.options = options
        self.ownsTables = ownsTables
        self.openConnections = openConnections
        self.interfaceName = interfaceName
        self.syncInterval = syncInterval
        self.retryInterval = retryInterval
        self.checkInterval = checkInterval
    }
}
