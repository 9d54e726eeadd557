import Glibc

/// Reads small files: kubeconfigs, certificates, tokens.
package enum FileBytes {
    /// A larger file is refused.
    package static let bytesMax = 4 * 1024 * 1024

    /// Throws `configuration` naming the file.
    package static func read(_ path: String) throws(APIClientError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .configuration("cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return result }
            guard count > 0 else { throw .configuration("cannot read \(path): \(String(cString: strerror(errno)))") }
            result += buffer[..<count]
            guard result.count <= bytesMax else { throw .configuration("\(path) is larger than \(bytesMax) bytes") }
        }
    }
}
