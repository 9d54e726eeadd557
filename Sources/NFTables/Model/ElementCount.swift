/// What met an element of a counted set (`NamedSet.isCounted`): in a nat chain, the first packet of each connection.
package struct ElementCount: Hashable, Sendable {
    package var packets: UInt64
    package var bytes: UInt64

    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }
}
