/// What a tar archive holds and where in it: ustar, with GNU's and POSIX's long names. Contents stay in the source.
///
/// Everything in an archive is somebody else's: a path that leaves the archive, a size beyond its end, a path that comes twice
/// and a description without bound are refused.
struct TarIndex {
    struct Member: Hashable, Sendable {
        /// Without leading `./` and trailing slash.
        var path: String
        /// Nil: a directory, link or device.
        var content: Range<Int>?
    }

    private(set) var members: [String: Member] = [:]

    static let membersMax = 65_536
    /// Of a long name or a record of attributes.
    static let extensionBytesMax = 1 << 20

    /// Whether the source begins as a tar archive does; a compressed one does not.
    static func isTar(_ source: any ByteSource) throws -> Bool {
        TarHeader(try source.read(at: 0, count: TarHeader.blockBytes)) != nil
    }

    init(_ source: any ByteSource) throws {
        var offset = 0
        var pending = Extension()
        while offset < source.byteCount {
            let block = try source.read(at: offset, count: TarHeader.blockBytes)
            if block.allSatisfy({ $0 == 0 }) { break }
            guard let header = TarHeader(block) else { throw ImageError.malformedHeader(offset: offset) }
            let start = offset + TarHeader.blockBytes
            let count = header.isExtension ? header.byteCount : pending.byteCount(header)
            guard count <= source.byteCount - start else { throw ImageError.truncated(pending.path ?? header.path) }
            offset = start + (count + TarHeader.blockBytes - 1) / TarHeader.blockBytes * TarHeader.blockBytes
            if header.isExtension {
                guard count <= Self.extensionBytesMax else {
                    throw ImageError.tooLarge(header.path, bytes: count, max: Self.extensionBytesMax)
                }
                try pending.read(header, try source.read(at: start, count: count))
            } else {
                try add(pending.path ?? header.path, header.isFile ? start..<start + count : nil)
                pending = Extension()
            }
        }
    }

    private mutating func add(_ written: String, _ content: Range<Int>?) throws(ImageError) {
        // By bytes: to a String, a slash with an accent is no slash.
        let bytes = written.utf8
        guard bytes.first != UInt8(ascii: "/"), !bytes.contains(0) else { throw ImageError.unsafePath(written) }
        let parts = bytes.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }.filter { $0 != "." }
        guard !parts.contains("..") else { throw ImageError.unsafePath(written) }
        let path = parts.joined(separator: "/")
        if path.isEmpty, content == nil { return }  // the root itself
        guard !path.isEmpty else { throw ImageError.unsafePath(written) }
        if let earlier = members[path] {
            // Several layers of packing may each have made the same directory.
            guard earlier.content == nil, content == nil else { throw ImageError.duplicate(path) }
        }
        guard members.count < Self.membersMax else { throw ImageError.tooMany("entries", max: Self.membersMax) }
        members[path] = Member(path: path, content: content)
    }
}

extension TarHeader {
    /// Describes the entry after it instead of being one.
    fileprivate var isExtension: Bool { Set("xgLK".utf8).contains(type) }
    fileprivate var isFile: Bool { type == UInt8(ascii: "0") || type == UInt8(ascii: "7") || type == 0 }
}

/// What headers before an entry say about it.
private struct Extension {
    var path: String?
    private var size: Int?

    func byteCount(_ header: TarHeader) -> Int { header.isFile ? size ?? header.byteCount : header.byteCount }

    mutating func read(_ header: TarHeader, _ body: [UInt8]) throws(ImageError) {
        switch header.type {
        case UInt8(ascii: "L"): path = String(decoding: body.prefix { $0 != 0 }, as: UTF8.self)
        case UInt8(ascii: "x"):
            for (key, value) in try Self.records(body) {
                if key == "path" { path = value }
                if key == "size" {
                    guard let number = Int(value), number >= 0 else { throw ImageError.malformedDocument("size \(value)") }
                    size = number
                }
                // A sparse file's content is not what stands in the archive.
                if key.hasPrefix("GNU.sparse") { throw ImageError.unsupportedFile(path ?? header.path) }
            }
        default: break  // long targets of links, and attributes of all entries: nothing here needs them
        }
    }

    /// `25 path=some/long/name\n` one after another; the number counts the whole record.
    private static func records(_ body: [UInt8]) throws(ImageError) -> [(String, String)] {
        var records: [(String, String)] = []
        var rest = body[...]
        while !rest.isEmpty, rest.first != 0 {
            let digits = rest.prefix { $0 != 0x20 }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1, length <= rest.count,
                rest[rest.startIndex + length - 1] == 0x0a
            else { throw ImageError.malformedDocument("attributes of an entry") }
            let record = rest[(digits.endIndex + 1)..<(rest.startIndex + length - 1)]
            let key = record.prefix { $0 != UInt8(ascii: "=") }
            guard key.endIndex < record.endIndex else { throw ImageError.malformedDocument("attributes of an entry") }
            records.append((String(decoding: key, as: UTF8.self), String(decoding: record[(key.endIndex + 1)...], as: UTF8.self)))
            rest = rest[(rest.startIndex + length)...]
        }
        return records
    }
}
