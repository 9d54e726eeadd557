import CLinux
import Glibc
import Netlink

/// Takes a cluster away, whether its supervisor still lives or not.
package struct ClusterRemoval {
    package let cluster: ClusterPlan
    package let layout: CgroupLayout

    package init(cluster: ClusterPlan, layout: CgroupLayout) {
        self.cluster = cluster
        self.layout = layout
    }

    /// Processes of this cluster that run now.
    package var processes: Set<Int32> { CgroupTree.processes(in: cluster.cgroup, layout: layout) }

    /// Ends the cluster in order when its supervisor answers, else by force. Blocks until all of it is gone. Works again and again,
    /// on whatever an interrupted `skiff up` or `skiff down` left.
    ///
    /// - Returns: What could not be removed; empty when nothing is left.
    package func remove(keepData: Bool, progress: (String) -> Void) throws -> [String] {
        var left: [String] = []
        if let reply = try? ControlSocket.ask(cluster.controlSocket, .down) {
            progress("stopped \(reply.components.count) components")
            waitForEnd(seconds: 5)
        }
        let survivors = processes
        if !survivors.isEmpty {
            progress("ending \(survivors.count) processes that nobody supervises")
            killAll()
        }
        for name in ([cluster.fabricNamespace] + cluster.nodes.map(\.networkNamespace)) {
            do { try FabricApplier.remove(namespace: name) } catch { left.append("\(error)") }
        }
        left += CgroupTree.remove(cluster.cgroup, layout: layout)
        removeShared()
        unlink(cluster.controlSocket)
        if keepData {
            unlink(cluster.lockFile)
        } else if let error = removeData() {
            left.append("\(error)")
        }
        return left
    }

    /// A `skiff up` that is still at work would make anew what is taken away here. It is asked to end, which makes it take away
    /// the cluster itself, and killed when it does not. Blocks until it has ended. Not for `skiff up` itself.
    package func endLaunch(progress: (String) -> Void) {
        guard let launch = LaunchLock.holder(of: cluster.launchLockFile) else { return }
        progress("ending process \(launch), which is starting the cluster")
        kill(launch, SIGTERM)
        for tick in 0..<Self.launchTicksMax {
            guard LaunchLock.holder(of: cluster.launchLockFile) == launch else { return }
            if tick == Self.launchTicksMax / 2 { kill(launch, SIGKILL) }
            usleep(Self.tickMicroseconds)
        }
    }

    /// Files that others still write, or a mount that somebody left, need another try.
    private func removeData() -> SystemError? {
        var last: SystemError?
        for _ in 0..<Self.removalTriesMax {
            // Never through a mount: what lies behind it may be anybody's.
            let mounts = (try? FileTree.text("/proc/self/mountinfo")) ?? ""
            for point in MountPoint.below(cluster.dataDirectory, mounts) { umount2(point, Int32(SKIFF_MNT_DETACH)) }
            do throws(SystemError) {
                try FileTree.remove(cluster.dataDirectory)
                return nil
            } catch {
                // The directory itself may be a disk of its own; empty, it stays.
                let isOwnDisk = MountPoint.list(mounts).contains { $0.path == cluster.dataDirectory }
                if isOwnDisk, error.errno == EBUSY, FileTree.names(in: cluster.dataDirectory) == [] { return nil }
                guard [ENOTEMPTY, EEXIST, EBUSY].contains(error.errno) else { return error }
                last = error
            }
            usleep(Self.tickMicroseconds)
        }
        return last
    }

    private static let tickMicroseconds: UInt32 = 50_000
    /// Half of them after asking, half after killing.
    private static let launchTicksMax = 600
    private static let removalTriesMax = 100

    /// A cluster whose description is gone while its processes run: somebody removed the data directory under it.
    ///
    /// - Returns: Nil when no process of a cluster of this name works in the directory.
    package static func lost(name: String, dataDirectory: String, layout: CgroupLayout) -> ClusterPlan? {
        guard
            let plan = try? ClusterPlan(
                name: name, nodeCount: ClusterPlan.nodeCountMax, dataDirectory: dataDirectory, apiPort: 1)
        else { return nil }
        let isOurs = CgroupTree.processes(in: plan.cgroup, layout: layout).contains { pid in
            let words = ((try? FileTree.text("/proc/\(pid)/cmdline")) ?? "").split(separator: "\0")
            return zip(words, words.dropFirst()).contains { $0 == "--data-dir" && $1 == plan.dataDirectory }
        }
        return isOurs ? plan : nil
    }

    /// Empty directories of the host that some cluster made as mount points, one per line.
    static let hostDirectoriesFile = "/run/skiff-host-directories"

    /// Remembers directories for the last cluster to take away.
    package static func remember(hostDirectories: [String]) throws(SystemError) {
        guard !hostDirectories.isEmpty else { return }
        try FileTree.writeInPlace(
            hostDirectoriesFile, Array((hostDirectories.joined(separator: "\n") + "\n").utf8),
            flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    }

    /// What clusters share goes with the last of them: removing a directory would take away what another has mounted there.
    private func removeShared() {
        for directory in layout.directories(of: "/skiff") { rmdir(directory) }
        guard layout.directories(of: "/skiff").allSatisfy({ !FileTree.exists($0) }) else { return }
        let text = (try? FileTree.text(Self.hostDirectoriesFile)) ?? ""
        // Only empty ones go: rmdir refuses the others.
        for directory in text.split(separator: "\n").reversed() { rmdir(String(directory)) }
        unlink(Self.hostDirectoriesFile)
    }

    private func waitForEnd(seconds: Int) {
        for _ in 0..<seconds * 20 {
            if processes.isEmpty { return }
            usleep(50_000)
        }
    }

    /// A process may start another between the look and the kill, so it looks again until nothing is left.
    private func killAll() {
        let own = getpid()
        for _ in 0..<600 {
            let found = processes.subtracting([own])
            if found.isEmpty { return }
            for pid in found { kill(pid, SIGKILL) }
            usleep(50_000)
        }
    }
}
