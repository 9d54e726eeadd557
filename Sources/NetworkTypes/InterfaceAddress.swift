/// An address together with the length of the prefix it lies in, as an interface carries it: `10.244.1.7/24`.
package struct InterfaceAddress: Hashable, Sendable, CustomStringConvertible {
    package let address: IPAddress
    package let network: CIDR

    /// Nil when the length does not fit the family.
    package init?(_ address: IPAddress, prefixLength: Int) {
        guard let network = CIDR(address, prefixLength: prefixLength) else { return nil }
        self.address = address
        self.network = network
    }

    /// Reads `address/length`; the length is decimal without sign and leading zeros. Nil for anything else.
    package init?(parsing text: some StringProtocol) {
        guard let slash = text.firstIndex(of: "/"), let address = IPAddress(parsing: text[..<slash]) else { return nil }
        let digits = text[text.index(after: slash)...]
        guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.utf8.count == 1 || digits.utf8.first != 0x30, let length = Int(digits)
        else { return nil }
        self.init(address, prefixLength: length)
    }

    package var prefixLength: Int { network.prefixLength }
    package var description: String { "\(address)/\(prefixLength)" }
}
