import ArgumentParser
import Logging

/// The service proxy alone.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Run only the service proxy on this machine, against any Kubernetes cluster.",
        discussion: "Writes nftables rules into a table of its own in the network namespace that it runs in.")

    @Option(help: "How to reach the cluster.") var kubeconfig: String
    @Option(help: "The node that this machine is.") var nodeName: String

    func run() async throws {
        _ = Logger.program("proxy")
    }
}
