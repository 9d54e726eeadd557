import CLinux
import Glibc

/// Puts a node's file system together and makes it the root. Runs as the node's pid 1, in its own mount namespace.
package enum NodeRoot {
    package static func enter(_ plan: NodePlan) throws(SystemError) {
        // Nothing done here may reach the host's mounts, whatever propagation they have.
        try mount("none", on: "/", type: nil, flags: UInt(SKIFF_MS_REC | SKIFF_MS_PRIVATE))
        let root = NodePlan.root
        try FileTree.makeDirectories(root)
        for step in plan.mounts { try perform(step, root: root) }
        guard chdir(root) == 0 else { throw SystemError("enter \(root)", errno: errno) }
        // The old root is stacked on the new one and let go of, so that no mount of the host stays.
        guard pivot_root_linux(".", ".") == 0 else { throw SystemError("pivot_root", errno: errno) }
        guard umount2(".", Int32(SKIFF_MNT_DETACH)) == 0 else { throw SystemError("detach the old root", errno: errno) }
        guard chdir("/") == 0 else { throw SystemError("enter /", errno: errno) }
        // Pods may ask for mounts that travel to them or from them.
        try mount("none", on: "/", type: nil, flags: UInt(SKIFF_MS_REC | SKIFF_MS_SHARED))
    }

    private static func perform(_ step: MountOperation, root: String) throws(SystemError) {
        switch step {
        case .bind(let source, let target):
            // Over a directory that a disk mount brings, or on an own link below /etc: resolve as the host would.
            let path = target == "/" ? root : root + target
            guard FileTree.exists(source) else { return }
            try mount(source, on: path, type: nil, flags: UInt(SKIFF_MS_BIND))
        case .mount(let type, let target, let options, let flags):
            try mount(type, on: root + target, type: type, flags: UInt(flags.rawValue), options: options)
        case .makeDirectory(let path): try FileTree.makeDirectories(root + path)
        case .makeFile(let path): try FileTree.write(root + path, [])
        case .symbolicLink(let path, let target):
            guard symlink(target, root + path) == 0 || errno == EEXIST else {
                throw SystemError("link \(path)", errno: errno)
            }
        }
    }

    private static func mount(
        _ source: String, on target: String, type: String?, flags: UInt, options: String = ""
    ) throws(SystemError) {
        guard Glibc.mount(source, target, type, flags, options) == 0 else {
            throw SystemError("mount \(source) on \(target)", errno: errno)
        }
    }

    /// Makes the directories that a node's mounts stand on: the node's own below its directory, and the host's mount points.
    package static func prepare(_ node: NodeIdentity) throws(SystemError) {
        for path in NodePlan.canonicalDirectories {
            try FileTree.makeDirectories(node.directory + path)
            try FileTree.makeDirectories(path)
        }
        try FileTree.makeDirectories(node.logDirectory)
        try FileTree.makeDirectories(node.configurationDirectory)
    }

    /// Host directories that `prepare` makes, parents first, for `skiff down` to take away.
    package static var missingHostDirectories: [String] {
        var missing: [String] = []
        for path in NodePlan.canonicalDirectories {
            var current = ""
            for part in path.split(separator: "/") {
                current += "/\(part)"
                if !FileTree.exists(current), !missing.contains(current) { missing.append(current) }
            }
        }
        return missing
    }
}
