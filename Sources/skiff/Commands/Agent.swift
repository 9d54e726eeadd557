import APIClient
import ArgumentParser
import CRI
import CRIgRPC
import ControlLoop
import GRPC
import HTTP
import Kubelet
import Lab
import Logging
import Netfilter
import NetworkTypes
import NodeNetwork
import PKI
import Proxy

/// Kubelet, proxy, policies and node routes in one process.
struct Agent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a node's agent: kubelet, service proxy, network policies and routes to the other nodes' pods.",
        discussion: "'skiff up' starts one in each node. By itself it joins any cluster that its kubeconfig reaches.")

    @Option(help: "This node's name.") var nodeName: String
    @Option(help: "This node's address, or one of each family with a comma between; the first is the primary one.")
    var nodeAddress: String
    @Option(help: "Credentials of system:node:NAME.") var kubeconfig: String
    @Option(help: "Credentials of system:kube-proxy, which sees every node and endpoint; default: the node's own.")
    var proxyKubeconfig: String?
    @Option(help: "containerd's socket.") var runtimeSocket = NodePlan.runtimeSocket
    @Option(help: "Certificate of the authority whose clients may use the kubelet's API.") var clientCa: String
    @Option(help: "Certificate of the kubelet's API.") var tlsCertificate: String
    @Option(help: "Key of the kubelet's API.") var tlsKey: String
    @Option(help: "Addresses of all pods, comma-separated prefixes.") var clusterCidr = ClusterPlan.podNetwork
    @Option(help: "Addresses of all Services, comma-separated prefixes.") var serviceCidr = ClusterPlan.serviceNetwork
    @OptionGroup var node: NodeNetworkOptions
    @OptionGroup var serving: ProxyServingOptions
    @OptionGroup var conntrack: ConntrackOptions
    @OptionGroup var dns: AgentDNSOptions
    @OptionGroup var enforcement: EnforcementOptions

    private static let kubeletPort = 10250

    func validate() throws {
        _ = try NodeNetworkOptions.addresses(nodeAddress)
        _ = try RangeOptions.prefixes(clusterCidr, "--cluster-cidr")
        _ = try RangeOptions.prefixes(serviceCidr, "--service-cidr")
    }

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("agent")
            log.info("starting", metadata: ["node": "\(nodeName)"])
            let client = try ClusterAccess.client(kubeconfig: kubeconfig, logger: log)
            let listWatch = HTTPListWatch(client: client)
            let proxyClient = try ClusterAccess.client(kubeconfig: proxyKubeconfig ?? kubeconfig, logger: log)
            let wide = HTTPListWatch(client: proxyClient)
            let runtime = GRPCClient(configuration: GRPCConfiguration(target: .unix(path: runtimeSocket)), logger: log)
            let names = try await nameServer(log)
            var settings = KubeletConfiguration(
                nodeName: nodeName, nodeAddresses: try NodeNetworkOptions.addresses(nodeAddress).map(\.description))
            settings.clusterDNS = dns.servers(services: serviceCidr)
            settings.clusterDomain = dns.clusterDomain
            settings.resolvConfPath = dns.resolverPath
            let kubelet = Kubelet(
                configuration: settings, listWatch: listWatch,
                writer: HTTPObjectWriter(client: client), runtime: RuntimeServiceClient(client: runtime),
                images: ImageServiceClient(client: runtime), logger: log)
            let api = KubeletAPI(kubelet: kubelet, streamer: RuntimeStreamer(logger: log), metrics: kubeletMetrics) { der in
                PeerIdentity(der: der).map { .init(commonName: $0.commonName, organizations: $0.organizations) }
            }
            let server = try server(log) { await api.handle($0) }
            let serving = try proxyServing(wide, proxyClient, log)
            let proxy = try proxy(wide, serving, names, log)
            try conntrack.apply(log)
            let takeOver = TakeOver(applier: try KernelApplier(logger: log), syncer: proxy, serving: serving, log: log)
            let routes = try await nodeRoutes(wide, HTTPObjectWriter(client: client), log)
            let policies = try await policyPart(wide, HTTPObjectWriter(client: proxyClient), log)
            try await Interruption.untilAsked {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await server.run() }
                    group.addTask { try await kubelet.run() }
                    group.addTask { try await proxy.run() }
                    if let names {
                        group.addTask { try await names.run(node: nodeName, nodeObjects: listWatch, clusterObjects: wide) }
                    }
                    group.addTask { try await serving.run(proxy) }
                    group.addTask { try await takeOver.run() }
                    group.addTask { await serveKubeletHealth(log) }
                    group.addTask { try await routes.run() }
                    group.addTask { try await policies.run() }
                    try await group.next()
                    group.cancelAll()
                }
            }
            await runtime.shutdown()
            await client.shutdown()
            await proxyClient.shutdown()
            log.info("ended", metadata: ["node": "\(nodeName)"])
        }
    }

    private func server(_ log: Logger, handler: @escaping HTTPHandler) throws -> HTTPServer {
        let tls = HTTPServerConfiguration.TLS(
            certificateChainPEM: try FileTree.read(tlsCertificate), privateKeyPEM: try FileTree.read(tlsKey),
            clientCAPEM: try FileTree.read(clientCa))
        let configuration = HTTPServerConfiguration(
            listeners: try NodeNetworkOptions.addresses(nodeAddress).map {
                .address(host: $0.description, port: Self.kubeletPort)
            }, tls: tls, threads: 1)
        return HTTPServer(configuration: configuration, logger: log, handler: handler)
    }

    private func proxy(
        _ listWatch: any ListWatch, _ serving: ProxyServing, _ names: NameServerPart?, _ log: Logger
    ) throws -> ProxySyncer {
        ProxySyncer(
            listWatch: listWatch, applier: try KernelApplier(logger: log), flows: try KernelApplier(logger: log),
            counters: try KernelApplier(logger: log), monitor: try KernelConnections(), configuration: serving.configuration,
            logger: log, recorder: serving.recorder, onCommit: names?.listener)
    }
}
