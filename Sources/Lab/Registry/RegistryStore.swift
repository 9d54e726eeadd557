import Glibc
import JSON

/// The registry's directory: `catalog.json`, and `blobs` with a file per piece, named by its digest. Every call blocks.
///
/// Commands add, one at a time; the serving process only reads, and sees the catalog before or after a change, never within.
package struct RegistryStore: Sendable {
    private let directory: String

    package init(directory: String) { self.directory = directory }

    private var catalogFile: String { "\(directory)/catalog.json" }
    private var blobs: String { "\(directory)/blobs" }

    /// Empty when nothing was ever added.
    package func catalog() throws -> RegistryCatalog {
        guard let bytes = try FileTree.readIfPresent(catalogFile) else { return RegistryCatalog() }
        guard let json = try? JSONParser.parse(bytes), let catalog = RegistryCatalog(json: json) else {
            throw ImageError.malformedDocument(catalogFile)
        }
        return catalog
    }

    /// Throws when the content is not there, or not whole.
    package func open(_ content: ContentDescriptor) throws -> FileSource {
        let source = try FileSource(path(content.digest))
        guard source.byteCount == content.byteCount else {
            throw ImageError.wrongSize(content.digest, expected: content.byteCount, found: source.byteCount)
        }
        return source
    }

    /// Takes the images of an OCI archive whose names are the registry's own; a tag that was there before is replaced, and
    /// content that no tag leads to any more is removed.
    ///
    /// - Returns: The images taken; empty when the archive has none, or is none of OCI's.
    /// - Throws: `ImageError` when the archive contradicts itself, `SystemError`; nothing has changed then.
    @discardableResult
    package func add(archive: String) throws -> [ImageReference] {
        guard let layout = try ImageLayout(try FileSource(archive)), !layout.images.isEmpty else { return [] }
        try FileTree.makeDirectories(blobs)
        let lock = try takeLock()
        defer { close(lock) }
        var catalog = try catalog()
        for image in layout.images {
            for content in image.content { try copy(content, from: layout) }
            catalog.images[image.reference] = .init(manifest: image.manifest.digest, content: image.content)
        }
        try FileTree.write(catalogFile, JSONWriter.text(catalog.json) + "\n")
        let kept = Set(catalog.digests.map(\.hex))
        for name in FileTree.names(in: blobs) ?? [] where !kept.contains(name) { unlink("\(blobs)/\(name)") }
        return layout.images.map(\.reference)
    }

    private func path(_ digest: ContentDigest) -> String { "\(blobs)/\(digest.hex)" }

    private func copy(_ content: ContentDescriptor, from layout: ImageLayout) throws {
        if (try? open(content)) != nil { return }
        try FileTree.write(path(content.digest)) { write in try layout.pieces(of: content) { try write($0) } }
    }

    private func takeLock() throws(SystemError) -> Int32 {
        let path = "\(directory)/lock"
        let lock = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw SystemError("open \(path)", errno: errno) }
        while flock(lock, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let error = SystemError("lock \(path)", errno: errno)
                close(lock)
                throw error
            }
        }
        return lock
    }
}
