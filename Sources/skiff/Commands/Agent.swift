import ArgumentParser
import Lab
import Logging

/// Kubelet, proxy and node routes in one process.
struct Agent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a node's agent: kubelet, service proxy and routes to the other nodes' pods.",
        discussion: "'skiff up' starts one in each node. By itself it joins any cluster that its kubeconfig reaches.")

    @Option(help: "This node's name.") var nodeName: String
    @Option(help: "This node's address.") var nodeAddress: String
    @Option(help: "Credentials of system:node:NAME.") var kubeconfig: String
    @Option(help: "containerd's socket.") var runtimeSocket = NodePlan.runtimeSocket
    @Option(help: "Certificate of the authority whose clients may use the kubelet's API.") var clientCa: String
    @Option(help: "Certificate of the kubelet's API.") var tlsCertificate: String
    @Option(help: "Key of the kubelet's API.") var tlsKey: String

    func run() async throws {
        let log = Logger.program("agent")
        log.info("waiting", metadata: ["node": "\(nodeName)"])
        try await Interruption.untilAsked { try await Task.sleep(for: .seconds(1_000_000)) }
    }
}
