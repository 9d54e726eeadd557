/// What `skiff up` needs to know about the machine before it begins.
package struct MachineFacts: Hashable, Sendable {
    package var userID: UInt32
    /// Directories of PATH in which a program of this name is, by name.
    package var programs: [String: String]
    /// Text of /proc/filesystems, after a try to load what was missing.
    package var fileSystems: String
    package var cgroups: CgroupLayout?
    /// What a version 2 hierarchy offers; nil: version 1, where a controller that is missing shows as a missing hierarchy.
    package var controllers: Set<String>?
    /// A probe opened the nftables netlink family.
    package var hasNFTables: Bool
    /// A probe made a veth pair in a namespace of its own; nil when it could not be tried (no root).
    package var hasVeth: Bool?
    package var hasBridge: Bool?
    /// The API port on 127.0.0.1 could be bound.
    package var portIsFree: Bool
    /// `skiff-cni` lies beside `skiff`.
    package var hasPlugin: Bool

    package init(
        userID: UInt32, programs: [String: String], fileSystems: String, cgroups: CgroupLayout?,
        controllers: Set<String>? = nil, hasNFTables: Bool, hasVeth: Bool?, hasBridge: Bool?, portIsFree: Bool,
        hasPlugin: Bool
    ) {
        self.userID = userID
        self.programs = programs
        self.fileSystems = fileSystems
        self.cgroups = cgroups
        self.controllers = controllers
        self.hasNFTables = hasNFTables
        self.hasVeth = hasVeth
        self.hasBridge = hasBridge
        self.portIsFree = portIsFree
        self.hasPlugin = hasPlugin
    }
}

/// Why a cluster cannot start on this machine: what is missing and what to do next.
package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package var problem: String
    package var remedy: String

    package init(_ problem: String, remedy: String) {
        self.problem = problem
        self.remedy = remedy
    }

    package var description: String { "\(problem)\n  → \(remedy)" }
}

/// Decides whether a machine can carry a cluster.
package enum Preflight {
    package static let programs = ["containerd", "runc", "ctr"]
    /// Only for clusters that are kept in it.
    package static let etcd = "etcd"

    /// Everything that is missing, most basic first; empty: go ahead. Without root nothing else can be judged.
    package static func refusals(
        _ facts: MachineFacts, apiPort: Int, store: ClusterPlan.StoreKind = .sqlite
    ) -> [Refusal] {
        guard facts.userID == 0 else {
            return [Refusal("skiff up needs root: it makes namespaces, mounts and nftables rules", remedy: "run it with sudo")]
        }
        var found: [Refusal] = []
        let missing = programs.filter { facts.programs[$0] == nil }
        if !missing.isEmpty {
            found.append(
                Refusal(
                    "no \(list(missing)) on PATH: nodes run their containers with it",
                    remedy: "make install-deps, or apt-get install containerd runc"))
        }
        if store == .etcd, facts.programs[etcd] == nil {
            found.append(Refusal("no etcd on PATH: --store etcd runs it", remedy: "apt-get install etcd-server"))
        }
        if !facts.hasPlugin {
            found.append(Refusal("skiff-cni does not lie beside skiff", remedy: "make build, and keep both in one directory"))
        }
        found += kernelRefusals(facts)
        if !facts.portIsFree {
            found.append(
                Refusal(
                    "port \(apiPort) on 127.0.0.1 is taken by another program",
                    remedy: "choose another one: skiff up --api-port \(apiPort < 65535 ? apiPort + 1 : apiPort - 1)"))
        }
        return found
    }

    private static func kernelRefusals(_ facts: MachineFacts) -> [Refusal] {
        var found: [Refusal] = []
        if !facts.hasNFTables {
            found.append(
                Refusal(
                    "this kernel has no nf_tables: Services need it",
                    remedy: "modprobe nf_tables, or boot a kernel with CONFIG_NF_TABLES"))
        }
        if !facts.fileSystems.split(separator: "\n").contains(where: { $0.hasSuffix("\toverlay") }) {
            found.append(
                Refusal(
                    "this kernel has no overlay file system: containers need it",
                    remedy: "modprobe overlay, or boot a kernel with CONFIG_OVERLAY_FS"))
        }
        if facts.hasVeth == false {
            found.append(
                Refusal(
                    "this kernel has no veth links: pods and nodes are wired with them",
                    remedy: "modprobe veth, or boot a kernel with CONFIG_VETH"))
        }
        if facts.hasBridge == false {
            found.append(
                Refusal(
                    "this kernel has no bridge: nodes are joined by one",
                    remedy: "modprobe bridge, or boot a kernel with CONFIG_BRIDGE"))
        }
        if facts.cgroups == nil {
            found.append(
                Refusal(
                    "no cgroup hierarchy is mounted: containers need one", remedy: "mount -t cgroup2 cgroup2 /sys/fs/cgroup"))
        }
        let missing = facts.controllers.map { offered in neededControllers.filter { !offered.contains($0) } } ?? []
        if !missing.isEmpty {
            found.append(
                Refusal(
                    "the cgroup version 2 hierarchy has no \(list(missing)) controller: containers get shares and limits by it",
                    remedy: "boot with cgroup_no_v1=all, or unmount the version 1 hierarchies that hold it"))
        }
        return found
    }

    private static let neededControllers = ["cpu", "memory"]

    private static func list(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }
}
