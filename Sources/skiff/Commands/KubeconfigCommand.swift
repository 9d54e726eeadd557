import ArgumentParser
import Lab

struct KubeconfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kubeconfig", abstract: "Print the path of the cluster's kubeconfig file.",
        discussion: "For example: export KUBECONFIG=$(skiff kubeconfig)")

    @OptionGroup var options: ClusterOptions
    @Flag(help: "Add the cluster to ~/.kube/config, or the first file of KUBECONFIG, as a context of its name.") var merge = false

    func run() async throws {
        try await Refusal.reported {
            let cluster = try options.existing()
            guard merge else { return Console.output(cluster.adminKubeconfig) }
            let target = try UserKubeconfig(environment: Environment.variables)
            try target.merge(cluster)
            Console.output("context \(cluster.name) is in \(target.path): kubectl --context \(cluster.name) get nodes")
        }
    }
}
