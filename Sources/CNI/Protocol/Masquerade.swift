import JSON
package import NetworkTypes

/// `ipMasq`: pods reach destinations outside with the host's address instead of their own.
package struct Masquerade: Hashable, Sendable {
    /// `ipMasqExcept`: destinations, besides the network's own ranges, that still see the pods' addresses.
    package var except: [CIDR]

    package init(except: [CIDR] = []) { self.except = except }

    /// Nil when it is not wanted.
    init?(_ json: JSONValue) throws(CNIFailure) {
        let flag = json["ipMasq"] ?? false
        guard let isOn = flag.isNull ? false : flag.bool else { throw NetworkConfiguration.wrongType("ipMasq") }
        except = try NetworkConfiguration.prefixes(json["ipMasqExcept"], "ipMasqExcept")
        guard isOn else { return nil }
    }
}
