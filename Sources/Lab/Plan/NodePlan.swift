/// One step in furnishing a node's file system; paths are below the new root unless they say otherwise.
package enum MountOperation: Hashable, Sendable {
    /// Shows a host directory or file; never what is mounted below it, or a node would hold foreign namespaces open.
    case bind(source: String, target: String)
    case mount(type: String, target: String, options: String, flags: MountFlags)
    case makeDirectory(String)
    case makeFile(String)
    case symbolicLink(String, target: String)
}

/// What a mount forbids: the kernel's MS_NOSUID, MS_NODEV, MS_NOEXEC.
package struct MountFlags: OptionSet, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let noSetuid = MountFlags(rawValue: 2)
    package static let noDevices = MountFlags(rawValue: 4)
    package static let noExecution = MountFlags(rawValue: 8)
    package static let nothing: MountFlags = [.noSetuid, .noDevices, .noExecution]
}

/// What a node's pid 1 does to turn the host's file system into a machine of its own.
package struct NodePlan: Hashable, Sendable {
    /// Where the node's root is put together.
    package static let root = "/run/skiff-root"
    /// The node's own corner of its private /run.
    package static let home = "/run/skiff"
    package static let configuration = "\(home)/etc"
    package static let logs = "\(home)/log"
    package static let binary = "\(home)/bin/skiff"
    package static let pluginBinary = "\(home)/bin/skiff-cni"
    package static let runtimeSocket = "/run/containerd/containerd.sock"

    /// What a node keeps for itself, on the paths where every tool looks for it.
    package static let canonicalDirectories = [
        "/etc/cni/net.d", "/opt/cni/bin", "/var/lib/cni", "/var/lib/containerd", "/var/lib/kubelet", "/var/log/containers",
        "/var/log/pods",
    ]

    package let node: NodeIdentity
    package let mounts: [MountOperation]

    /// - Parameters:
    ///   - mountInfo: The host's /proc/self/mountinfo.
    ///   - binaries: Host paths of `skiff` and `skiff-cni`.
    package init(
        node: NodeIdentity, cluster: ClusterPlan, layout: CgroupLayout, mountInfo: String, skiff: String, plugin: String
    ) {
        self.node = node
        var steps: [MountOperation] = [.bind(source: "/", target: "/")]
        steps += Self.diskMounts(mountInfo, excluding: cluster.dataDirectory).map { .bind(source: $0, target: $0) }
        steps += Self.kernelMounts(layout)
        steps += [
            .mount(type: "tmpfs", target: "/run", options: "mode=755", flags: [.noSetuid, .noDevices]),
            .makeDirectory("/run/netns"), .makeDirectory("/run/lock"), .makeDirectory("/run/containerd"),
            .makeDirectory("\(Self.home)/bin"), .makeFile(Self.binary), .makeFile(Self.pluginBinary),
            .bind(source: skiff, target: Self.binary), .bind(source: plugin, target: Self.pluginBinary),
            .makeDirectory(Self.configuration), .makeDirectory(Self.logs),
            .bind(source: node.configurationDirectory, target: Self.configuration),
            .bind(source: node.logDirectory, target: Self.logs),
        ]
        steps += Self.canonicalDirectories.map { .bind(source: node.directory + $0, target: $0) }
        steps += ["skiff-cni", "loopback"].map { .symbolicLink("/opt/cni/bin/\($0)", target: Self.pluginBinary) }
        mounts = steps
    }

    private static func kernelMounts(_ layout: CgroupLayout) -> [MountOperation] {
        var steps: [MountOperation] = [
            .mount(type: "proc", target: "/proc", options: "", flags: .nothing),
            .mount(type: "sysfs", target: "/sys", options: "", flags: .nothing),
        ]
        switch layout {
        case .unified:
            steps.append(.mount(type: "cgroup2", target: "/sys/fs/cgroup", options: "", flags: .nothing))
        case .legacy(let hierarchies):
            steps.append(.mount(type: "tmpfs", target: "/sys/fs/cgroup", options: "mode=755", flags: .nothing))
            for hierarchy in hierarchies {
                let target = "/sys/fs/cgroup/\(hierarchy.directory)"
                let options = hierarchy.isNamed ? "none,\(hierarchy.option)" : hierarchy.option
                steps += [
                    .makeDirectory(target), .mount(type: "cgroup", target: target, options: options, flags: .nothing),
                ]
            }
        }
        return steps + [
            .mount(type: "devtmpfs", target: "/dev", options: "", flags: .noSetuid),
            .makeDirectory("/dev/pts"), .makeDirectory("/dev/shm"), .makeDirectory("/dev/mqueue"),
            .mount(
                type: "devpts", target: "/dev/pts", options: "newinstance,ptmxmode=0666,mode=620,gid=5",
                flags: [.noSetuid, .noExecution]),
            .mount(type: "tmpfs", target: "/dev/shm", options: "mode=1777", flags: [.noSetuid, .noDevices]),
            .mount(type: "mqueue", target: "/dev/mqueue", options: "", flags: .nothing),
        ]
    }

    /// File systems on disks or servers, without which programs of the host could be missing in a node (/usr, /opt, /home).
    /// A node's bind of `/` does not carry them along.
    package static func diskMounts(_ mountInfo: String, excluding dataDirectory: String) -> [String] {
        let kinds: Set<String> = [
            "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "nfs", "nfs4", "virtiofs", "xfs", "zfs", "9p",
        ]
        let ours = ["/dev", "/proc", "/run", "/sys", dataDirectory] + canonicalDirectories
        var found: [String] = []
        for mount in MountPoint.list(mountInfo) where kinds.contains(mount.kind) {
            let point = mount.path
            let isOurs = ours.contains { point == $0 || point.hasPrefix($0 + "/") }
            if point != "/", !isOurs, !found.contains(point) { found.append(point) }
        }
        return found
    }
}
