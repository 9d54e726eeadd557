import JSON
import NetworkTypes

/// Addresses and ranges in fields.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/validation/ip.go`, `ValidateNonSpecialIP` of
///   `pkg/apis/core/validation/validation.go`.
enum AddressChecks {
    static let notAnAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    static let notARange = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

    /// An address in its canonical form.
    static func strictAddress(_ text: String) -> [String] {
        guard let address = IPAddress(parsing: text) else { return [notAnAddress] }
        if text.contains(":"), text.contains(".") { return ["must not be an IPv4-mapped IPv6 address"] }
        return address.description == text ? [] : ["must be in canonical form (\"\(address)\")"]
    }

    /// An address as older fields take it: any spelling.
    static func address(_ text: String) -> [String] { IPAddress(parsing: text) == nil ? [notAnAddress] : [] }

    /// A range in its canonical form, without bits behind the prefix.
    static func strictRange(_ text: String) -> [String] {
        guard let range = CIDR(parsing: text) else { return [notARange] }
        let base = String(text.prefix { $0 != "/" })
        if let address = IPAddress(parsing: base), address != range.first {
            return ["must not have bits set beyond the prefix length"]
        }
        return range.description == text ? [] : ["must be in canonical form (\"\(range)\")"]
    }

    static func range(_ text: String) -> [String] { CIDR(parsing: text) == nil ? [notARange] : [] }

    /// Addresses that no endpoint may have.
    static func notSpecial(_ address: IPAddress) -> [String] {
        var messages: [String] = []
        if address.isUnspecified { messages.append("may not be unspecified (\(address))") }
        if address.isLoopback { messages.append("may not be in the loopback range (127.0.0.0/8, ::1/128)") }
        if address.isLinkLocal { messages.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)") }
        let isLinkLocalMulticast =
            CIDR(parsing: "224.0.0.0/24")?.contains(address) ?? false || CIDR(parsing: "ff02::/16")?.contains(address) ?? false
        if isLinkLocalMulticast {
            messages.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
        }
        return messages
    }
}
