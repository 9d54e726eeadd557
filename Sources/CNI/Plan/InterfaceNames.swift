package import NetworkTypes

/// The names that make the kernel the record of who has which address.
package enum InterfaceNames {
    private static let prefix = "sk"
    /// Fields of an attachment's name longer than this are replaced by their hash; the whole must stay below 128 bytes.
    private static let fieldBytesMax = 64
    private static let networkBytesMax = 40

    /// The host end's name: `sk0af40103` for 10.244.1.3. Two pods of one node cannot have the same one, whatever network gave
    /// them the address. A pod without IPv4 is named by the lower 48 bits of its IPv6 address.
    package static func hostEnd(for addresses: [IPAddress]) -> String {
        for case .v4(let address) in addresses { return prefix + hexadecimal(UInt64(address.value), digits: 8) }
        for case .v6(let address) in addresses {
            return prefix + "6" + hexadecimal(UInt64(truncatingIfNeeded: address.value) & 0xffff_ffff_ffff, digits: 12)
        }
        preconditionFailure("a pod has an address")
    }

    /// Whether a link's name is one that `hostEnd` makes.
    package static func isHostEnd(_ name: String) -> Bool {
        guard name.hasPrefix(prefix) else { return false }
        let digits = name.utf8.dropFirst(prefix.utf8.count)
        return (digits.count == 8 || digits.count == 13 && digits.first == UInt8(ascii: "6"))
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// The IPv4 address that a host end's name holds.
    package static func address(ofHostEnd name: String) -> IPv4Address? {
        guard isHostEnd(name), name.utf8.count == prefix.utf8.count + 8 else { return nil }
        return UInt32(name.dropFirst(prefix.utf8.count), radix: 16).map { IPv4Address($0) }
    }

    /// The alternative name of the host end: `cni=NETWORK=CONTAINER=INTERFACE`. None of the three can hold `=`.
    package static func attachment(network: String, containerID: String, interface: String) -> String {
        attachmentPrefix(network: network) + field(containerID, bytesMax: fieldBytesMax) + "=" + interface
    }

    /// What every attachment of one network begins with.
    package static func attachmentPrefix(network: String) -> String {
        "cni=" + field(network, bytesMax: networkBytesMax) + "="
    }

    private static func field(_ text: String, bytesMax: Int) -> String {
        text.utf8.count <= bytesMax ? text : "#" + hexadecimal(StableHash.hash64(text), digits: 16)
    }

    private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
