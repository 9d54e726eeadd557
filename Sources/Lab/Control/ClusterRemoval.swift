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

    /// Ends the cluster in order when its supervisor answers, else by force. Blocks until all of it is gone.
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
        } else {
            do { try FileTree.remove(cluster.dataDirectory) } catch { left.append("\(error)") }
        }
        return left
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
        for _ in 0..<100 {
            let found = processes.subtracting([own])
            if found.isEmpty { return }
            for pid in found { kill(pid, SIGKILL) }
            usleep(50_000)
        }
    }
}
