import JSON
import NetworkTypes

/// What addresses and prefixes in objects may look like, in the strict reading that is on since 1.36.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/validation/ip.go`.
package enum AddressValidation {
    private static let invalidAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    private static let invalidPrefix = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

    /// - Parameter known: Texts that an older form of the object held; they are only read, not judged.
    package static func address(_ text: String, _ path: FieldPath, known: Set<String> = []) -> [FieldError] {
        guard let address = sloppyAddress(text) else { return [.invalid(path, .string(text), invalidAddress)] }
        if known.contains(text) { return [] }
        var errors: [FieldError] = []
        if IPAddress(parsing: text) == nil { errors.append(.invalid(path, .string(text), "must not have leading 0s")) }
        if isMapped(address) {
            errors.append(.invalid(path, .string(text), "must not be an IPv4-mapped IPv6 address"))
        }
        return errors
    }

    package static func prefix(_ text: String, _ path: FieldPath, known: Set<String> = []) -> [FieldError] {
        guard let (address, length) = sloppyPrefix(text) else { return [.invalid(path, .string(text), invalidPrefix)] }
        if known.contains(text) { return [] }
        var errors: [FieldError] = []
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let digits = parts.last ?? ""
        if IPAddress(parsing: parts[0]) == nil || (digits.count > 1 && digits.hasPrefix("0")) {
            return [.invalid(path, .string(text), "must not have leading 0s in IP or prefix length")]
        }
        if isMapped(address) {
            errors.append(.invalid(path, .string(text), "must not have an IPv4-mapped IPv6 address"))
        }
        if let prefix = CIDR(address, prefixLength: length), prefix.first != address {
            errors.append(
                .invalid(
                    path, .string(text),
                    "must not have bits set beyond the prefix length"))
        }
        return errors
    }

    /// Addresses that mean something else on every node may not be endpoints or external addresses.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateEndpointIP`.
    package static func notSpecial(_ text: String, _ path: FieldPath) -> [FieldError] {
        guard let address = sloppyAddress(text) else {
            return [.invalid(path, .string(text), "must be a valid IP address")]
        }
        var errors: [FieldError] = []
        func refuse(_ why: String) { errors.append(.invalid(path, .string(text), why)) }
        if address.isUnspecified { refuse("may not be unspecified (\(text))") }
        if address.isLoopback { refuse("may not be in the loopback range (127.0.0.0/8, ::1/128)") }
        if address.isLinkLocal { refuse("may not be in the link-local range (169.254.0.0/16, fe80::/10)") }
        if isLinkLocalMulticast(address) {
            refuse("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
        }
        return errors
    }

    /// Reads what Go read before 1.17: decimal parts may begin with zeros.
    package static func isAddress(_ text: String) -> Bool { sloppyAddress(text) != nil }

    /// True for `::1`, false for `10.0.0.1` and for what is no address.
    package static func isIPv6(_ text: String) -> Bool {
        guard let address = sloppyAddress(text) else { return false }
        return address.family == .ipv6 && !isMapped(address)
    }

    /// True when every text is an address and both families occur.
    package static func isDualStack(_ texts: [String]) -> Bool {
        guard texts.allSatisfy(isAddress) else { return false }
        return texts.contains(where: isIPv6) && texts.contains { !isIPv6($0) }
    }

    /// True when every text is a prefix and both families occur.
    package static func isDualStackPrefixes(_ texts: [String]) -> Bool {
        let families = texts.compactMap { sloppyPrefix($0)?.0.family }
        return families.count == texts.count && Set(families).count == 2
    }

    private static func sloppyAddress(_ text: some StringProtocol) -> IPAddress? {
        if let address = IPAddress(parsing: text) { return address }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ isNumber($0) }) else { return nil }
        return IPAddress(parsing: parts.map { String(Int($0) ?? 256) }.joined(separator: "."))
    }

    private static func sloppyPrefix(_ text: String) -> (IPAddress, Int)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = sloppyAddress(parts[0]), isNumber(parts[1]), let length = Int(parts[1]),
            CIDR(address, prefixLength: length) != nil
        else { return nil }
        return (address, length)
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isMapped(_ address: IPAddress) -> Bool {
        address.family == .ipv6 && address.number >> 32 == 0xffff
    }

    private static func isLinkLocalMulticast(_ address: IPAddress) -> Bool {
        let bytes = address.bytes
        if address.family == .ipv4 { return Array(bytes.prefix(3)) == [224, 0, 0] }
        return bytes[0] == 0xff && bytes[1] & 0x0f == 0x02
    }
}
