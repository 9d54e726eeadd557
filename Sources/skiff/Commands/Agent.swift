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

/// Kubelet, proxy and node routes in one process.
struct Agent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a node's agent: kubelet, service proxy and routes to the other nodes' pods.",
        discussion: "'skiff up' starts one in each node. By itself it joins any cluster that its kubeconfig reaches.")

    @Option(help: "This node's name.") var nodeName: String
    @Option(help: "This node's address.") var nodeAddress: String
    @Option(help: "Credentials of system:node:NAME.") var kubeconfig: String
    @Option(help: "Credentials of system:kube-proxy, which sees every node and endpoint; default: the node's own.")
    var proxyKubeconfig: String?
    @Option(help: "containerd's socket.") var runtimeSocket = NodePlan.runtimeSocket
    @Option(help: "Certificate of the authority whose clients may use the kubelet's API.") var clientCa: String
    @Option(help: "Certificate of the kubelet's API.") var tlsCertificate: String
    @Option(help: "Key of the kubelet's API.") var tlsKey: String
    @Option(help: "Addresses of all pods.") var clusterCidr = ClusterPlan.podNetwork
    @Option(help: "Addresses of all Services.") var serviceCidr = ClusterPlan.serviceNetwork

    private static let kubeletPort = 10250

    func validate() throws {
        guard IPAddress(parsing: nodeAddress) != nil else { throw ValidationError("'\(nodeAddress)' is no address") }
        for text in [clusterCidr, serviceCidr] where CIDR(parsing: text) == nil {
            throw ValidationError("'\(text)' is no address prefix")
        }
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
            let kubelet = Kubelet(
                configuration: KubeletConfiguration(nodeName: nodeName, nodeAddresses: [nodeAddress]), listWatch: listWatch,
                writer: HTTPObjectWriter(client: client), runtime: RuntimeServiceClient(client: runtime),
                images: ImageServiceClient(client: runtime), logger: log)
            let api = KubeletAPI(kubelet: kubelet, streamer: RuntimeStreamer(logger: log)) { der in
                PeerIdentity(der: der).map { .init(commonName: $0.commonName, organizations: $0.organizations) }
            }
            let server = try server(log) { await api.handle($0) }
            let proxy = try proxy(wide, log)
            let routes = NodeRouteController(
                listWatch: wide, nodeName: nodeName, kernel: try await BlockingWork.run { try NodeKernel() }, logger: log)
            try await Interruption.untilAsked {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await server.run() }
                    group.addTask { try await kubelet.run() }
                    group.addTask { try await proxy.run() }
                    group.addTask { try await routes.run() }
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
            listeners: [.address(host: nodeAddress, port: Self.kubeletPort)], tls: tls, threads: 1)
        return HTTPServer(configuration: configuration, logger: log, handler: handler)
    }

    private func proxy(_ listWatch: any ListWatch, _ log: Logger) throws -> ProxySyncer {
        let applier = try KernelApplier(logger: log)
        return ProxySyncer(
            listWatch: listWatch, applier: applier, flows: applier,
            configuration: ProxyConfiguration(
                nodeName: nodeName, clusterCIDRs: [CIDR(parsing: clusterCidr)].compactMap(\.self),
                serviceCIDRs: [CIDR(parsing: serviceCidr)].compactMap(\.self),
                nodeAddresses: [IPAddress(parsing: nodeAddress)].compactMap(\.self)),
            logger: log)
    }
}
