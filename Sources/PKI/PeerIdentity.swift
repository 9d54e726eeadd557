import Crypto

/// Who a client certificate says its holder is.
///
/// Reads only the subject; that the certificate is genuine and in time was the TLS handshake's work.
package struct PeerIdentity: Hashable, Sendable {
    /// The user.
    package var commonName: String
    /// The groups.
    package var organizations: [String]
    /// The user's uid; empty when the subject has none.
    package var uid = ""

    package init(commonName: String, organizations: [String]) {
        self.commonName = commonName
        self.organizations = organizations
    }

    /// Nil when the bytes are no certificate.
    ///
    /// - SeeAlso: RFC 5280 section 4.1, `TBSCertificate`.
    package init?(der: [UInt8]) {
        var outer = DERReader(der[...])
        guard let certificate = outer.next(tag: DERReader.sequence) else { return nil }
        var parts = DERReader(certificate)
        guard let body = parts.next(tag: DERReader.sequence) else { return nil }
        var fields = DERReader(body)
        fields.skip(tag: 0xa0)  // version
        guard fields.next(tag: 0x02) != nil,  // serial number
            fields.next(tag: DERReader.sequence) != nil,  // signature algorithm
            fields.next(tag: DERReader.sequence) != nil,  // issuer
            fields.next(tag: DERReader.sequence) != nil,  // validity
            let subject = fields.next(tag: DERReader.sequence)
        else { return nil }
        self.init(commonName: "", organizations: [])
        var names = DERReader(subject)
        while let set = names.next(tag: DERReader.set) {
            var attributes = DERReader(set)
            while let attribute = attributes.next(tag: DERReader.sequence) {
                var pair = DERReader(attribute)
                guard let identifier = pair.next(tag: 0x06), let value = pair.nextAny() else { return nil }
                let text = String(decoding: value, as: UTF8.self)
                if identifier.elementsEqual(Self.commonNameIdentifier) {
                    commonName = text
                } else if identifier.elementsEqual(Self.organizationIdentifier) {
                    organizations.append(text)
                } else if identifier.elementsEqual(Self.uidIdentifier) {
                    uid = text
                }
            }
        }
    }

    /// SHA-256 of a certificate's DER in hexadecimal digits.
    package static func fingerprint(der: [UInt8]) -> String {
        SHA256.hash(data: der).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    private static let commonNameIdentifier: [UInt8] = [0x55, 0x04, 0x03]  // 2.5.4.3
    private static let organizationIdentifier: [UInt8] = [0x55, 0x04, 0x0a]  // 2.5.4.10
    /// 1.3.6.1.4.1.57683.2, Kubernetes' own.
    private static let uidIdentifier: [UInt8] = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xc2, 0x53, 0x02]
}

/// Walks the elements of one DER value.
private struct DERReader {
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// The contents of the next element, which must have this tag.
    mutating func next(tag: UInt8) -> ArraySlice<UInt8>? { rest.first == tag ? nextAny() : nil }

    mutating func skip(tag: UInt8) {
        if rest.first == tag { _ = nextAny() }
    }

    mutating func nextAny() -> ArraySlice<UInt8>? {
        guard rest.count >= 2 else { return nil }
        var position = rest.startIndex + 1
        var length = Int(rest[position])
        position += 1
        if length >= 0x80 {
            let count = length & 0x7f
            guard (1...4).contains(count), rest.endIndex - position >= count else { return nil }
            length = 0
            for byte in rest[position..<position + count] { length = length << 8 | Int(byte) }
            position += count
        }
        guard rest.endIndex - position >= length else { return nil }
        defer { rest = rest[(position + length)...] }
        return rest[position..<position + length]
    }
}
