import APIClient
import ArgumentParser
import ClusterCore
import HTTP
import Lab
import Logging
import NetworkTypes
import NodeNetwork

/// API server, controllers and scheduler in one process.
struct Server: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the control plane: API server, controllers and scheduler.",
        discussion: "'skiff up' starts it inside the fabric; 'skiff status' shows it as the component 'server'.")

    @OptionGroup var options: ClusterOptions
    @Option(help: "A listening socket for the API, opened by the parent; without it the API answers on 127.0.0.1 itself.")
    var listenDescriptor: Int32?

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("server")
            let cluster = try options.existing()
            let core = ClusterCore(try configuration(cluster, log)) { _ in log.info("serving") }
            let routes = listenDescriptor == nil ? nil : try await fabricRoutes(cluster, log)
            log.info("starting", metadata: ["cluster": "\(cluster.name)"])
            try await Interruption.untilAsked {
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
            listeners = [.address(host: "127.0.0.1", port: cluster.apiPort)]
        }
        guard let services = CIDR(parsing: ClusterPlan.serviceNetwork), let pods = CIDR(parsing: ClusterPlan.podNetwork) else {
            preconditionFailure("the plan's networks are prefixes")
        }
        return ClusterCoreConfiguration(
            dataDirectory: "\(cluster.dataDirectory)/store", listeners: listeners,
            servingCertificatePEM: try FileTree.text("\(pki)/apiserver.crt"),
            servingKeyPEM: try FileTree.text("\(pki)/apiserver.key"), clientCAPEM: try FileTree.text("\(pki)/ca.crt"),
            serviceAccountKeyPEM: try FileTree.text("\(pki)/service-account.key"),
            kubeletClientCertificatePEM: try FileTree.text("\(pki)/apiserver-kubelet-client.crt"),
            kubeletClientKeyPEM: try FileTree.text("\(pki)/apiserver-kubelet-client.key"), serviceCIDR: services,
            clusterCIDR: pods, advertiseAddress: .v4(cluster.fabricAddress), advertisePort: ClusterPlan.fabricAPIPort,
            logger: log)
    }

    /// The fabric's routes to every node's pods: pods call the API server with their own addresses, and its answers must find
    /// the way back. This process is no node, so no name is its own.
    private func fabricRoutes(_ cluster: ClusterPlan, _ log: Logger) async throws -> NodeRouteController {
        let client = try ClusterAccess.client(kubeconfig: cluster.fabricKubeconfig, logger: log)
        return NodeRouteController(
            listWatch: HTTPListWatch(client: client), nodeName: "", kernel: try await BlockingWork.run { try NodeKernel() },
            logger: log)
    }
}
