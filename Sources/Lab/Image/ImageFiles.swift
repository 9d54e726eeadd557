import Glibc

/// Reads a directory as the entries of an image layer: names sorted, owners and times dropped.
package enum ImageFiles {
    package static func entries(of root: String) throws -> [TarArchive.Entry] {
        var entries: [TarArchive.Entry] = []
        try collect(root, prefix: "", into: &entries)
        return entries
    }

    private static func collect(_ directory: String, prefix: String, into entries: inout [TarArchive.Entry]) throws {
        guard let names = FileTree.names(in: directory) else { throw SystemError("read \(directory)", errno: errno) }
        for name in names {
            let source = "\(directory)/\(name)"
            let path = prefix + name
            var status = stat()
            guard lstat(source, &status) == 0 else { throw SystemError("read \(source)", errno: errno) }
            let mode = Int(status.st_mode & 0o7777)
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                entries.append(TarArchive.Entry(path: path, mode: mode, content: .directory))
                try collect(source, prefix: path + "/", into: &entries)
            case S_IFREG:
                entries.append(TarArchive.Entry(path: path, mode: mode, content: .file(try FileTree.read(source))))
            case S_IFLNK:
                entries.append(TarArchive.Entry(path: path, mode: 0o777, content: .symbolicLink(try target(of: source))))
            default: throw ImageError.unsupportedFile(source)
            }
        }
    }

    private static func target(of link: String) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            // SAFETY: the buffer is not empty, and any byte may be written as a character.
            bytes.withMemoryRebound(to: CChar.self) { text in text.baseAddress.map { readlink(link, $0, text.count) } ?? -1 }
        }
        guard count >= 0 else { throw SystemError("read link \(link)", errno: errno) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }
}
