/// Why an image could not be written or read.
package enum ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    case pathTooLong(String)
    case unsupportedFile(String)
    case compression(code: Int32)
    case name(String)
    /// An entry whose path leaves the archive.
    case unsafePath(String)
    /// Two entries, or two parts of one entry's description, that contradict each other.
    case duplicate(String)
    /// A header that is none, at this byte.
    case malformedHeader(offset: Int)
    /// The archive ends within this entry.
    case truncated(String)
    case tooMany(String, max: Int)
    case tooLarge(String, bytes: Int, max: Int)
    /// A document of the layout that says nothing, or something impossible.
    case malformedDocument(String)
    case missing(ContentDigest)
    case wrongSize(ContentDigest, expected: Int, found: Int)
    case wrongContent(ContentDigest)
    case mediaType(String)

    package var description: String {
        switch self {
        case .pathTooLong(let path): "\(path): too long for a tar archive"
        case .unsupportedFile(let path): "\(path) is neither file, directory nor link"
        case .compression(let code): "zlib refused with code \(code)"
        case .name(let name): "'\(name)' is no image name: write host/name:tag"
        case .unsafePath(let path): "the archive names a file outside itself: '\(path)'"
        case .duplicate(let name): "the archive has '\(name)' twice"
        case .malformedHeader(let offset): "no tar header at byte \(offset)"
        case .truncated(let name): "the archive ends within '\(name)'"
        case .tooMany(let what, let max): "the archive has more than \(max) \(what)"
        case .tooLarge(let name, let bytes, let max): "'\(name)' has \(bytes) bytes; \(max) are the most"
        case .malformedDocument(let name): "'\(name)' is no document of an image layout"
        case .missing(let digest): "the archive lacks \(digest)"
        case .wrongSize(let digest, let expected, let found): "\(digest) has \(found) bytes instead of \(expected)"
        case .wrongContent(let digest): "the content of \(digest) has another digest"
        case .mediaType(let type): "content of type '\(type)' is neither an image nor an index of images"
        }
    }
}
