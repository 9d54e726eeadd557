package import NetworkTypes

/// What the server is told about its cluster.
package struct ZoneConfiguration: Hashable, Sendable {
    /// What becomes of `10-244-1-7.default.pod.ZONE`.
    package enum PodMode: String, Hashable, Sendable, CaseIterable {
        case disabled
        /// Every address has a name in every namespace that exists; nobody looks whether there is such a pod.
        case insecure
        /// Only pods that are there, in their namespace.
        case verified
    }

    package var domain: DNSName
    /// Seconds; also how long a negative answer may be kept.
    package var ttl: UInt32
    package var pods: PodMode
    /// Of `ns.dns.ZONE`: where the server itself is reached.
    package var serverAddresses: [IPAddress]
    /// Addresses whose names nobody else knows: pods and Services. A reverse question for one without a name is answered here
    /// instead of being forwarded.
    package var ownRanges: [CIDR]
    /// Completes names for clients that are known pods.
    package var completesNames: Bool
    /// Larger UDP answers are truncated, whatever the client takes: 1232 bytes pass any link unfragmented.
    package var udpBytesMax: Int

    package init(
        domain: DNSName, ttl: UInt32 = 5, pods: PodMode = .insecure, serverAddresses: [IPAddress] = [], ownRanges: [CIDR] = [],
        completesNames: Bool = true, udpBytesMax: Int = 1232
    ) {
        self.domain = domain
        self.ttl = ttl
        self.pods = pods
        self.serverAddresses = serverAddresses
        self.ownRanges = ownRanges
        self.completesNames = completesNames
        self.udpBytesMax = udpBytesMax
    }

    /// Version of the specification that the zone follows.
    package static let schemaVersion = "1.1.0"
    /// CNAME records followed for one question.
    package static let aliasesMax = 8
    /// Names that are asked elsewhere on behalf of one question.
    package static let completionsMax = 8
}
