import Glibc
import Lab
import PolicyLab

/// Reads manifests from files, directories, standard input and Git.
enum NetpolSources {
    struct Text {
        var name: String
        var text: String
    }

    private static let extensions = [".yaml", ".yml", ".json"]

    static func texts(of sources: [String]) throws(InputRefusal) -> [Text] {
        var result: [Text] = []
        for source in sources {
            if source == "-" {
                result.append(Text(name: "-", text: try read("/dev/stdin", as: "-")))
            } else if FileTree.exists(source) {
                for path in try files(source) { result.append(Text(name: path, text: try read(path, as: path))) }
            } else if let colon = source.firstIndex(of: ":") {
                result += try revision(String(source[..<colon]), String(source[source.index(after: colon)...]))
            } else {
                throw InputRefusal("\(source): no such file or directory")
            }
        }
        return result
    }

    /// Changes whenever one of the files below the sources changes, comes or goes.
    static func signature(of sources: [String]) throws -> [String] {
        var result: [String] = []
        for source in sources where FileTree.exists(source) {
            for path in try files(source) {
                var status = stat()
                guard stat(path, &status) == 0 else { continue }
                result.append("\(path) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
            }
        }
        return result
    }

    private static func read(_ path: String, as name: String) throws(InputRefusal) -> String {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileTree.read(path)
        } catch {
            throw InputRefusal("\(name): \(String(cString: strerror(error.errno)))")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputRefusal("\(name): is no UTF-8 text: save it as UTF-8")
        }
        return text
    }

    /// The file itself, or the manifests below a directory in order of name; hidden directories are left out.
    private static func files(_ path: String) throws(InputRefusal) -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOTDIR { return [path] }
            throw InputRefusal("\(path): \(String(cString: strerror(errno)))")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        var result: [String] = []
        for name in names.sorted() {
            let child = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
            if isDirectory(child) {
                result += try files(child)
            } else if extensions.contains(where: { name.hasSuffix($0) }) {
                result.append(child)
            }
        }
        return result
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Files as they were in a revision; an empty path is the whole of it.
    private static func revision(_ revision: String, _ path: String) throws(InputRefusal) -> [Text] {
        let place = "\(revision):\(path)"
        guard !revision.isEmpty else { throw InputRefusal("\(place): no such file or directory") }
        let filter = path.isEmpty ? "" : " -- \(quoted(path))"
        let listing = "git ls-tree -r --name-only --full-tree \(quoted(revision))\(filter)"
        let list = try output(
            listing,
            failing: "\(place): no such file, and no revision of Git (REVISION:PATH, the path from the repository's root)")
        var result: [Text] = []
        for name in list.split(separator: "\n").map(String.init)
        where name == path || extensions.contains(where: { name.hasSuffix($0) }) {
            let text = try output(
                "git cat-file blob \(quoted("\(revision):\(name)"))", failing: "\(revision):\(name): cannot be read")
            result.append(Text(name: "\(revision):\(name)", text: text))
        }
        if result.isEmpty { throw InputRefusal("\(place): the revision has no manifests there") }
        return result
    }

    private static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static func output(_ command: String, failing message: String) throws(InputRefusal) -> String {
        guard let pipe = popen("LC_ALL=C " + command + " 2>/dev/null", "re") else { throw InputRefusal(message) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard pclose(pipe) == 0 else { throw InputRefusal(message) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
