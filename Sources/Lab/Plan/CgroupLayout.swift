/// How this machine arranges control groups.
package enum CgroupLayout: Hashable, Sendable {
    /// One hierarchy with every controller.
    case unified(mountPoint: String)
    /// A hierarchy per controller or set of controllers (version 1), as mounted.
    case legacy([Hierarchy])

    package struct Hierarchy: Hashable, Sendable {
        /// Mount option: `cpu,cpuacct`, or `name=systemd` for a hierarchy without controllers.
        package let option: String
        package let mountPoint: String

        package init(option: String, mountPoint: String) {
            self.option = option
            self.mountPoint = mountPoint
        }

        /// Directory below /sys/fs/cgroup inside a node: `cpu,cpuacct`, `systemd`.
        package var directory: String { option.hasPrefix("name=") ? String(option.dropFirst(5)) : option }
        package var isNamed: Bool { option.hasPrefix("name=") }
        package var hasCpuset: Bool { option.split(separator: ",").contains("cpuset") }
    }

    /// Reads /proc/self/cgroup and /proc/self/mounts.
    ///
    /// Controllers are mounted as the kernel groups them, so the list comes from the machine, never from here. A version 2
    /// hierarchy beside version 1 ("hybrid") is left alone: crun refuses to work when a node shows both.
    /// - Returns: Nil when no hierarchy is mounted.
    package static func detect(processCgroups: String, mounts: String) -> CgroupLayout? {
        var legacyMounts: [(options: Set<Substring>, mountPoint: String)] = []
        var unified: String?
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 4 else { continue }
            if fields[2] == "cgroup" {
                legacyMounts.append((Set(fields[3].split(separator: ",")), String(fields[1])))
            } else if fields[2] == "cgroup2", unified == nil {
                unified = String(fields[1])
            }
        }
        var hierarchies: [Hierarchy] = []
        for line in processCgroups.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3, !fields[1].isEmpty else { continue }
            let wanted = Set(fields[1].split(separator: ","))
            guard let found = legacyMounts.first(where: { wanted.isSubset(of: $0.options) }) else { continue }
            hierarchies.append(Hierarchy(option: String(fields[1]), mountPoint: found.mountPoint))
        }
        hierarchies.sort { $0.option < $1.option }
        if hierarchies.contains(where: { !$0.isNamed }) { return .legacy(hierarchies) }
        return unified.map { .unified(mountPoint: $0) }
    }

    package var mountPoints: [String] {
        switch self {
        case .unified(let mountPoint): [mountPoint]
        case .legacy(let hierarchies): hierarchies.map(\.mountPoint)
        }
    }

    /// Directories of ours in which only other groups stand, in every hierarchy.
    package func directories(of group: String) -> [String] { mountPoints.map { $0 + group } }
}

/// One step before a process joins a group of ours.
package enum CgroupOperation: Hashable, Sendable {
    case makeDirectory(String)
    /// Copies a file's text: an empty cpuset refuses every process.
    case copy(from: String, to: String)
    /// Offers every controller of the group to its children, those it cannot offer left out.
    case delegate(String)
}

extension CgroupLayout {
    /// The steps that make the group `path` (`/skiff/skiff/node1`) and its parents usable.
    package func creation(of path: String) -> [CgroupOperation] {
        let parts = path.split(separator: "/")
        var operations: [CgroupOperation] = []
        switch self {
        case .unified(let mountPoint):
            var directory = mountPoint
            for part in parts {
                operations.append(.delegate(directory))
                directory += "/\(part)"
                operations.append(.makeDirectory(directory))
            }
        case .legacy(let hierarchies):
            for hierarchy in hierarchies {
                var directory = hierarchy.mountPoint
                for part in parts {
                    let parent = directory
                    directory += "/\(part)"
                    operations.append(.makeDirectory(directory))
                    guard hierarchy.hasCpuset else { continue }
                    for file in ["cpuset.cpus", "cpuset.mems"] {
                        operations.append(.copy(from: "\(parent)/\(file)", to: "\(directory)/\(file)"))
                    }
                }
            }
        }
        return operations
    }

    /// The leaf that a node's processes start in: in version 2 a group with controllers for its children may hold no process.
    package static let leaf = "init"

    package var needsLeaf: Bool {
        if case .unified = self { true } else { false }
    }
}
