package import NetworkTypes

/// Which packets the kernel is asked to report on: those of one source to one place, answers not.
package struct TraceSelector: Hashable, Sendable {
    /// Nil: whatever this machine sends itself, by whichever of its addresses.
    package var source: IPAddress?
    package var destination: IPAddress
    package var transport: TransportProtocol
    package var port: Port

    package init(_ transport: TransportProtocol, from source: IPAddress?, to destination: IPAddress, port: Port) {
        self.transport = transport
        self.source = source
        self.destination = destination
        self.port = port
    }
}

/// One thing that happened to a packet, as the kernel reports it (`NFT_MSG_TRACE`).
package struct KernelTraceEvent: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// A rule matched. The number is its handle.
        case rule(handle: UInt64)
        /// The end of a chain that is not hooked.
        case returned
        /// The end of a hooked chain.
        case policy
    }

    /// The same for every event of one packet.
    package var packet: UInt32
    /// `ip`, `ip6`, `inet`.
    package var family: String
    package var table: String
    package var chain: String
    package var kind: Kind
    /// Nil for one that we do not know (queue, stolen).
    package var verdict: Verdict?
    /// Of the transport header, which comes with the first event of a packet; nil later.
    package var sourcePort: Port?
    /// The first event of a packet, where the report was asked for. The kernel uses numbers of packets again soon.
    package var isBegin: Bool
    /// The matching rule in libnftnl's notation; filled in afterwards, empty where it is gone.
    package var rule = ""
    /// Of the rule in its chain, from zero.
    package var ruleIndex: Int?

    package init(
        packet: UInt32, family: String, table: String, chain: String, kind: Kind, verdict: Verdict?, sourcePort: Port? = nil,
        isBegin: Bool = false
    ) {
        self.packet = packet
        self.family = family
        self.table = table
        self.chain = chain
        self.kind = kind
        self.verdict = verdict
        self.sourcePort = sourcePort
        self.isBegin = isBegin
    }
}
