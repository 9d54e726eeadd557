import API
import ArgumentParser
import ControlLoop
import DNS
import JSON
import Lab
import NetworkTypes
import Proxy

/// What becomes of a name that a pod asks for.
struct ExplainDNS: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dns",
        abstract: "Say which step of a pod's name search answers, from which object, or why none does.",
        discussion: """
            Answers from the cluster's objects with the code that the nodes' name servers run.

              skiff explain dns web                            as a pod of the namespace 'default' would ask
              skiff explain dns web.shop --from default/client from one pod, with its dnsPolicy and dnsConfig
              skiff explain dns _http._tcp.web                 the SRV records of a port
              skiff explain dns 10.96.0.10                     an address back to its name

            Exit status: 0 the name has a record, 1 it has none, 2 it is not the cluster's and other servers decide.
            """)

    @Argument(help: "The name as a program would ask for it; a dot at the end stops the search. An address: its name.")
    var name: String
    @Option(help: "The pod that asks: NAME or NAMESPACE/NAME; default: any pod of --namespace.") var from: String?
    @Option(help: "The cluster's domain.") var clusterDomain = "cluster.local"
    @Option(help: "How to reach the cluster; default: the cluster of --data-dir, then KUBECONFIG.") var kubeconfig: String?
    @Option(help: "JSON file with the objects, instead of a cluster.") var objects: String?
    @Option(name: .shortAndLong, help: "Namespace of names without one.") var namespace = "default"
    @Option(help: "Pod addresses, comma-separated prefixes.") var clusterCidr = ClusterPlan.podNetwork
    @Option(help: "Service addresses, comma-separated prefixes.") var serviceCidr = ClusterPlan.serviceNetwork
    @OptionGroup var cluster: ClusterOptions

    func run() async throws {
        let (explanation, setup) = try await Refusal.reported { try await explain() }
        var lines: [String] = [
            "search \(setup.searches.map { String($0.description.dropLast()) }.joined(separator: " ")), ndots:\(setup.ndots)"
        ]
        if !setup.foreignServers.isEmpty {
            let servers = setup.foreignServers.joined(separator: " ")
            lines.append("this pod asks \(servers), not the cluster's name server, which would answer:")
        }
        for (index, step) in explanation.steps.enumerated() {
            lines.append("\(index + 1). \(step.name)")
            switch step.result {
            case .answers(let records):
                lines.append("   " + (records.isEmpty ? "exists, without such a record" : records.joined(separator: ", ")))
            case .noSuchName: lines.append("   NXDOMAIN")
            case .forwarded(let servers):
                lines.append("   forwarded" + (servers.isEmpty ? "" : " to \(servers.joined(separator: ", "))"))
            }
            lines.append("   \(step.object.isEmpty ? "" : step.object + ": ")\(step.reason)")
        }
        Console.output(lines.joined(separator: "\n"))
        guard let end = explanation.end else { throw ExitCode(1) }
        switch end.result {
        case .forwarded: throw ExitCode(2)
        case .answers(let records) where records.isEmpty: throw ExitCode(1)
        default: break
        }
    }

    private func withListWatch<Result>(_ body: (any ListWatch) async throws -> Result) async throws -> Result {
        try await cluster.withListWatch(objects: objects, kubeconfig: kubeconfig, body)
    }

    private func explain() async throws -> (NameExplanation, ResolverSetup) {
        try await withListWatch { list in
            let model = DNSModel()
            let ports = PortTable()
            let services = try await list.list(Service.resource, scope: .everything).items
            model.servicesListed(services.compactMap { ServiceRecord(Service(json: $0), ports: ports) })
            let slices = try await list.list(EndpointSlice.resource, scope: .everything).items
            model.slicesListed(slices.compactMap { SliceRecord(EndpointSlice(json: $0), ports: ports) })
            let namespaces = try await list.list(Namespace.resource, scope: .everything).items
            if !namespaces.isEmpty {
                model.namespacesListed(namespaces.compactMap { $0[path: ["metadata", "name"]]?.string })
            }
            let setup = try await setup(list)
            let options = try AgentDNSOptions.parse([]).options(ranges: "\(clusterCidr),\(serviceCidr)")
            guard let domain = DNSName(parsing: clusterDomain) else {
                throw Refusal("'\(clusterDomain)' is no domain", remedy: "give --cluster-domain as the cluster has it")
            }
            var zone = try options.zone(serverAddresses: [])
            zone.domain = domain
            let forward = ForwardConfiguration(upstreams: ResolverFile(nodeFile, own: []).upstreams)
            return (NameExplainer(zone, forward, model).explain(name, for: setup), setup)
        }
    }

    /// The servers that a node of this machine forwards to: nodes show the machine's own file.
    private var nodeFile: String { (try? FileTree.text("/etc/resolv.conf")) ?? "" }

    /// As the kubelet writes it for the pod.
    private func setup(_ list: any ListWatch) async throws -> ResolverSetup {
        let parts = (from ?? "").split(separator: "/").map(String.init)
        let namespace = parts.count == 2 ? parts[0] : self.namespace
        let cluster = ["\(namespace).svc.\(clusterDomain)", "svc.\(clusterDomain)", clusterDomain]
        let inherited = ResolverFile(nodeFile).searches
        guard let podName = parts.last else {
            return ResolverSetup(searches: cluster.compactMap { DNSName(parsing: $0) } + inherited, ndots: 5)
        }
        let pods = try await list.list(Pod.resource, scope: ListScope(namespace: namespace)).items.map(Pod.init(json:))
        guard let pod = pods.first(where: { $0.metadata.name == podName }) else {
            throw Refusal("there is no pod \(namespace)/\(podName)", remedy: "kubectl get pods --namespace \(namespace)")
        }
        let extra = pod.spec.dnsConfig.searches.compactMap { DNSName(parsing: $0) }
        let ndots = pod.spec.dnsConfig.options.first { $0.name == "ndots" }?.value.flatMap { Int($0) }
        var policy = pod.spec.dnsPolicy
        if policy == "ClusterFirst", pod.spec.hostNetwork { policy = "Default" }
        switch policy {
        case "None":
            return ResolverSetup(searches: extra, ndots: ndots ?? 1, foreignServers: pod.spec.dnsConfig.nameservers)
        case "Default":
            let servers = ResolverFile(nodeFile).upstreams.map { "\($0.address)" } + pod.spec.dnsConfig.nameservers
            return ResolverSetup(searches: inherited + extra, ndots: ndots ?? 1, foreignServers: servers)
        default:
            return ResolverSetup(searches: cluster.compactMap { DNSName(parsing: $0) } + inherited + extra, ndots: ndots ?? 5)
        }
    }
}
