import Glibc

/// Makes, searches and removes control groups of ours.
package enum CgroupTree {
    package static func perform(_ operations: [CgroupOperation]) throws(SystemError) {
        for operation in operations {
            switch operation {
            case .makeDirectory(let path): try FileTree.makeDirectories(path)
            case .copy(let source, let target):
                // Writing what a running group already has is refused on some kernels and needless on all.
                let current = try FileTree.text(target)
                if current.trimmed.isEmpty { try FileTree.writeInPlace(target, try FileTree.read(source)) }
            case .delegate(let path): delegate(path)
            }
        }
    }

    /// Offers each controller by itself: one that the kernel refuses (a real-time process holds cpu) must not cost the others.
    package static func delegate(_ path: String) {
        guard let text = try? FileTree.text("\(path)/cgroup.controllers") else { return }
        for controller in text.trimmed.split(separator: " ") {
            try? FileTree.writeInPlace("\(path)/cgroup.subtree_control", Array("+\(controller)".utf8))
        }
    }

    /// Every process in the group and below, in every hierarchy.
    package static func processes(in group: String, layout: CgroupLayout) -> Set<Int32> {
        var found: Set<Int32> = []
        for directory in layout.directories(of: group) { collect(directory, into: &found) }
        return found
    }

    private static func collect(_ directory: String, into found: inout Set<Int32>) {
        guard let names = FileTree.names(in: directory) else { return }
        if let text = try? FileTree.text("\(directory)/cgroup.procs") {
            // A process of another pid namespace that cannot be named shows as 0.
            found.formUnion(text.split(separator: "\n").compactMap { Int32($0) }.filter { $0 > 1 })
        }
        for name in names where !name.contains(".") || isDirectory("\(directory)/\(name)") {
            collect("\(directory)/\(name)", into: &found)
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Removes the group and all below it, in every hierarchy. Groups that still hold processes stay.
    /// - Returns: Directories that could not be removed.
    @discardableResult
    package static func remove(_ group: String, layout: CgroupLayout) -> [String] {
        var left: [String] = []
        for directory in layout.directories(of: group) { removeTree(directory, left: &left) }
        return left
    }

    private static func removeTree(_ directory: String, left: inout [String]) {
        guard let names = FileTree.names(in: directory) else { return }
        for name in names where isDirectory("\(directory)/\(name)") { removeTree("\(directory)/\(name)", left: &left) }
        // A process that was just killed leaves its group a moment after it can be waited for.
        for _ in 0..<500 {
            if rmdir(directory) == 0 || errno == ENOENT { return }
            guard errno == EBUSY else { break }
            usleep(10_000)
        }
        left.append(directory)
    }
}

extension String {
    /// Without white space at both ends.
    package var trimmed: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }
}
