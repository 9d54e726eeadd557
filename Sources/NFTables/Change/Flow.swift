package import NetworkTypes

/// A tracked connection.
package struct Flow: Hashable, Sendable {
    /// The packets of one direction.
    package struct Direction: Hashable, Sendable {
        package var source: IPAddress
        package var sourcePort: Port
        package var destination: IPAddress
        package var destinationPort: Port

        package init(_ source: IPAddress, _ sourcePort: Port, to destination: IPAddress, _ destinationPort: Port) {
            self.source = source
            self.sourcePort = sourcePort
            self.destination = destination
            self.destinationPort = destinationPort
        }
    }

    package var transport: TransportProtocol
    /// As the first packet was sent.
    package var original: Direction
    /// What an answer looks like: its source is where the connection really goes.
    package var reply: Direction
    /// An answer was seen (`IPS_SEEN_REPLY`).
    package var isAnswered: Bool
    /// Until it is forgotten.
    package var seconds: UInt32

    package init(
        _ transport: TransportProtocol, original: Direction, reply: Direction, isAnswered: Bool, seconds: UInt32 = 0
    ) {
        self.transport = transport
        self.original = original
        self.reply = reply
        self.isAnswered = isAnswered
        self.seconds = seconds
    }
}
