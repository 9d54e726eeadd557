import API
import APIClient
import Glibc
import JSON
import Lab

/// Brings a cluster up, step by step, and can take it away again at any of them.
struct ClusterLaunch: Sendable {
    let cluster: ClusterPlan
    let imageDirectory: String
    let timeout: Duration
    let console: Console

    /// A refusal before anything was made: there is nothing to take away.
    struct NotStarted: Error {
        let reason: any Error
    }

    static var defaultImageDirectory: String {
        FileTree.ownPath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/images"
    }

    func run() async throws {
        let archives: [String]
        do {
            archives = try await BlockingWork.run { [self] in
                let archives = try check()
                try takeLock()
                return archives
            }
        } catch {
            throw NotStarted(reason: error)
        }
        try await BlockingWork.run { [self] in
            try clearLeftovers()
            try writeFiles()
            try startSupervisor()
        }
        console.step("started \(cluster.nodeCount) nodes and their fabric")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await waitForNodes() }
            group.addTask { try await loadImages(archives) }
            group.addTask { try await BlockingWork.run { [self] in try fillRegistry(archives) } }
            try await group.waitForAll()
        }
    }

    func undo() async throws {
        try await BlockingWork.run { [self] in
            guard let layout = MachineProbe.cgroupLayout() else { return }
            let left = try ClusterRemoval(cluster: cluster, layout: layout).remove(keepData: false) { _ in }
            if !left.isEmpty { console.line("could not remove: \(left.joined(separator: ", "))") }
        }
    }

    /// The last lines of what failed, before `undo` deletes them.
    func showLogTails() {
        let files =
            ["\(cluster.logDirectory)/supervisor.log", "\(cluster.logDirectory)/server.log"]
            + cluster.nodes.prefix(1).flatMap { node in ["init", "containerd", "agent"].map { "\(node.logDirectory)/\($0).log" } }
        for file in files {
            guard let lines = (try? FileTree.text(file))?.split(separator: "\n").suffix(8), !lines.isEmpty else { continue }
            console.line(console.styled("── \(file)", .faint))
            for line in lines { console.line("   \(line)") }
        }
    }

    /// Throws the first refusal, all of them in its text. Returns the archives to load.
    private func check() throws -> [String] {
        let facts = MachineProbe.facts(apiPort: cluster.apiPort, path: Environment.path, program: FileTree.ownPath)
        let refusals = Preflight.refusals(facts, apiPort: cluster.apiPort, store: cluster.store)
        guard refusals.isEmpty else {
            throw Refusal(
                refusals.map(\.problem).joined(separator: "\n       "), remedy: refusals.map(\.remedy).joined(separator: "\n  → ")
            )
        }
        let archives = (FileTree.names(in: imageDirectory) ?? []).filter { $0.hasSuffix(".tar") }
        guard archives.contains("pause.tar") else {
            throw Refusal("no pause.tar in \(imageDirectory): every pod needs that image", remedy: "make images")
        }
        console.step("machine is fit: \(facts.programs["containerd"] ?? "containerd"), \(describe(facts.cgroups))")
        return archives.map { "\(imageDirectory)/\($0)" }
    }

    private func takeLock() throws {
        try FileTree.makeDirectories(cluster.dataDirectory)
        guard let other = try LaunchLock.take(cluster.launchLockFile) else { return }
        throw Refusal(
            "another 'skiff up' (process \(other)) is at work in \(cluster.dataDirectory)", remedy: "wait for it, or: skiff down")
    }

    private func describe(_ layout: CgroupLayout?) -> String {
        if case .unified = layout { "cgroup v2" } else { "cgroup v1" }
    }

    /// A supervisor that was killed leaves nodes running that nobody can reach any more.
    private func clearLeftovers() throws {
        guard let layout = MachineProbe.cgroupLayout() else { return }
        let old = try ClusterPlan.load(dataDirectory: cluster.dataDirectory) ?? cluster
        let removal = ClusterRemoval(cluster: old, layout: layout)
        guard !removal.processes.isEmpty else { return }
        console.step("clearing away what an earlier cluster left")
        let left = try removal.remove(keepData: true) { console.step($0) }
        guard left.isEmpty else {
            throw Refusal("cannot remove \(left.joined(separator: ", "))", remedy: "look at what holds it")
        }
    }

    private func writeFiles() throws {
        // First: by it 'skiff down' finds all the rest, however far this comes.
        try FileTree.write(cluster.planFile, JSONWriter.text(cluster.json) + "\n")
        try FileTree.makeDirectories(cluster.logDirectory)
        try FileTree.makeDirectories("\(cluster.dataDirectory)/store", mode: 0o700)
        try ClusterCredentials(cluster).writeAll()
        let status = try FileTree.text("/proc/self/status")
        let configuration = ContainerdConfiguration(
            hasSysResource: ContainerdConfiguration.hasSysResource(processStatus: status),
            runc: FileTree.program("runc", path: Environment.path) ?? "runc",
            crun: FileTree.program("crun", path: Environment.path))
        let registryHosts = ContainerdConfiguration.localRegistryHosts(for: cluster)
        try ClusterRemoval.remember(hostDirectories: NodeRoot.missingHostDirectories)
        for node in cluster.nodes {
            try NodeRoot.prepare(node)
            let directory = node.configurationDirectory
            try FileTree.write("\(directory)/containerd.toml", configuration.text)
            try FileTree.makeDirectories("\(directory)/certs.d/skiff.local")
            try FileTree.write("\(directory)/certs.d/skiff.local/hosts.toml", registryHosts)
        }
        console.step("wrote certificates and configuration to \(cluster.dataDirectory)")
    }

    /// A session of its own keeps the supervisor out of reach of this terminal's Ctrl-C and hang-up.
    private func startSupervisor() throws {
        var request = ProcessRequest(
            path: FileTree.ownPath, arguments: ["skiff", "supervise", "--data-dir", cluster.dataDirectory],
            environment: Environment.forPrograms, logFile: "\(cluster.logDirectory)/supervisor.log")
        request.startsSession = true
        // In its group before it runs: 'skiff down' finds it from its first moment on.
        if let layout = MachineProbe.cgroupLayout() { request.cgroups = try Supervisor.makeGroup(cluster, layout) }
        let pid = try request.start()
        for _ in 0..<200 {
            if try ControlSocket.ask(cluster.controlSocket, .status) != nil { return }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == 0 else {
                throw Refusal(
                    "the supervisor ended at once (\(ProcessExit(waitStatus: status)))", remedy: "its last lines are above")
            }
            usleep(25_000)
        }
        throw Refusal("the supervisor does not answer", remedy: "look at \(cluster.logDirectory)/supervisor.log")
    }

    /// Waits for the API server, then for each node, telling when one becomes ready.
    private func waitForNodes() async throws {
        let client = try ClusterAccess.client(kubeconfig: cluster.adminKubeconfig, logger: ClusterAccess.quiet)
        let deadline = ContinuousClock.now + timeout
        var serverAnswers = false
        var ready: Set<String> = []
        var lastError = "no answer yet"
        while ContinuousClock.now < deadline {
            do {
                let nodes = try await NodeReadiness.list(client)
                if !serverAnswers { console.step("API server answers on https://127.0.0.1:\(cluster.apiPort)") }
                serverAnswers = true
                for node in nodes where node.isReady && ready.insert(node.name).inserted {
                    console.step("\(node.name) is Ready (\(node.address), pods \(node.podNetwork))")
                }
                if cluster.nodes.allSatisfy({ ready.contains($0.name) }) { return await client.shutdown() }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                lastError = "\(error)"
            }
            try await Task.sleep(for: .milliseconds(150))
        }
        await client.shutdown()
        if !serverAnswers {
            throw Refusal("the API server did not answer in time: \(lastError)", remedy: "its last lines are above")
        }
        let waiting = cluster.nodes.map(\.name).filter { !ready.contains($0) }
        throw Refusal(
            "\(waiting.joined(separator: ", ")) did not become Ready in time", remedy: "the agent's last lines are above")
    }

    private func loadImages(_ archives: [String]) async throws {
        let deadline = ContinuousClock.now + timeout
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in cluster.nodes {
                group.addTask {
                    let pid = try await waitForRuntime(of: node.name, until: deadline)
                    for archive in archives {
                        try await BlockingWork.run { try NodeImages.load(archive, node: node.name, pid: pid) }
                    }
                }
            }
            try await group.waitForAll()
        }
        let names = archives.compactMap { $0.split(separator: "/").last?.dropLast(4) }
        console.step("loaded images onto every node: \(names.joined(separator: ", "))")
    }

    private func fillRegistry(_ archives: [String]) throws {
        let store = RegistryStore(directory: cluster.registryDirectory)
        for archive in archives { try ImageRegistry.add(archive, to: store) }
    }

    private func waitForRuntime(of node: String, until deadline: ContinuousClock.Instant) async throws -> Int32 {
        while ContinuousClock.now < deadline {
            let reply = try await BlockingWork.run { [self] in try ControlSocket.ask(cluster.controlSocket, .status) }
            if let pid = reply?.components.first(where: { $0.name == node })?.pid, NodeImages.socketExists(pid: pid) {
                return pid
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Refusal("containerd on \(node) did not start in time", remedy: "its last lines are above")
    }
}
