import JSON
import NetworkTypes

/// What the configuration says about addresses.
struct AddressConfiguration {
    var ranges: [AddressRange] = []
    /// Never given out.
    var excluded: [CIDR] = []
    /// Given out only to those who ask for them.
    var reserved: [CIDR] = []

    /// Reads `podCIDRs` (prefixes), `ranges` and `runtimeConfig.ipRanges`: prefixes, or objects with `subnet`, `rangeStart`,
    /// `rangeEnd` and `gateway`, also nested in sets as the reference plugins write them; or those members themselves. The
    /// same inside `ipam`, as long as it names no other plugin.
    init(_ json: JSONValue, runtime: CaseInsensitiveObject) throws(CNIFailure) {
        try add(json)
        if let inner = json["ipam"], !inner.isNull {
            guard inner.object != nil else { throw NetworkConfiguration.wrongType("ipam") }
            let type = try NetworkConfiguration.text(inner, "type")
            guard type.isEmpty || type == "skiff-cni" else {
                throw CNIFailure(
                    .unsupportedField, "unsupported field ipam.type: \(type)",
                    details: "this plugin gives out addresses itself: podCIDRs or ranges says which")
            }
            try add(inner)
        }
        try add(list: runtime["ipRanges"], "ipRanges")
        for (index, range) in ranges.enumerated() {
            let others = ranges[..<index]
            if let other = others.first(where: { $0.overlaps(range) }) {
                throw CNIFailure(.invalidConfiguration, "ranges \(other.prefix) and \(range.prefix) overlap")
            }
        }
    }

    private mutating func add(_ json: JSONValue) throws(CNIFailure) {
        for key in ["podCIDRs", "ranges"] { try add(list: json[key], key) }
        if json["subnet"]?.string != nil { try add(range: json, "subnet") }
        excluded += try NetworkConfiguration.prefixes(json["exclude"], "exclude")
        reserved += try NetworkConfiguration.prefixes(json["reserve"], "reserve")
    }

    private mutating func add(list value: JSONValue?, _ key: String) throws(CNIFailure) {
        guard let value, !value.isNull else { return }
        guard let entries = value.array else { throw NetworkConfiguration.wrongType(key) }
        for entry in entries {
            for part in entry.array ?? [entry] { try add(range: part, key) }
        }
    }

    private mutating func add(range json: JSONValue, _ key: String) throws(CNIFailure) {
        ranges.append(try AddressRange(json: json, key: key))
        if let gateway = json["gateway"]?.string.flatMap({ IPAddress(parsing: $0) }) { excluded.append(CIDR(host: gateway)) }
    }
}

extension AddressRange {
    fileprivate init(json: JSONValue, key: String) throws(CNIFailure) {
        let text = json.string ?? json["subnet"]?.string
        guard let text else { throw NetworkConfiguration.wrongType(key) }
        guard let prefix = CIDR(parsing: text) else {
            throw CNIFailure(.invalidConfiguration, "invalid range \"\(text)\"", details: "a prefix as 10.244.1.0/24 is needed")
        }
        guard !prefix.first.isMulticast, !prefix.first.isLoopback, !prefix.first.isLinkLocal else {
            throw CNIFailure(.invalidConfiguration, "invalid range \"\(text)\"", details: "pods cannot have such addresses")
        }
        self.init(prefix)
        let given = (try Self.offset(json["rangeStart"], in: prefix), try Self.offset(json["rangeEnd"], in: prefix))
        let start = given.0 ?? offsets.lowerBound
        // A range that names its end may lie anywhere in a prefix that is too wide to be used whole.
        let end = given.1 ?? min(min(start, Int.max - Self.slotsMax) + Self.slotsMax - 1, Self.lastOffset(of: prefix))
        guard start <= end, start >= offsets.lowerBound, end <= Self.lastOffset(of: prefix), end - start < Self.slotsMax else {
            throw CNIFailure(.invalidConfiguration, "invalid rangeStart or rangeEnd in \(prefix)")
        }
        offsets = start...end
    }

    /// Of what a pod may have.
    private static func lastOffset(of prefix: CIDR) -> Int {
        let size = prefix.count > UInt128(Int.max) ? Int.max : Int(prefix.count)
        return prefix.family == .ipv4 && size > 2 ? size - 2 : size - 1
    }

    private static func offset(_ json: JSONValue?, in prefix: CIDR) throws(CNIFailure) -> Int? {
        guard let json, !json.isNull else { return nil }
        guard let text = json.string, let address = IPAddress(parsing: text), let offset = prefix.offset(of: address) else {
            throw CNIFailure(.invalidConfiguration, "\(JSONWriter.text(json)) is no address of \(prefix)")
        }
        return offset
    }
}
