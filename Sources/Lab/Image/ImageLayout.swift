import JSON

/// The images of the cluster's own registry in an OCI archive, with everything that their manifests lead to.
///
/// - SeeAlso: OCI image specification 1.1 `image-layout.md`, `image-index.md`, `manifest.md`.
struct ImageLayout {
    struct Image: Hashable, Sendable {
        var reference: ImageReference
        var manifest: ContentDescriptor
        /// The manifest, what it points to, and so on; no digest twice.
        var content: [ContentDescriptor]
    }

    /// A larger manifest or index is refused, by other registries too.
    static let documentBytesMax = 4 << 20
    /// Pieces of one image.
    static let contentMax = 4096
    /// Indexes within indexes.
    static let depthMax = 4

    let images: [Image]
    private let source: any ByteSource
    private let members: [String: TarIndex.Member]

    /// Nil when the source is no OCI archive: a docker archive, or compressed. Bodies of layers are not read yet.
    init?(_ source: any ByteSource) throws {
        guard try TarIndex.isTar(source) else { return nil }
        members = try TarIndex(source).members
        self.source = source
        guard members["oci-layout"] != nil, let member = members["index.json"] else { return nil }
        let index = try Self.document(member, source).json
        guard let entries = index["manifests"]?.array else { throw ImageError.malformedDocument("index.json") }
        var images: [Image] = []
        for entry in entries {
            let names = entry["annotations"]
            let name = names?["io.containerd.image.name"]?.string ?? names?["org.opencontainers.image.ref.name"]?.string
            guard let reference = try name.flatMap({ name throws(ImageError) in try ImageReference(parsing: name) }) else {
                continue
            }
            guard !images.contains(where: { $0.reference == reference }) else { throw ImageError.duplicate("\(reference)") }
            guard let manifest = ContentDescriptor(json: entry) else { throw ImageError.malformedDocument("index.json") }
            var walk = Walk(source: source, members: members)
            try walk.visit(manifest, depth: 0)
            images.append(Image(reference: reference, manifest: manifest, content: walk.found))
        }
        self.images = images
    }

    /// Hands the bytes of a piece of content to `body` in order.
    ///
    /// - Throws: `ImageError.wrongContent`, after the last piece, when they are not what the digest says.
    func pieces(of content: ContentDescriptor, _ body: ([UInt8]) throws -> Void) throws {
        let range = try Self.range(of: content, in: members)
        var hash = SHA256()
        try source.pieces(of: range) { piece in
            hash.update(piece)
            try body(piece)
        }
        guard hash.finish() == content.digest.hex else { throw ImageError.wrongContent(content.digest) }
    }

    fileprivate static func range(
        of content: ContentDescriptor, in members: [String: TarIndex.Member]
    ) throws(ImageError) -> Range<Int> {
        guard let range = members["blobs/sha256/\(content.digest.hex)"]?.content else { throw ImageError.missing(content.digest) }
        guard range.count == content.byteCount else {
            throw ImageError.wrongSize(content.digest, expected: content.byteCount, found: range.count)
        }
        return range
    }

    fileprivate static func document(
        _ member: TarIndex.Member, _ source: any ByteSource
    ) throws -> (json: JSONValue, bytes: [UInt8]) {
        guard let range = member.content else { throw ImageError.unsupportedFile(member.path) }
        guard range.count <= documentBytesMax else {
            throw ImageError.tooLarge(member.path, bytes: range.count, max: documentBytesMax)
        }
        let bytes = try source.read(at: range.lowerBound, count: range.count)
        guard let json = try? JSONParser.parse(bytes) else { throw ImageError.malformedDocument(member.path) }
        return (json, bytes)
    }

    /// Collects what a manifest leads to.
    private struct Walk {
        let source: any ByteSource
        let members: [String: TarIndex.Member]
        var found: [ContentDescriptor] = []
        private var digests: Set<ContentDigest> = []

        init(source: any ByteSource, members: [String: TarIndex.Member]) {
            self.source = source
            self.members = members
        }

        mutating func visit(_ content: ContentDescriptor, depth: Int) throws {
            guard content.isManifest || content.isIndex else { throw ImageError.mediaType(content.mediaType) }
            guard depth < depthMax else { throw ImageError.tooMany("indexes within indexes", max: depthMax) }
            guard try add(content) else { return }
            let path = "blobs/sha256/\(content.digest.hex)"
            guard let member = members[path] else { throw ImageError.missing(content.digest) }
            let (document, bytes) = try ImageLayout.document(member, source)
            guard SHA256.hex(bytes) == content.digest.hex else { throw ImageError.wrongContent(content.digest) }
            if content.isIndex {
                let children = try descriptors(document["manifests"], path)
                // Images of other platforms may have been left out of the archive.
                let present = children.filter { members["blobs/sha256/\($0.digest.hex)"] != nil }
                if let first = children.first, present.isEmpty { throw ImageError.missing(first.digest) }
                for child in present { try visit(child, depth: depth + 1) }
            } else {
                guard let config = document["config"].flatMap(ContentDescriptor.init(json:)) else {
                    throw ImageError.malformedDocument(path)
                }
                for content in [config] + (try descriptors(document["layers"], path)) { _ = try add(content) }
            }
        }

        /// False when it was there before.
        private mutating func add(_ content: ContentDescriptor) throws(ImageError) -> Bool {
            guard digests.insert(content.digest).inserted else { return false }
            guard found.count < contentMax else { throw ImageError.tooMany("pieces in one image", max: contentMax) }
            _ = try ImageLayout.range(of: content, in: members)
            found.append(content)
            return true
        }

        private func descriptors(_ list: JSONValue?, _ path: String) throws(ImageError) -> [ContentDescriptor] {
            guard let list = list?.array else { throw ImageError.malformedDocument(path) }
            let descriptors = list.compactMap(ContentDescriptor.init(json:))
            guard descriptors.count == list.count else { throw ImageError.malformedDocument(path) }
            return descriptors
        }
    }
}
