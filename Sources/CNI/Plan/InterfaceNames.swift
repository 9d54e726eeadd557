package import NetworkTypes

/// The names that make the kernel the record of who has which address. Names and alternative names of links are unique in a
/// namespace, and go with their link.
package enum InterfaceNames {
    /// What every host end's name begins with; rules match on it.
    package static let hostEndPrefix = "sk"
    private static let shaperPrefix = "si"
    /// Fields of an attachment's name longer than this are replaced by their hash; the whole must stay below 128 bytes.
    private static let fieldBytesMax = 64
    private static let networkBytesMax = 40

    /// The name that takes an address: `sk0af40103` for 10.244.1.3, a hash for IPv6. Two pods of one node cannot have the same
    /// one, whatever network gave them the address.
    package static func name(of address: IPAddress) -> String {
        switch address {
        case .v4(let address): hostEndPrefix + hexadecimal(UInt64(address.value), digits: 8)
        case .v6(let address):
            hostEndPrefix + "6" + hexadecimal(StableHash.hash64("\(address)") & 0xffff_ffff_ffff, digits: 12)
        }
    }

    /// The host end's name: that of the IPv4 address, or of the only one.
    package static func hostEnd(for addresses: [IPAddress]) -> String {
        guard let first = addresses.min() else { preconditionFailure("a pod has an address") }
        return name(of: first)
    }

    /// Alternative names of the host end that take the other addresses.
    package static func others(for addresses: [IPAddress]) -> [String] { addresses.sorted().dropFirst().map(name) }

    /// Whether a link's name is one that `hostEnd` makes.
    package static func isHostEnd(_ name: String) -> Bool {
        guard name.hasPrefix(hostEndPrefix) else { return false }
        let digits = name.utf8.dropFirst(hostEndPrefix.utf8.count)
        return (digits.count == 8 || digits.count == 13 && digits.first == UInt8(ascii: "6"))
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// The IPv4 address that a host end's name holds.
    package static func address(ofHostEnd name: String) -> IPv4Address? {
        guard isHostEnd(name), name.utf8.count == hostEndPrefix.utf8.count + 8 else { return nil }
        return UInt32(name.dropFirst(hostEndPrefix.utf8.count), radix: 16).map { IPv4Address($0) }
    }

    /// The alternative name of the host end: `cni=NETWORK=CONTAINER=INTERFACE`. None of the three can hold `=`.
    package static func attachment(network: String, containerID: String, interface: String) -> String {
        attachmentPrefix(network: network) + field(containerID, bytesMax: fieldBytesMax) + "=" + interface
    }

    /// What every attachment of one network begins with.
    package static func attachmentPrefix(network: String) -> String {
        "cni=" + field(network, bytesMax: networkBytesMax) + "="
    }

    /// The fields of an attachment's name; nil for another name.
    package static func fields(ofAttachment name: String) -> (network: String, containerID: String, interface: String)? {
        let parts = name.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
        return parts.count == 4 && parts[0] == "cni" ? (parts[1], parts[2], parts[3]) : nil
    }

    /// The alternative name of the host end that says whose it is: `pod=UID=sk0af40103`.
    package static func pod(uid: String, hostEnd name: String) -> String {
        "pod=" + field(uid, bytesMax: fieldBytesMax) + "=" + name
    }

    /// The pod's uid in that name; nil for another name.
    package static func podUID(of name: String) -> String? {
        let parts = name.split(separator: "=", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "pod" ? String(parts[1]) : nil
    }

    /// The link through which a pod's packets go when it may not send as fast as it can.
    package static func shaper(ofHostEnd name: String) -> String {
        shaperPrefix + name.dropFirst(hostEndPrefix.utf8.count)
    }

    /// The alternative name of that link: `shape=NETWORK=CONTAINER=INTERFACE`.
    package static func shaper(ofAttachment name: String) -> String { "shape=" + name.dropFirst("cni=".utf8.count) }

    /// The attachment that a shaping link belongs to; nil for another alternative name.
    package static func attachment(ofShaper name: String) -> String? {
        name.hasPrefix("shape=") ? "cni=" + name.dropFirst("shape=".utf8.count) : nil
    }

    /// Whose host ports they are when another plugin made the pod's interface: `via=NETWORK=CONTAINER=INTERFACE`.
    package static func chained(_ attachment: String) -> String { "via=" + attachment.dropFirst("cni=".utf8.count) }

    /// The attachment of such a name; nil for another name.
    package static func attachment(ofChained name: String) -> String? {
        name.hasPrefix("via=") ? "cni=" + name.dropFirst("via=".utf8.count) : nil
    }

    /// The alternative name of the host end that says that host ports lead to the pod: `ports=sk0af40103`.
    package static func ports(ofHostEnd name: String) -> String { "ports=" + name }

    private static func field(_ text: String, bytesMax: Int) -> String {
        text.utf8.count <= bytesMax ? text : "#" + hexadecimal(StableHash.hash64(text), digits: 16)
    }

    private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
