import API
import APIClient
import ArgumentParser
import JSON
import Lab
import YAML

struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the cluster at work: six pods behind one address, sixty requests from another pod.")

    @OptionGroup var options: ClusterOptions
    @Option(help: ArgumentHelp("What to apply: a Deployment and a Service, both called hello.", valueName: "file"))
    var manifest = "examples/hello.yaml"
    @Option(help: "How many requests.") var requests = 60
    @Option(help: "Seconds to wait for the pods.") var timeout = 120

    func run() async throws {
        try await Refusal.reported {
            let cluster = try options.existing()
            let console = Console()
            let client = try ClusterAccess.client(kubeconfig: cluster.adminKubeconfig, logger: ClusterAccess.quiet)
            let show = DemoRun(client: client, console: console, requests: requests, timeout: .seconds(timeout))
            try await Interruption.watch { [manifest] in try await show.run(manifest: manifest) }
            await client.shutdown()
        }
    }
}
