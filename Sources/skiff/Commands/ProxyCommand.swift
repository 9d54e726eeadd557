import APIClient
import ArgumentParser
import ControlLoop
import JSON
import Lab
import Logging
import Netfilter
import NetworkTypes
import Proxy

/// The service proxy alone.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Run only the service proxy on this machine, against any Kubernetes cluster.",
        discussion: """
            Writes nftables rules into tables of its own (skiff-proxy) in the network namespace that it runs in. The node needs
            net.ipv4.ip_forward=1. With --objects it takes Services and EndpointSlices from a file and needs no cluster.
            """)

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "JSON file with Services and EndpointSlices, instead of a cluster.") var objects: String?
    @Option(help: "The node that this machine is.") var nodeName: String
    @Option(help: "Pod addresses, comma-separated prefixes; traffic from elsewhere to a Service is masqueraded.")
    var clusterCidr = ClusterPlan.podNetwork
    @Option(help: "Service addresses, comma-separated prefixes; those that no Service has are refused.") var serviceCidr: String?
    @Flag(help: "Write the rules once and end; they stay.") var once = false

    func validate() throws {
        guard (kubeconfig == nil) != (objects == nil) else { throw ValidationError("give either --kubeconfig or --objects") }
        _ = try prefixes(clusterCidr, "--cluster-cidr")
        _ = try prefixes(serviceCidr ?? "", "--service-cidr")
    }

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("proxy")
            let applier = try KernelApplier(logger: log)
            let syncer = ProxySyncer(
                listWatch: try source(log), applier: applier, flows: applier,
                configuration: ProxyConfiguration(
                    nodeName: nodeName, clusterCIDRs: try prefixes(clusterCidr, "--cluster-cidr"),
                    serviceCIDRs: try prefixes(serviceCidr ?? "", "--service-cidr")),
                logger: log)
            let once = once
            try await Interruption.untilAsked { if once { try await syncer.runOnce() } else { try await syncer.run() } }
        }
    }

    private func source(_ log: Logger) throws -> any ListWatch {
        if let objects { return StaticListWatch(document: try JSONParser.parse(try FileTree.read(objects))) }
        guard let kubeconfig else { preconditionFailure("validate() has seen one of the two") }
        return HTTPListWatch(client: try ClusterAccess.client(kubeconfig: kubeconfig, logger: log))
    }

    private func prefixes(_ text: String, _ option: String) throws -> [CIDR] {
        try text.split(separator: ",").map { part in
            guard let prefix = CIDR(parsing: part) else { throw ValidationError("\(option): '\(part)' is no address prefix") }
            return prefix
        }
    }
}
