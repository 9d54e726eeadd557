/// The type of a record, or of a question.
///
/// - SeeAlso: IANA, DNS parameters, resource record types.
package struct RecordType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let a = RecordType(rawValue: 1)
    package static let ns = RecordType(rawValue: 2)
    package static let cname = RecordType(rawValue: 5)
    package static let soa = RecordType(rawValue: 6)
    package static let ptr = RecordType(rawValue: 12)
    package static let hinfo = RecordType(rawValue: 13)
    package static let mx = RecordType(rawValue: 15)
    package static let txt = RecordType(rawValue: 16)
    package static let aaaa = RecordType(rawValue: 28)
    package static let srv = RecordType(rawValue: 33)
    package static let naptr = RecordType(rawValue: 35)
    package static let dname = RecordType(rawValue: 39)
    /// EDNS0.
    package static let opt = RecordType(rawValue: 41)
    package static let ds = RecordType(rawValue: 43)
    package static let dnskey = RecordType(rawValue: 48)
    package static let svcb = RecordType(rawValue: 64)
    package static let https = RecordType(rawValue: 65)
    package static let ixfr = RecordType(rawValue: 251)
    package static let axfr = RecordType(rawValue: 252)
    package static let any = RecordType(rawValue: 255)

    /// The types that metrics name; the rest is `other`, as upstream counts them.
    package static let counted: [RecordType] = [
        .a, .aaaa, .cname, .dnskey, .ds, .https, .mx, .ns, .ptr, .soa, .srv, .txt, .any, .axfr, .ixfr,
    ]

    /// `A`; `TYPE1234` for a type without a name here.
    package var description: String { Self.names[rawValue] ?? "TYPE\(rawValue)" }

    /// Reads a name or `TYPE1234`, in any case; nil for anything else.
    package init?(parsing text: String) {
        let upper = text.uppercased()
        if let known = Self.names.first(where: { $0.value == upper }) {
            rawValue = known.key
        } else if upper.hasPrefix("TYPE"), let number = UInt16(upper.dropFirst(4)) {
            rawValue = number
        } else {
            return nil
        }
    }

    private static let names: [UInt16: String] = [
        1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV",
        35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 251: "IXFR", 252: "AXFR",
        255: "ANY",
    ]
}

/// What became of a question.
package struct ResponseCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// Twelve bits: the upper eight travel in the OPT record.
    package var rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let noError = ResponseCode(rawValue: 0)
    package static let formatError = ResponseCode(rawValue: 1)
    package static let serverFailure = ResponseCode(rawValue: 2)
    package static let nameError = ResponseCode(rawValue: 3)
    package static let notImplemented = ResponseCode(rawValue: 4)
    package static let refused = ResponseCode(rawValue: 5)
    package static let badVersion = ResponseCode(rawValue: 16)

    /// As CoreDNS's metrics spell it: `NOERROR`, `NXDOMAIN`.
    package var description: String {
        switch rawValue {
        case 0: "NOERROR"
        case 1: "FORMERR"
        case 2: "SERVFAIL"
        case 3: "NXDOMAIN"
        case 4: "NOTIMP"
        case 5: "REFUSED"
        case 16: "BADVERS"
        default: "RCODE\(rawValue)"
        }
    }
}

/// The bits of a message's second word.
///
/// - SeeAlso: RFC 1035 section 4.1.1, RFC 4035 section 3.
package enum HeaderFlags {
    package static let response: UInt16 = 0x8000
    package static let authoritative: UInt16 = 0x0400
    package static let truncated: UInt16 = 0x0200
    package static let recursionDesired: UInt16 = 0x0100
    package static let recursionAvailable: UInt16 = 0x0080
    package static let authenticData: UInt16 = 0x0020
    package static let checkingDisabled: UInt16 = 0x0010
    package static let opcodeMask: UInt16 = 0x7800
    package static let responseCodeMask: UInt16 = 0x000f
}

/// Limits of the wire format.
package enum WireLimit {
    package static let headerBytes = 12
    package static let nameBytes = 255
    package static let labelBytes = 63
    package static let labels = 127
    /// Of a UDP answer to a client that says nothing about its buffer.
    package static let plainUDPBytes = 512
    package static let messageBytes = 65535
    /// Steps that one name may take through compression pointers. A name has at most 127 labels, each could be pointed to.
    package static let pointers = 127
    /// Class `IN`.
    package static let internet: UInt16 = 1
    package static let anyClass: UInt16 = 255
    package static let optBytes = 11
}
