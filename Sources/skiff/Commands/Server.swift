import APIClient
import APIServer
import ArgumentParser
import ClusterCore
import HTTP
import Lab
import Logging
import NetworkTypes
import NodeNetwork
import YAML

/// API server, controllers and scheduler in one process.
struct Server: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the control plane: API server, controllers and scheduler.",
        discussion: "'skiff up' starts it inside the fabric; 'skiff status' shows it as the component 'server'.")

    @OptionGroup var options: ClusterOptions
    @OptionGroup var etcd: EtcdOptions
    @OptionGroup var ranges: RangeOptions
    @OptionGroup var requestHeaders: RequestHeaderOptions
    @Option(help: "The port on 127.0.0.1 without --listen-descriptor; a second server over the same etcd needs another.")
    var port: Int?
    @Option(help: "A listening socket for the API, opened by the parent; without it the API answers on 127.0.0.1 itself.")
    var listenDescriptor: Int32?
    @Option(help: "Which requests the audit log takes, as an audit.k8s.io/v1 Policy; needs --audit-log-path.")
    var auditPolicyFile: String?
    @Option(help: "The file that audit events are appended to, a line each.") var auditLogPath: String?
    @Option(help: "Reading requests worked on at once; more are answered 429.") var maxRequestsInflight = 400
    @Option(help: "Writing requests worked on at once; more are answered 429.") var maxMutatingRequestsInflight = 200
    @Option(help: "Seconds that a request may take; watches and streams are free.") var requestTimeout = 60
    @Option(help: "Seconds for which requests are still taken after SIGTERM, while /readyz fails.") var shutdownDelay = 0

    func validate() throws {
        guard (auditPolicyFile == nil) == (auditLogPath == nil) else {
            throw ValidationError("--audit-policy-file and --audit-log-path go together")
        }
        guard maxRequestsInflight > 0, maxMutatingRequestsInflight > 0, requestTimeout > 0, shutdownDelay >= 0 else {
            throw ValidationError("limits are numbers above zero")
        }
    }

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("server")
            let cluster = try options.existing()
            let core = ClusterCore(try configuration(cluster, log)) { _ in log.info("serving") }
            let routes = listenDescriptor == nil ? nil : try await fabricRoutes(cluster, log)
            log.info("starting", metadata: ["cluster": "\(cluster.name)"])
            try await Interruption.untilAsked(end: { core.shutDown() }) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await core.run() }
                    if let routes { group.addTask { try await routes.run() } }
                    try await group.next()
                    group.cancelAll()
                }
            }
            log.info("ended", metadata: ["cluster": "\(cluster.name)"])
        }
    }

    private func configuration(_ cluster: ClusterPlan, _ log: Logger) throws -> ClusterCoreConfiguration {
        let pki = cluster.pkiDirectory
        var listeners: [HTTPServerConfiguration.Listener] = [
            .address(host: "\(cluster.fabricAddress)", port: ClusterPlan.fabricAPIPort)
        ]
        if let listenDescriptor {
            listeners.append(.descriptor(listenDescriptor))
        } else {
            listeners = [.address(host: "127.0.0.1", port: port ?? cluster.apiPort)]
        }
        let services = try ranges.services(default: cluster.serviceNetworks)
        let pods = try ranges.pods(default: cluster.podNetworks)
        var result = ClusterCoreConfiguration(
            dataDirectory: "\(cluster.dataDirectory)/store", listeners: listeners,
            servingCertificatePEM: try FileTree.text("\(pki)/apiserver.crt"),
            servingKeyPEM: try FileTree.text("\(pki)/apiserver.key"), clientCAPEM: try FileTree.text("\(pki)/ca.crt"),
            serviceAccountKeyPEM: try FileTree.text("\(pki)/service-account.key"),
            kubeletClientCertificatePEM: try FileTree.text("\(pki)/apiserver-kubelet-client.crt"),
            kubeletClientKeyPEM: try FileTree.text("\(pki)/apiserver-kubelet-client.key"), serviceCIDR: services[0],
            clusterCIDR: pods[0], advertiseAddress: cluster.fabricAddress, advertisePort: ClusterPlan.fabricAPIPort,
            logger: log)
        result.secondaryServiceCIDR = services.dropFirst().first
        result.clusterCIDRs = pods
        result.nodePrefixLengths = try ranges.lengths(pods)
        result.requestHeaders = try requestHeaders.trust(clientCAPEM: result.clientCAPEM)
        result.clientCAKeyPEM = try FileTree.text("\(pki)/ca.key")
        result.limits = RequestLimits(
            readOnlyMax: maxRequestsInflight, mutatingMax: maxMutatingRequestsInflight, timeout: .seconds(requestTimeout))
        result.shutdownDelay = .seconds(shutdownDelay)
        if let auditPolicyFile, let auditLogPath {
            let policy = try AuditPolicy(json: try YAMLDecoder.decode(try FileTree.read(auditPolicyFile)))
            result.audit = (policy, auditLogPath)
        }
        result.openStore = try etcd.store(log)
        return result
    }

    /// The fabric's routes to every node's pods: pods call the API server with their own addresses, and its answers must find
    /// the way back. This process is no node, so no name is its own.
    private func fabricRoutes(_ cluster: ClusterPlan, _ log: Logger) async throws -> NodeRouteController {
        let client = try ClusterAccess.client(kubeconfig: cluster.fabricKubeconfig, logger: log)
        return NodeRouteController(
            NodeNetworkConfiguration(nodeName: ""), listWatch: HTTPListWatch(client: client),
            kernel: try await BlockingWork.run { try NodeKernel() }, logger: log)
    }
}
