package import NetworkTypes

/// Tracked connections to forget: every condition that is given must hold.
package struct FlowSelector: Hashable, Sendable {
    /// Where the first packet was sent, before translation; a node port has no address of its own.
    package var originalDestination: IPAddress?
    package var originalPort: Port
    /// Who answers: the endpoint after translation, the original destination without.
    package var replySource: IPAddress
    package var replyPort: Port
    package var transport: TransportProtocol

    package init(
        _ transport: TransportProtocol, to originalDestination: IPAddress?, port originalPort: Port,
        answeredBy replySource: IPAddress, port replyPort: Port
    ) {
        self.transport = transport
        self.originalDestination = originalDestination
        self.originalPort = originalPort
        self.replySource = replySource
        self.replyPort = replyPort
    }
}

/// Forgets connections, so that their next packet is translated anew.
package protocol FlowCleaner: Sendable {
    /// Deletes the flows of each selector; none found is a success.
    func deleteFlows(_ selectors: [FlowSelector]) async throws(ApplyError)
}
