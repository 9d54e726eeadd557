import Glibc
package import Logging
import Netlink
import NetworkTypes

/// Owns a running cluster: the fabric, the server, the nodes. One thread, one loop.
package struct Supervisor {
    package let cluster: ClusterPlan
    package let layout: CgroupLayout
    package let log: Logger

    package init(cluster: ClusterPlan, layout: CgroupLayout, log: Logger) {
        self.cluster = cluster
        self.layout = layout
        self.log = log
    }

    static let server = "server"
    static let etcd = "etcd"
    /// The way of images to the nodes: the proxy that leads out of the fabric, and the cluster's own registry.
    static let images = "images"

    /// Returns when everything has ended and been cleared away. Throws when another supervisor owns the cluster.
    package func run(environment: [String: String]) throws {
        let lock = try takeLock()
        defer { close(lock) }
        let keeper = try ProcessKeeper(log: log)
        try joinGroup()
        let program = FileTree.ownPath
        let hostSocket = try HostListener.open(port: cluster.apiPort)
        let fabric = try buildFabric()
        let imageSockets = try fabric.perform { [address = "\(cluster.fabricAddress)"] in
            try [ClusterPlan.egressPort, ClusterPlan.registryPort].map { try HostListener.open(port: $0, address: address) }
        }
        let control = try ControlSocket.listen(cluster.controlSocket)
        defer { close(control) }

        if cluster.store == .etcd {
            keeper.add(ProcessKeeper.Component(name: Self.etcd) { [self] in etcd(in: fabric, environment) })
        }
        keeper.add(
            ProcessKeeper.Component(name: Self.server) { [self] in
                var arguments = ["server", "--data-dir", cluster.dataDirectory, "--listen-descriptor", "3"]
                if cluster.store == .etcd { arguments += ["--etcd", ClusterPlan.etcdURL] }
                var request = component(Self.server, program, arguments, environment)
                request.passedDescriptors = [hostSocket]
                request.networkNamespace = fabric.descriptor
                return request
            })
        keeper.add(
            ProcessKeeper.Component(name: Self.images) { [self] in
                var request = component(
                    Self.images, program,
                    [
                        "serve-images", "--proxy-descriptor", "3", "--registry-descriptor", "4", "--registry",
                        cluster.registryDirectory,
                    ], environment)
                request.passedDescriptors = imageSockets
                return request
            })
        for node in cluster.nodes { keeper.add(component(for: node, program: program, environment: environment)) }
        log.info("supervising", metadata: ["cluster": "\(cluster.name)", "nodes": "\(cluster.nodeCount)"])

        var farewell: Int32?
        keeper.run(watching: [control]) { descriptor in
            ControlSocket.serve(descriptor) { request in
                if request == .down {
                    farewell = 0
                    clearAway(keeper)
                }
                return answer(request, keeper)
            }
            return farewell != nil
        }
        if farewell == nil { clearAway(keeper) }
        unlink(cluster.controlSocket)
        log.info("down", metadata: ["cluster": "\(cluster.name)"])
    }

    private func answer(_ request: ControlRequest, _ keeper: ProcessKeeper) -> ControlReply {
        var reply = ControlReply(supervisor: getpid())
        switch request {
        case .stopNode(let name), .startNode(let name):
            if cluster.node(named: name) == nil {
                reply.error = "there is no node '\(name)'; nodes are \(cluster.nodes.map(\.name).joined(separator: ", "))"
            } else if case .stopNode = request {
                keeper.stop(name, immediately: true)
                keeper.turn { keeper.pid(of: name) == nil }
            } else {
                keeper.want(name)
            }
        case .status, .down: break
        }
        reply.components = keeper.reports.map(ComponentStatus.init)
        return reply
    }

    private func component(
        _ name: String, _ program: String, _ arguments: [String], _ environment: [String: String]
    ) -> ProcessRequest {
        var request = ProcessRequest(
            path: program, arguments: ["skiff"] + arguments, environment: environment,
            logFile: "\(cluster.logDirectory)/\(name).log")
        request.startsSession = true
        return request
    }

    private func etcd(in fabric: NetworkNamespace, _ environment: [String: String]) -> ProcessRequest {
        var request = ProcessRequest(
            path: FileTree.program("etcd", path: environment["PATH"] ?? "") ?? "etcd",
            arguments: [
                "etcd", "--name", cluster.name, "--data-dir", cluster.etcdDirectory,
                "--listen-client-urls", ClusterPlan.etcdURL, "--advertise-client-urls", ClusterPlan.etcdURL,
                "--listen-peer-urls", ClusterPlan.etcdPeerURL, "--initial-advertise-peer-urls", ClusterPlan.etcdPeerURL,
                "--initial-cluster", "\(cluster.name)=\(ClusterPlan.etcdPeerURL)", "--log-level", "warn",
            ], environment: environment, logFile: "\(cluster.logDirectory)/etcd.log")
        request.startsSession = true
        request.networkNamespace = fabric.descriptor
        return request
    }

    private func component(for node: NodeIdentity, program: String, environment: [String: String]) -> ProcessKeeper.Component {
        let machine = NodeMachine(node: node, cluster: cluster, layout: layout, program: program)
        let held = HeldNamespace()
        return ProcessKeeper.Component(
            name: node.name, grace: .seconds(12),
            cleanUp: {
                held.namespace = nil
                machine.cleanUp()
            },
            prepare: { try machine.prepare(environment: environment) { held.namespace = $0 } })
    }

    /// Keeps a node's network namespace open between its making and the start of pid 1.
    private final class HeldNamespace {
        var namespace: NetworkNamespace?
    }

    private func takeLock() throws(SystemError) -> Int32 {
        let lock = open(cluster.lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw SystemError("open \(cluster.lockFile)", errno: errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            throw SystemError("another supervisor owns \(cluster.dataDirectory)", errno: errno)
        }
        return lock
    }

    /// By its group a later command finds the supervisor and what it started, even when the socket is dead.
    ///
    /// - Returns: The files by which a process joins it.
    package static func makeGroup(_ cluster: ClusterPlan, _ layout: CgroupLayout) throws(SystemError) -> [String] {
        let group = "\(cluster.cgroup)/supervisor"
        try CgroupTree.perform(layout.creation(of: group))
        return layout.directories(of: group).map { "\($0)/cgroup.procs" }
    }

    private func joinGroup() throws(SystemError) {
        for file in try Self.makeGroup(cluster, layout) { try FileTree.writeInPlace(file, Array("0".utf8)) }
    }

    private func buildFabric() throws -> NetworkNamespace {
        try? FabricApplier.remove(namespace: cluster.fabricNamespace)
        var applier = FabricApplier()
        try applier.apply(FabricPlan.fabric(cluster))
        return try applier.namespace(cluster.fabricNamespace)
    }

    private func clearAway(_ keeper: ProcessKeeper) {
        for node in cluster.nodes { keeper.stop(node.name) }
        keeper.turn { cluster.nodes.allSatisfy { keeper.pid(of: $0.name) == nil } }
        keeper.stopAll()
        try? FabricApplier.remove(namespace: cluster.fabricNamespace)
    }
}
