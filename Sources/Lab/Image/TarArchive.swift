/// Writes a POSIX ustar archive whose bytes depend on its entries only: owner root, one fixed time, the order given.
package struct TarArchive {
    package enum Content: Hashable, Sendable {
        case directory
        case file([UInt8])
        case symbolicLink(String)
        case hardLink(String)
    }

    package struct Entry: Hashable, Sendable {
        /// Without a leading slash.
        package var path: String
        /// Permission bits.
        package var mode: Int
        package var content: Content

        package init(path: String, mode: Int, content: Content) {
            self.path = path
            self.mode = mode
            self.content = content
        }
    }

    /// 2024-01-01T00:00:00Z.
    package static let time: Int64 = 1_704_067_200

    package private(set) var bytes: [UInt8] = []

    package init() {}

    package static func write(_ entries: [Entry]) throws(ImageError) -> [UInt8] {
        var archive = TarArchive()
        for entry in entries { try archive.append(entry) }
        archive.finish()
        return archive.bytes
    }

    package mutating func append(_ entry: Entry) throws(ImageError) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, length: Int) throws(ImageError) {
            let utf8 = Array(text.utf8)
            guard utf8.count <= length else { throw ImageError.pathTooLong(entry.path) }
            header.replaceSubrange(offset..<offset + utf8.count, with: utf8)
        }
        func put(octal value: Int64, at offset: Int, length: Int) throws(ImageError) {
            let digits = String(value, radix: 8)
            try put(String(repeating: "0", count: max(0, length - 1 - digits.count)) + digits, at: offset, length: length - 1)
        }
        let (type, link, body) = Self.parts(entry.content)
        let name = type == UInt8(ascii: "5") ? entry.path + "/" : entry.path
        let (prefix, rest) = try Self.split(name)
        try put(rest, at: 0, length: 100)
        try put(octal: Int64(entry.mode & 0o7777), at: 100, length: 8)
        try put(octal: 0, at: 108, length: 8)
        try put(octal: 0, at: 116, length: 8)
        try put(octal: Int64(body.count), at: 124, length: 12)
        try put(octal: Self.time, at: 136, length: 12)
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        header[156] = type
        try put(link, at: 157, length: 100)
        try put("ustar", at: 257, length: 6)
        try put("00", at: 263, length: 2)
        try put(prefix, at: 345, length: 155)
        let sum = header.reduce(0) { $0 + Int64($1) }
        try put(octal: sum, at: 148, length: 7)
        header[154] = 0
        bytes += header
        bytes += body
        bytes += [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
    }

    /// Two empty blocks end an archive.
    package mutating func finish() { bytes += [UInt8](repeating: 0, count: 1024) }

    private static func parts(_ content: Content) -> (type: UInt8, link: String, body: [UInt8]) {
        switch content {
        case .file(let body): (UInt8(ascii: "0"), "", body)
        case .hardLink(let target): (UInt8(ascii: "1"), target, [])
        case .symbolicLink(let target): (UInt8(ascii: "2"), target, [])
        case .directory: (UInt8(ascii: "5"), "", [])
        }
    }

    /// A path of more than 100 bytes is cut at a slash: up to 155 before it, up to 100 after.
    private static func split(_ path: String) throws(ImageError) -> (prefix: String, name: String) {
        guard path.utf8.count > 100 else { return ("", path) }
        for index in path.indices where path[index] == "/" {
            let prefix = path[..<index]
            let name = path[path.index(after: index)...]
            if prefix.utf8.count <= 155, name.utf8.count <= 100, !name.isEmpty { return (String(prefix), String(name)) }
        }
        throw ImageError.pathTooLong(path)
    }
}
