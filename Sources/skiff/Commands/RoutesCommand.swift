import APIClient
import ArgumentParser
import ControlLoop
import JSON
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
            Makes a direct route to the pods of each node on a common link, VXLAN to the others, and masquerades what pods send out of
            the cluster. Works in the network namespace that it runs in. With --objects it takes Nodes from a file and needs no cluster.
            Everything stays in place when it ends; --remove takes it away.
            """)

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "JSON file with Nodes, instead of a cluster.") var objects: String?
    @Option(help: "The node that this machine is.") var nodeName: String
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
                _ = try await MasqueradeApplier(rules: rules).apply(own: [], inside: nil)
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
        if let objects { return StaticListWatch(document: try JSONParser.parse(try FileTree.read(objects))) }
        guard let kubeconfig else { preconditionFailure("validate() has seen one of the two") }
        return HTTPListWatch(client: try ClusterAccess.client(kubeconfig: kubeconfig, logger: log))
    }

    private func reporter(_ log: Logger) throws -> NodeNetworkReporter? {
        guard let kubeconfig else { return nil }
        let client = try ClusterAccess.client(kubeconfig: kubeconfig, logger: log)
        return NodeNetworkReporter(nodeName: nodeName, writer: HTTPObjectWriter(client: client), logger: log)
    }
}
