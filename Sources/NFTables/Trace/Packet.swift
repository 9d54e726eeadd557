package import NetworkTypes

/// The first packet of a connection.
package struct Packet: Hashable, Sendable {
    package var source: IPAddress
    package var destination: IPAddress
    package var transport: TransportProtocol
    package var sourcePort: Port
    package var destinationPort: Port
    package var mark: UInt32
    /// Interfaces that it comes and leaves by; zero and empty: unknown, or this machine itself.
    package var inputLink = Link()
    package var outputLink = Link()

    package struct Link: Hashable, Sendable {
        package var index: UInt32
        package var name: String

        package init(index: UInt32 = 0, name: String = "") {
            self.index = index
            self.name = name
        }
    }

    package init(
        _ transport: TransportProtocol, from source: IPAddress, sourcePort: Port = 40000, to destination: IPAddress,
        port destinationPort: Port, mark: UInt32 = 0, inputInterface: String = ""
    ) {
        self.transport = transport
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.destinationPort = destinationPort
        self.mark = mark
        inputLink = Link(name: inputInterface)
    }
}
