/// An IPv4 or IPv6 address.
package struct IPValue: Hashable, Sendable {
    /// Four or sixteen.
    let bytes: [UInt8]

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// Without zone; IPv4 within IPv6 is refused, as upstream does.
    init?(_ text: String) {
        if text.contains(":") {
            guard let bytes = Self.sixteen(text),
                !(bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255)
            else { return nil }
            self.bytes = bytes
        } else {
            guard let bytes = Self.four(Substring(text)) else { return nil }
            self.bytes = bytes
        }
    }

    private static func four(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bytes: [UInt8] = []
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                part.count == 1 || !part.hasPrefix("0"), let byte = UInt8(part)
            else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func sixteen(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2, !text.contains(":::") else { return nil }
        var groups: [[UInt8]] = []
        for half in halves {
            guard let bytes = half.isEmpty ? [] : self.groups(half) else { return nil }
            groups.append(bytes)
        }
        if groups.count == 1 { return groups[0].count == 16 ? groups[0] : nil }
        let missing = 16 - groups[0].count - groups[1].count
        guard missing >= 2 else { return nil }
        return groups[0] + Array(repeating: 0, count: missing) + groups[1]
    }

    private static func groups(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if part.contains("."), index == parts.count - 1 {
                guard let last = four(part) else { return nil }
                bytes += last
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            bytes += [UInt8(group >> 8), UInt8(group & 255)]
        }
        return bytes.count <= 16 ? bytes : nil
    }

    var isIPv4: Bool { bytes.count == 4 }

    func masked(_ length: Int) -> IPValue {
        IPValue(
            bytes: bytes.enumerated().map { index, byte in
                let bits = min(8, max(0, length - index * 8))
                return bits == 0 ? 0 : byte & UInt8(truncatingIfNeeded: 0xff << (8 - bits))
            })
    }

    var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
    var isLoopback: Bool { isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1 }
    var isLinkLocalUnicast: Bool { isIPv4 ? bytes[0] == 169 && bytes[1] == 254 : bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80 }
    var isLinkLocalMulticast: Bool {
        isIPv4 ? bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0 : bytes[0] == 0xff && bytes[1] & 0x0f == 0x02
    }
    var isMulticast: Bool { isIPv4 ? bytes[0] & 0xf0 == 0xe0 : bytes[0] == 0xff }
    var isGlobalUnicast: Bool {
        !isUnspecified && !isLoopback && !isMulticast && !isLinkLocalUnicast && bytes != [255, 255, 255, 255]
    }
}

extension IPValue: CustomStringConvertible {
    /// RFC 5952.
    package var description: String {
        if isIPv4 { return bytes.map(String.init).joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        var (best, length) = (0, 0)
        var start = 0
        while start < 8 {
            let zeros = groups[start...].prefix { $0 == 0 }.count
            if zeros > length, zeros > 1 { (best, length) = (start, zeros) }
            start += max(1, zeros)
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return length == 0 ? text(groups[...]) : text(groups[..<best]) + "::" + text(groups[(best + length)...])
    }
}

/// A prefix of addresses, with the address as it was written.
package struct CIDRValue: Hashable, Sendable, CustomStringConvertible {
    let address: IPValue
    let length: Int

    init(address: IPValue, length: Int) {
        self.address = address
        self.length = length
    }

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPValue(String(parts[0])), let length = Int(parts[1]), length >= 0,
            length <= address.bytes.count * 8, String(length) == parts[1]
        else { return nil }
        self.address = address
        self.length = length
    }

    func contains(_ other: IPValue) -> Bool {
        other.bytes.count == address.bytes.count && other.masked(length) == address.masked(length)
    }

    package var description: String { "\(address)/\(length)" }
}

/// Addresses and prefixes.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/cel/library/ip.go`, `cidr.go`.
enum AddressFunctions: FunctionLibrary {
    static let declarations = """
        ip(string) -> net.IP
        isIP(string) -> bool
        ip.isCanonical(string) -> bool
        net.IP: family() -> int
        net.IP: isUnspecified() -> bool
        net.IP: isLoopback() -> bool
        net.IP: isLinkLocalMulticast() -> bool
        net.IP: isLinkLocalUnicast() -> bool
        net.IP: isGlobalUnicast() -> bool
        cidr(string) -> net.CIDR
        isCIDR(string) -> bool
        net.CIDR: ip() -> net.IP
        net.CIDR: containsIP(string) -> bool
        net.CIDR: containsIP(net.IP) -> bool
        net.CIDR: containsCIDR(string) -> bool
        net.CIDR: containsCIDR(net.CIDR) -> bool
        net.CIDR: masked() -> net.CIDR
        net.CIDR: prefixLength() -> int
        """

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        switch (name, arguments.first, arguments.dropFirst().first) {
        case ("isIP", .string(let text), nil): return .bool(IPValue(text) != nil)
        case ("isCIDR", .string(let text), nil): return .bool(CIDRValue(text) != nil)
        case ("ip", .string(let text), nil): return .opaque(.ip(try address(text)))
        case ("cidr", .string(let text), nil): return .opaque(.cidr(try prefix(text)))
        case ("ip.isCanonical", .string(let text), nil): return .bool(try address(text).description == text)
        case (_, .opaque(.ip(let address)), nil): return property(name, address)
        case (_, .opaque(.cidr(let prefix)), let other): return try property(name, prefix, other)
        default: return nil
        }
    }

    private static func address(_ text: String) throws(EvaluationError) -> IPValue {
        guard let address = IPValue(text) else {
            throw EvaluationError(
                "IP Address \"\(text)\" parse error during conversion from string: ParseAddr(\"\(text)\"): unable to parse IP")
        }
        return address
    }

    private static func prefix(_ text: String) throws(EvaluationError) -> CIDRValue {
        guard let prefix = CIDRValue(text) else {
            throw EvaluationError("network address parse error during conversion from string: netip.ParsePrefix(\"\(text)\")")
        }
        return prefix
    }

    private static func property(_ name: String, _ address: IPValue) -> CELValue? {
        switch name {
        case "family": .int(address.isIPv4 ? 4 : 6)
        case "isUnspecified": .bool(address.isUnspecified)
        case "isLoopback": .bool(address.isLoopback)
        case "isLinkLocalMulticast": .bool(address.isLinkLocalMulticast)
        case "isLinkLocalUnicast": .bool(address.isLinkLocalUnicast)
        case "isGlobalUnicast": .bool(address.isGlobalUnicast)
        default: nil
        }
    }

    private static func property(_ name: String, _ prefix: CIDRValue, _ other: CELValue?) throws(EvaluationError) -> CELValue? {
        switch (name, other) {
        case ("ip", nil): return .opaque(.ip(prefix.address))
        case ("masked", nil):
            return .opaque(.cidr(CIDRValue(address: prefix.address.masked(prefix.length), length: prefix.length)))
        case ("prefixLength", nil): return .int(Int64(prefix.length))
        case ("containsIP", .string(let text)): return .bool(prefix.contains(try address(text)))
        case ("containsIP", .opaque(.ip(let address))): return .bool(prefix.contains(address))
        case ("containsCIDR", .string(let text)): return .bool(contains(prefix, try self.prefix(text)))
        case ("containsCIDR", .opaque(.cidr(let inner))): return .bool(contains(prefix, inner))
        default: return nil
        }
    }

    private static func contains(_ outer: CIDRValue, _ inner: CIDRValue) -> Bool {
        outer.length <= inner.length && outer.contains(inner.address)
    }
}
