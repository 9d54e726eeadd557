import API
import APIClient
import ClusterCore
import ControlLoop
import HTTP
import Logging
import Metrics
import NetworkTypes
import Proxy

extension Agent {
    /// What the agent's proxy answers over HTTP, and with it the proxy's configuration.
    func proxyServing(_ listWatch: any ListWatch, _ client: APIClient, _ log: Logger) throws -> ProxyServing {
        let configuration = ProxyConfiguration(
            nodeName: nodeName, clusterCIDRs: try RangeOptions.prefixes(clusterCidr, "--cluster-cidr"),
            serviceCIDRs: try RangeOptions.prefixes(serviceCidr, "--service-cidr"),
            nodeAddresses: try NodeNetworkOptions.addresses(nodeAddress), families: ProxyOptions.families,
            ownsTables: true)
        return try ProxyServing(configuration, serving, listWatch: listWatch, client: client, log: log)
    }

    /// The kubelet's own health, on loopback; gone with the process.
    func serveKubeletHealth(_ log: Logger) async {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: [.address(host: "127.0.0.1", port: 10248)], requestBodyBytesMax: 4096, threads: 0,
                connectionsMax: 100, shutdownTimeLimit: .milliseconds(500)),
            logger: log
        ) { request in
            HTTPResponse(
                request.path == "/healthz" ? PlainAnswer(status: 200, type: PlainAnswer.text, body: "ok") : .notFound)
        }
        do { try await server.run() } catch {
            log.error("not served", metadata: ["key": "kubelet health", "port": "10248", "error": "\(error)"])
        }
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/metrics/metrics.go`.
    @Sendable func kubeletMetrics(_ pods: [Pod]) -> String {
        var text = MetricsText()
        text.family("kubelet_node_name", .gauge, "[ALPHA] The node's name. The count is always 1.")
        text.sample("kubelet_node_name", [("node", nodeName)], 1)
        text.family("kubelet_running_pods", .gauge, "[BETA] Number of pods that have a running pod sandbox")
        text.sample("kubelet_running_pods", [], Double(pods.count { !$0.isFinished && !$0.status.podIP.isEmpty }))
        text.family("kubelet_running_containers", .gauge, "[BETA] Number of containers currently running")
        var states = ["created": 0, "exited": 0, "running": 0]
        for container in pods.flatMap(\.status.containerStatuses) {
            switch container.state {
            case .running: states["running", default: 0] += 1
            case .terminated: states["exited", default: 0] += 1
            case .waiting: states["created", default: 0] += container.containerID.isEmpty ? 0 : 1
            }
        }
        for (state, count) in states.sorted(by: { $0.key < $1.key }) {
            text.sample("kubelet_running_containers", [("container_state", state)], Double(count))
        }
        ProcessFacts.write(&text)
        return text.text
    }
}
