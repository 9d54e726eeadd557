import APIClient
import ArgumentParser
import ControlLoop
import Lab
import Logging
import NFTables
import Netfilter
import NetworkTypes
import NodeNetwork
import Proxy

/// The node network alone.
struct RoutesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes",
        abstract: "Run only the ways to other nodes' pods on this machine, against any Kubernetes cluster.",
        discussion: """
            For each other Node and each of its spec.podCIDRs: a direct route where the two nodes share a link, VXLAN where they do not. Pods
            that talk to what lies outside the cluster get this node's address. Nodes come, go and change while it runs; what others
            delete comes back within a second; when the cluster does not answer, everything stays as it is. Nothing goes when it
            ends; --remove takes all of it away.

            It needs root, the node's network namespace, Nodes with podCIDRs (kube-controller-manager --allocate-node-cidrs), and a
            kubeconfig whose user may list and watch nodes, patch nodes/status, and create and patch events:

              kubectl create clusterrole skiff-routes --verb=list,watch --resource=nodes
              skiff routes --kubeconfig FILE --cluster-cidr 10.244.0.0/16 --service-cidr 10.96.0.0/12 --cni-conf-dir /etc/cni/net.d

            What it would make, without a cluster and without touching this machine:

              kubectl get nodes -o json >nodes.json
              unshare -n skiff routes --objects nodes.json --node-name NODE --once

            What is wrong is told once, in the log and as an event on the Node: podCIDRs that overlap, change or are none, nodes without
            an address or on no common link. See also: skiff doctor --local --kubeconfig FILE.
            """)

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "File with Nodes, JSON or YAML, instead of a cluster; read again when it changes.") var objects: String?
    @Option(help: "The Node that this machine is (default: its host name).") var nodeName = ProxyOptions.hostName
    @Option(help: "Pod addresses of the cluster, comma-separated prefixes.") var clusterCidr = ClusterPlan.podNetwork
    @Option(help: "Service addresses of the cluster, comma-separated prefixes.") var serviceCidr = ""
    @Option(help: "Where the runtime's network configuration is written, as /etc/cni/net.d (default: not written).")
    var cniConfDir: String?
    @OptionGroup var node: NodeNetworkOptions
    @Flag(help: "Make one comparison and end; what was made stays.") var once = false
    @Flag(help: "Take away every route, tunnel and rule that this command made, and end.") var remove = false

    func validate() throws {
        guard remove || (kubeconfig == nil) != (objects == nil) else {
            throw ValidationError("give either --kubeconfig or --objects")
        }
        _ = try inside()
    }

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("routes")
            let kernel = try await BlockingWork.run { try NodeKernel() }
            let rules = try KernelApplier(logger: log)
            if remove {
                try await BlockingWork.run { try NodeNetworkRemoval.remove(from: kernel) }
                _ = try await MasqueradeApplier(rules: rules).apply(.none)
                return
            }
            let conflist = cniConfDir.map { ConflistWriter(directory: $0) }
            let controller = NodeRouteController(
                try node.configuration(nodeName: nodeName, inside: try inside(), conflist: conflist), listWatch: try source(log),
                kernel: kernel, rules: rules, reporter: try reporter(log), logger: log)
            let once = once
            try await Interruption.untilAsked { if once { try await controller.runOnce() } else { try await controller.run() } }
        }
    }

    private func inside() throws -> [CIDR] {
        try RangeOptions.prefixes(clusterCidr, "--cluster-cidr") + RangeOptions.prefixes(serviceCidr, "--service-cidr")
    }

    private func source(_ log: Logger) throws -> any ListWatch {
        if let objects { return try ObjectsFile(objects) }
        guard let kubeconfig else { preconditionFailure("validate() has seen one of the two") }
        return HTTPListWatch(client: try ClusterAccess.client(kubeconfig: kubeconfig, logger: log))
    }

    private func reporter(_ log: Logger) throws -> NodeNetworkReporter? {
        guard let kubeconfig else { return nil }
        let client = try ClusterAccess.client(kubeconfig: kubeconfig, logger: log)
        return NodeNetworkReporter(nodeName: nodeName, writer: HTTPObjectWriter(client: client), logger: log)
    }
}
