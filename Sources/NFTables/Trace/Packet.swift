package import NetworkTypes

/// The first packet of a connection.
package struct Packet: Hashable, Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    package var transport: TransportProtocol
    package var sourcePort: Port
    package var destinationPort: Port
    package var mark: UInt32

    package init(
        _ transport: TransportProtocol, from source: IPAddress, sourcePort: Port = 40000, to destination: IPAddress,
        port destinationPort: Port, mark: UInt32 = 0
    ) {
        self.transport = transport
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.destinationPort = destinationPort
        self.mark = mark
    }
}
