import API

/// The cgroup directories of pods, which the runtime fills but never makes or removes at pod level.
struct PodCgroups: Sendable {
    /// `/sys/fs/cgroup`.
    let root: String
    /// Controller directories of version 1; nil: version 2.
    let hierarchies: [String]?

    init(root: String) {
        self.root = root
        let unified = NodeFiles.exists("\(root)/cgroup.controllers")
        hierarchies = unified ? nil : NodeFiles.list(root).filter { NodeFiles.exists("\(root)/\($0)/cgroup.procs") }
    }

    /// Makes the pod's directories with its limits. May be repeated.
    func create(_ path: String, _ pod: Pod) throws(FileError) {
        let cpu = pod.requests["cpu"]?.milliValue ?? 0
        let every = pod.spec.containers + pod.spec.initContainers
        let quota = every.allSatisfy { $0.resources.limits["cpu"] != nil } ? pod.limits["cpu"]?.milliValue ?? 0 : 0
        let memory = every.allSatisfy { $0.resources.limits["memory"] != nil } ? pod.limits["memory"]?.value ?? 0 : 0
        guard let hierarchies else { return try createUnified(path, milliCPU: cpu, quota: quota, memory: memory) }
        for name in hierarchies {
            var directory = "\(root)/\(name)"
            for part in path.split(separator: "/") {
                let parent = directory
                directory += "/" + part
                try NodeFiles.makeDirectories(directory)
                if NodeFiles.exists("\(directory)/cpuset.cpus") { copyCPUSet(from: parent, to: directory) }
            }
            set("\(directory)/cpu.shares", LinuxResourcesBuilder.shares(milliCPU: cpu))
            if quota > 0 {
                set("\(directory)/cpu.cfs_period_us", LinuxResourcesBuilder.period)
                set("\(directory)/cpu.cfs_quota_us", LinuxResourcesBuilder.quota(milliCPU: quota))
            }
            if memory > 0 { set("\(directory)/memory.limit_in_bytes", memory) }
        }
    }

    private func createUnified(_ path: String, milliCPU: Int64, quota: Int64, memory: Int64) throws(FileError) {
        var directory = root
        for part in path.split(separator: "/") {
            let controllers = (NodeFiles.text("\(directory)/cgroup.controllers") ?? "").split(whereSeparator: \.isWhitespace)
            for controller in controllers { put("\(directory)/cgroup.subtree_control", "+\(controller)") }
            directory += "/" + part
            try NodeFiles.makeDirectories(directory)
        }
        let shares = LinuxResourcesBuilder.shares(milliCPU: milliCPU)
        set("\(directory)/cpu.weight", max(1, 1 + (shares - 2) * 9999 / 262_142))
        if quota > 0 {
            put("\(directory)/cpu.max", "\(LinuxResourcesBuilder.quota(milliCPU: quota)) \(LinuxResourcesBuilder.period)")
        }
        if memory > 0 { set("\(directory)/memory.max", memory) }
    }

    /// Removes the directory in every hierarchy, children first; what is still in use stays.
    func remove(_ path: String) {
        for base in hierarchies.map({ $0.map { "\(root)/\($0)" } }) ?? [root] { Self.removeTree(base + path) }
    }

    private static func removeTree(_ path: String) {
        guard NodeFiles.exists(path) else { return }
        for name in NodeFiles.list(path) where NodeFiles.isDirectory("\(path)/\(name)") { removeTree("\(path)/\(name)") }
        NodeFiles.removeEmptyDirectory(path)
    }

    /// An empty cpuset refuses processes, so a new one takes what its parent has.
    private func copyCPUSet(from parent: String, to directory: String) {
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let own = (NodeFiles.text("\(directory)/\(file)") ?? "").filter { !$0.isWhitespace }
            if own.isEmpty, let value = NodeFiles.text("\(parent)/\(file)") { put("\(directory)/\(file)", value) }
        }
    }

    private func set(_ path: String, _ value: Int64) { put(path, String(value)) }

    /// A limit that this kernel or hierarchy does not have is not an error.
    private func put(_ path: String, _ value: String) {
        if NodeFiles.exists(path) { NodeFiles.overwrite(path, value) }
    }
}
