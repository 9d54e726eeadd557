import CLinux
import Glibc

extension NetworkNamespace {
    /// Makes a namespace with its `lo` down that nothing but the returned value keeps alive.
    package static func create() throws -> NetworkNamespace {
        try FreshThread.run {
            guard unshare(SKIFF_CLONE_NEWNET) == 0 else {
                throw NamespaceError(path: "a new namespace", reason: .system(call: "unshare", errno: errno))
            }
            return try NetworkNamespace.current()
        }
    }

    /// Makes a namespace and pins it as `/run/netns/NAME`, where `ip netns` finds it. EEXIST when the name is taken.
    package static func create(named name: String) throws -> NetworkNamespace {
        try preparePinDirectory()
        let namespace = try create()
        try namespace.pin(at: "\(pinDirectory)/\(name)")
        return try named(name)
    }

    /// Keeps the namespace alive by a bind mount on a new file.
    package func pin(at path: String) throws(NamespaceError) {
        let file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0)
        guard file >= 0 else { throw NamespaceError(path: path, reason: .system(call: "create", errno: errno)) }
        close(file)
        guard mount("/proc/self/fd/\(descriptor)", path, "none", UInt(SKIFF_MS_BIND), nil) == 0 else {
            let error = NamespaceError(path: path, reason: .system(call: "mount", errno: errno))
            unlink(path)
            throw error
        }
    }

    /// Takes the pin away; the namespace ends with its last process, socket and open descriptor. No error when it is gone.
    package static func unpin(_ path: String) throws(NamespaceError) {
        if umount2(path, Int32(SKIFF_MNT_DETACH)) < 0, errno != EINVAL, errno != ENOENT {
            throw NamespaceError(path: path, reason: .system(call: "umount", errno: errno))
        }
        if unlink(path) < 0, errno != ENOENT {
            throw NamespaceError(path: path, reason: .system(call: "unlink", errno: errno))
        }
    }

    package static func remove(named name: String) throws(NamespaceError) { try unpin("\(pinDirectory)/\(name)") }

    /// A shared mount of its own, so that a pin made in one mount namespace shows, and goes, in all of them.
    private static func preparePinDirectory() throws(NamespaceError) {
        let path = pinDirectory
        if mkdir(path, 0o755) < 0, errno != EEXIST {
            throw NamespaceError(path: path, reason: .system(call: "mkdir", errno: errno))
        }
        let shared = UInt(SKIFF_MS_SHARED | SKIFF_MS_REC)
        if mount("", path, "none", shared, nil) == 0 { return }
        guard errno == EINVAL, mount(path, path, "none", UInt(SKIFF_MS_BIND | SKIFF_MS_REC), nil) == 0,
            mount("", path, "none", shared, nil) == 0
        else { throw NamespaceError(path: path, reason: .system(call: "mount", errno: errno)) }
    }
}
