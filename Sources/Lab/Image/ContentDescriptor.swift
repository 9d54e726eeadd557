package import JSON

/// `sha256:` and 64 lower-case hexadecimal digits: what a piece of an image is called.
package struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
    /// The digits alone: safe as a file's name.
    package let hex: String

    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix("sha256:"), text.utf8.count == 71 else { return nil }
        let digits = text.utf8.dropFirst(7)
        guard digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
        hex = String(text.dropFirst(7))
    }

    package var description: String { "sha256:\(hex)" }
}

/// What a document says about the content it points to.
package struct ContentDescriptor: Hashable, Sendable {
    package var digest: ContentDigest
    package var mediaType: String
    package var byteCount: Int

    package init(digest: ContentDigest, mediaType: String, byteCount: Int) {
        self.digest = digest
        self.mediaType = mediaType
        self.byteCount = byteCount
    }

    package init?(json: JSONValue) {
        guard let digest = json["digest"]?.string.flatMap({ ContentDigest($0) }), let type = json["mediaType"]?.string,
            // It becomes a header's value.
            (1...255).contains(type.utf8.count), type.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let size = json["size"]?.int, size >= 0
        else { return nil }
        self.init(digest: digest, mediaType: type, byteCount: Int(size))
    }

    package var json: JSONValue {
        ["mediaType": .string(mediaType), "digest": .string("\(digest)"), "size": JSONValue(byteCount)]
    }

    /// - SeeAlso: OCI image specification 1.1 `media-types.md`, which names Docker's equivalents.
    var isManifest: Bool {
        mediaType == "application/vnd.oci.image.manifest.v1+json"
            || mediaType == "application/vnd.docker.distribution.manifest.v2+json"
    }

    var isIndex: Bool {
        mediaType == "application/vnd.oci.image.index.v1+json"
            || mediaType == "application/vnd.docker.distribution.manifest.list.v2+json"
    }
}
