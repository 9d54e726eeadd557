/// An image of the cluster's own registry: `skiff.local/team/app:1`.
package struct ImageReference: Hashable, Sendable, CustomStringConvertible {
    /// `team/app`.
    package let repository: String
    package let tag: String

    package static let host = "skiff.local"

    package init?(repository: String, tag: String) {
        guard Self.isRepository(repository), Self.isTag(tag) else { return nil }
        self.repository = repository
        self.tag = tag
    }

    /// Reads a full name; without a tag it means `latest`. Nil for names of another host.
    ///
    /// - Throws: `ImageError.name` for a name of this host that no image can have.
    package init?(parsing name: String) throws(ImageError) {
        guard name.hasPrefix("\(Self.host)/") else { return nil }
        let rest = name.dropFirst(Self.host.count + 1)
        let colon = rest.lastIndex(of: ":")
        let tag = colon.map { String(rest[rest.index(after: $0)...]) } ?? "latest"
        guard let reference = Self(repository: String(rest[..<(colon ?? rest.endIndex)]), tag: tag) else {
            throw ImageError.name(name)
        }
        self = reference
    }

    package var description: String { "\(Self.host)/\(repository):\(tag)" }

    /// Components of letters and digits, divided by one dot, one or two underscores, or dashes.
    ///
    /// - SeeAlso: OCI distribution specification 1.1, "Pulling manifests".
    package static func isRepository(_ text: String) -> Bool {
        guard (1...255).contains(text.utf8.count) else { return false }
        return text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy(isComponent)
    }

    private static func isComponent(_ text: Substring) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
        guard let first = text.utf8.first, let last = text.utf8.last, isLetter(first), isLetter(last) else { return false }
        return text.utf8.split(whereSeparator: isLetter).allSatisfy { separator in
            switch String(Substring(separator)) {
            case ".", "_", "__": true
            case let other: other.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
            }
        }
    }

    package static func isTag(_ text: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
        }
        guard let first = text.utf8.first, isWord(first), text.utf8.count <= 128 else { return false }
        return text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }
}
