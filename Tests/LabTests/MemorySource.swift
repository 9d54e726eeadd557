import Lab

/// An archive in memory.
struct MemorySource: ByteSource {
    let bytes: [UInt8]

    var byteCount: Int { bytes.count }

    func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] { Array(bytes.dropFirst(offset).prefix(count)) }
}

/// Writes tar entries that no writer of ours would: any type, any size field, any path.
enum RawTar {
    static func entry(
        _ path: String, type: Character = "0", size: String? = nil, prefix: String = "", magic: String = "ustar\u{0}00",
        link: String = "", _ body: [UInt8] = []
    ) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) { header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8) }
        put(path, at: 0)
        put("0000644", at: 100)
        put(size ?? String(body.count, radix: 8), at: 124)
        put(String(type), at: 156)
        put(link, at: 157)
        put(magic, at: 257)
        put(prefix, at: 345)
        return sealed(header) + body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
    }

    static func sealed(_ header: [UInt8]) -> [UInt8] {
        var header = header
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        header.replaceSubrange(148..<148 + sum.utf8.count, with: sum.utf8)
        return header
    }

    static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count
        while "\(length)".utf8.count + rest.utf8.count != length { length = "\(length)".utf8.count + rest.utf8.count }
        return Array("\(length)\(rest)".utf8)
    }

    static let end = [UInt8](repeating: 0, count: 1024)
}
