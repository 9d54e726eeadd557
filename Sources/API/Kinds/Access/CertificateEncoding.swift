/// PEM and the outermost DER of what certificates travel in: enough to refuse what is none.
///
/// Signatures are the signer's affair.
/// - SeeAlso: RFC 7468, RFC 2986; Kubernetes 1.36 `pkg/apis/certificates/helpers.go`, `ParseCSR`.
package enum CertificateEncoding {
    package struct Block: Hashable, Sendable {
        package var type: String
        package var hasHeaders: Bool
        package var bytes: [UInt8]
    }

    /// Why these bytes hold no certificate request; nil when they do.
    package static func requestProblem(_ pem: [UInt8]) -> String? {
        guard let block = blocks(pem).first, block.type == "CERTIFICATE REQUEST" else {
            return "PEM block type must be CERTIFICATE REQUEST"
        }
        // The request's content, the signature's algorithm, the signature.
        return DERSequence(block.bytes)?.tags == [0x30, 0x30, 0x03] ? nil : "asn1: structure error: malformed certificate request"
    }

    /// Why these bytes hold no certificates; nil when they do, or when there are none.
    package static func certificateProblem(_ pem: [UInt8]) -> String? {
        if pem.isEmpty { return nil }
        let blocks = blocks(pem)
        for block in blocks {
            if block.type != "CERTIFICATE" {
                return "only CERTIFICATE PEM blocks are allowed, found \"\(block.type)\""
            }
            if block.hasHeaders { return "no PEM block headers are permitted" }
            if block.bytes.isEmpty { return "found CERTIFICATE PEM block containing 0 certificates" }
            if DERSequence(block.bytes)?.tags != [0x30, 0x30, 0x03] { return "x509: malformed certificate" }
        }
        return blocks.isEmpty ? "must contain at least one CERTIFICATE PEM block" : nil
    }

    /// Every well-formed block; text between blocks is skipped.
    package static func blocks(_ pem: [UInt8]) -> [Block] {
        let lines = String(decoding: pem, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
        var blocks: [Block] = []
        var type: String?
        var body = ""
        var hasHeaders = false
        for line in lines.map(\.withoutOuterSpace) {
            if let begun = label(line, "-----BEGIN ") {
                (type, body, hasHeaders) = (begun, "", false)
            } else if let ended = label(line, "-----END ") {
                if let type, type == ended, let bytes = Base64.decode(body) {
                    blocks.append(Block(type: type, hasHeaders: hasHeaders, bytes: bytes))
                }
                type = nil
            } else if type != nil {
                if line.contains(":") { hasHeaders = true } else { body += line }
            }
        }
        return blocks
    }

    private static func label(_ line: String, _ prefix: String) -> String? {
        guard line.hasPrefix(prefix), line.hasSuffix("-----"), line.utf8.count >= prefix.utf8.count + 5 else { return nil }
        return String(line.dropFirst(prefix.count).dropLast(5))
    }
}

/// The elements of one DER sequence, by their tags; nil when lengths do not add up.
private struct DERSequence {
    var tags: [UInt8] = []

    init?(_ bytes: [UInt8]) {
        guard let (tag, content) = Self.element(bytes[...]), tag == 0x30, content.endIndex == bytes.endIndex else { return nil }
        var rest = content
        while !rest.isEmpty {
            guard let (tag, inner) = Self.element(rest) else { return nil }
            tags.append(tag)
            rest = rest[inner.endIndex...]
        }
    }

    /// A tag and its content.
    private static func element(_ bytes: ArraySlice<UInt8>) -> (UInt8, ArraySlice<UInt8>)? {
        guard bytes.count >= 2 else { return nil }
        let first = bytes[bytes.startIndex + 1]
        var start = bytes.startIndex + 2
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7f)
            guard (1...4).contains(count), bytes.endIndex - start >= count else { return nil }
            length = bytes[start..<start + count].reduce(0) { $0 << 8 | Int($1) }
            start += count
        }
        guard bytes.endIndex - start >= length else { return nil }
        return (bytes[bytes.startIndex], bytes[start..<start + length])
    }
}

extension String {
    fileprivate var withoutOuterSpace: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
