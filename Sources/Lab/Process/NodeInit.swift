import CLinux
import Glibc
package import Logging
import NetworkTypes

/// The life of a node's pid 1: furnish the machine, start containerd and the agent, reap, end on SIGTERM.
package struct NodeInit {
    package let cluster: ClusterPlan
    package let node: NodeIdentity
    package let log: Logger

    package init(cluster: ClusterPlan, node: NodeIdentity, log: Logger) {
        self.cluster = cluster
        self.node = node
        self.log = log
    }

    /// Returns when the node was asked to shut down and its programs have ended.
    package func run(environment: [String: String]) throws {
        guard getpid() == 1 else { throw SystemError("node-init must be pid 1 of a namespace of its own", errno: EPERM) }
        guard let layout = MachineProbe.cgroupLayout() else { throw SystemError("find the cgroup hierarchies", errno: ENOENT) }
        let keeper = try ProcessKeeper(log: log)
        let mountInfo = try FileTree.text("/proc/self/mountinfo")
        let program = FileTree.ownPath
        let plan = NodePlan(
            node: node, cluster: cluster, layout: layout, mountInfo: mountInfo, skiff: program,
            plugin: MachineProbe.plugin(beside: program))
        guard sethostname(node.name, node.name.utf8.count) == 0 else { throw SystemError("sethostname", errno: errno) }
        try NodeRoot.enter(plan)
        if layout.needsLeaf { CgroupTree.delegate("/sys/fs/cgroup") }
        let path = environment["PATH"] ?? ""
        guard let containerd = FileTree.program("containerd", path: path) else {
            throw SystemError("find containerd on PATH", errno: ENOENT)
        }
        keeper.add(runtime(containerd, environment: environment))
        let names = NameServerSockets.addresses(services: cluster.serviceNetworks)
        let nameSockets = try NameServerSockets.open(names)
        keeper.add(agent(environment: environment, nameSockets: nameSockets))
        log.info("booted", metadata: ["node": "\(node.name)"])
        keeper.run()
        log.info("shutting down", metadata: ["node": "\(node.name)"])
        keeper.stopAll()
    }

    private func runtime(_ program: String, environment: [String: String]) -> ProcessKeeper.Component {
        ProcessKeeper.Component(name: "containerd", grace: .seconds(2)) { [cluster] in
            ProcessRequest(
                path: program, arguments: ["containerd", "-c", "\(NodePlan.configuration)/containerd.toml"],
                environment: environment.merging(ContainerdConfiguration.environment(for: cluster)) { $1 },
                logFile: "\(NodePlan.logs)/containerd.log")
        }
    }

    private func agent(environment: [String: String], nameSockets: [Int32]) -> ProcessKeeper.Component {
        func list(_ items: [some CustomStringConvertible]) -> String { items.map(\.description).joined(separator: ",") }
        return ProcessKeeper.Component(name: "agent", grace: .seconds(5)) { [node, cluster] in
            var request = ProcessRequest(
                path: NodePlan.binary,
                arguments: [
                    "skiff", "agent", "--node-name", node.name, "--node-address", list(node.addresses), "--cluster-cidr",
                    list(cluster.podNetworks), "--service-cidr", list(cluster.serviceNetworks), "--non-masquerade-cidr",
                    list(cluster.fabricNetworks), "--kubeconfig",
                    "\(NodePlan.configuration)/kubeconfig", "--proxy-kubeconfig", "\(NodePlan.configuration)/proxy.kubeconfig",
                    "--client-ca", "\(NodePlan.configuration)/ca.crt",
                    "--tls-certificate",
                    "\(NodePlan.configuration)/kubelet.crt", "--tls-key", "\(NodePlan.configuration)/kubelet.key",
                    "--dns-sockets", "\(nameSockets.count)",
                ],
                environment: environment, logFile: "\(NodePlan.logs)/agent.log")
            request.passedDescriptors = nameSockets
            return request
        }
    }
}
