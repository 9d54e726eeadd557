import JSON
package import NetworkTypes

/// Addresses that pods may have: a stretch of one prefix.
package struct AddressRange: Hashable, Sendable {
    /// Slots that one range offers at most; wider prefixes, as IPv6 has them, are used from their start.
    package static let slotsMax = 1 << 20

    package var prefix: CIDR
    /// Distances from the prefix's first address.
    package var offsets: ClosedRange<Int>

    package var count: Int { offsets.count }

    /// The whole prefix but for its first address (the network's, or the routers' anycast address) and IPv4's broadcast
    /// address. A prefix of one or two addresses is used whole.
    package init(_ prefix: CIDR) {
        self.prefix = prefix
        let size = Int(min(prefix.count, UInt128(Self.slotsMax) + 2))
        let last = prefix.family == .ipv4 && prefix.count == UInt128(size) ? size - 2 : size - 1
        offsets = prefix.count <= 2 ? 0...size - 1 : 1...min(last, Self.slotsMax)
    }

    package func address(at position: Int) -> IPAddress? { prefix.address(at: offsets.lowerBound + position) }

    /// Nil outside the range.
    package func position(of address: IPAddress) -> Int? {
        guard let offset = prefix.offset(of: address), offsets.contains(offset) else { return nil }
        return offset - offsets.lowerBound
    }
}

extension AddressRange {
    /// Reads `podCIDRs` (prefixes) or `ranges`: prefixes, or objects with `subnet`, `rangeStart` and `rangeEnd`, also nested
    /// in sets as the reference plugins write them.
    static func ranges(in json: JSONValue) throws(CNIFailure) -> [AddressRange] {
        var result: [AddressRange] = []
        for key in ["podCIDRs", "ranges"] {
            guard let value = json[key], !value.isNull else { continue }
            guard let entries = value.array else { throw NetworkConfiguration.wrongType(key) }
            for entry in entries {
                for part in entry.array ?? [entry] { result.append(try AddressRange(json: part, key: key)) }
            }
        }
        for (index, range) in result.enumerated() {
            if let other = result[..<index].first(where: { $0.prefix.overlaps(range.prefix) }) {
                throw CNIFailure(.invalidConfiguration, "ranges \(other.prefix) and \(range.prefix) overlap")
            }
        }
        return result
    }

    private init(json: JSONValue, key: String) throws(CNIFailure) {
        let text = json.string ?? json["subnet"]?.string
        guard let text else { throw NetworkConfiguration.wrongType(key) }
        guard let prefix = CIDR(parsing: text) else {
            throw CNIFailure(.invalidConfiguration, "invalid range \"\(text)\"", details: "a prefix as 10.244.1.0/24 is needed")
        }
        self.init(prefix)
        let start = try Self.offset(json["rangeStart"], in: prefix) ?? offsets.lowerBound
        let end = try Self.offset(json["rangeEnd"], in: prefix) ?? offsets.upperBound
        guard start <= end, offsets.contains(start), offsets.contains(end) else {
            throw CNIFailure(.invalidConfiguration, "invalid rangeStart or rangeEnd in \(prefix)")
        }
        offsets = start...end
    }

    private static func offset(_ json: JSONValue?, in prefix: CIDR) throws(CNIFailure) -> Int? {
        guard let json, !json.isNull else { return nil }
        guard let text = json.string, let address = IPAddress(parsing: text), let offset = prefix.offset(of: address) else {
            throw CNIFailure(.invalidConfiguration, "\(JSONWriter.text(json)) is no address of \(prefix)")
        }
        return offset
    }
}
