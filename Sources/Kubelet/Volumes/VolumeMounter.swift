import API
import Glibc

/// Makes planned volumes true on the node, and takes them down again.
struct VolumeMounter: Sendable {
    /// Names the generation of projected files; any value not used before in this volume.
    var generation: String
    var fsGroup: Int64?

    /// May be repeated: directories stay, unchanged files are not written again.
    func mount(_ plan: VolumePlan, name: String) throws(VolumeError) {
        do throws(FileError) {
            switch plan {
            case .directory(let path, let tmpfs, let size):
                try NodeFiles.makeDirectories(path)
                if tmpfs { try NodeFiles.mountTmpfs(path, sizeBytes: size) }
                try NodeFiles.setMode(path, 0o777 | (fsGroup == nil ? 0 : S_ISGID))
                if let fsGroup { try NodeFiles.setGroup(path, fsGroup) }
            case .host(let path, let type): try prepareHost(path, type)
            case .files(let path, let tmpfs, let files):
                try NodeFiles.makeDirectories(path)
                if tmpfs { try NodeFiles.mountTmpfs(path, sizeBytes: nil) }
                try write(files, into: path)
            }
        } catch {
            throw VolumeError(volume: name, message: "\(error)")
        }
    }

    private func prepareHost(_ path: String, _ type: String) throws(FileError) {
        switch type {
        case "DirectoryOrCreate": try NodeFiles.makeDirectories(path)
        case "FileOrCreate":
            if !NodeFiles.exists(path) { try NodeFiles.write(path, []) }
        case "Directory":
            if !NodeFiles.isDirectory(path) { throw FileError(operation: "hostPath type check", path: path, errno: ENOTDIR) }
        case "": break
        default:
            if !NodeFiles.exists(path) { throw FileError(operation: "hostPath type check", path: path, errno: ENOENT) }
        }
    }

    /// Readers see either every old file or every new one: files lie in a directory of their own, `..data` points to it and
    /// is replaced by one rename.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/volume/util/atomic_writer.go`.
    private func write(_ files: [VolumePlan.File], into path: String) throws(FileError) {
        let old = NodeFiles.readLink("\(path)/..data")
        if let old, isSame(files, "\(path)/\(old)") { return }
        let new = "..\(generation)"
        let directory = "\(path)/\(new)"
        try NodeFiles.makeDirectories(directory)
        for file in files {
            if let slash = file.path.lastIndex(of: "/") { try NodeFiles.makeDirectories("\(directory)/\(file.path[..<slash])") }
            let target = "\(directory)/\(file.path)"
            let mode = mode_t(file.mode) | (fsGroup == nil ? 0 : 0o440)
            try NodeFiles.write(target, file.bytes, mode: mode)
            if let fsGroup { try NodeFiles.setGroup(target, fsGroup) }
        }
        try NodeFiles.remove("\(path)/..data_tmp")
        try NodeFiles.link(new, at: "\(path)/..data_tmp")
        try NodeFiles.move("\(path)/..data_tmp", to: "\(path)/..data")
        let visible = Set(files.compactMap { $0.path.split(separator: "/").first.map(String.init) })
        for name in visible where NodeFiles.readLink("\(path)/\(name)") == nil {
            try NodeFiles.link("..data/\(name)", at: "\(path)/\(name)")
        }
        for name in NodeFiles.list(path) where !name.hasPrefix("..") && !visible.contains(name) {
            try NodeFiles.remove("\(path)/\(name)")
        }
        if let old, old != new { try NodeFiles.remove("\(path)/\(old)") }
    }

    private func isSame(_ files: [VolumePlan.File], _ directory: String) -> Bool {
        func count(_ path: String) -> Int {
            NodeFiles.list(path).reduce(0) { $0 + (NodeFiles.isDirectory("\(path)/\($1)") ? count("\(path)/\($1)") : 1) }
        }
        return count(directory) == Set(files.map(\.path)).count
            && files.allSatisfy { NodeFiles.read("\(directory)/\($0.path)") == $0.bytes }
    }

    /// Unmounts and removes every volume of a pod.
    static func unmountAll(_ paths: PodPaths) throws(FileError) {
        for plugin in NodeFiles.list(paths.volumes) {
            for name in NodeFiles.list("\(paths.volumes)/\(plugin)") {
                try NodeFiles.unmount("\(paths.volumes)/\(plugin)/\(name)")
                try NodeFiles.remove("\(paths.volumes)/\(plugin)/\(name)")
            }
        }
        try NodeFiles.remove(paths.volumes)
    }
}
