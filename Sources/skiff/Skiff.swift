import ArgumentParser
import Glibc

@main
enum Program {
    /// Commands that live in `poll` and catch every signal themselves. They run on the main thread before anything has
    /// suspended, so theirs stays the only thread: a second one, with its own signal mask, would swallow their SIGCHLD.
    private static let singleThreaded: Set<String> = ["supervise", "node-init"]

    static func main() async {
        if CommandLine.arguments.dropFirst().first == "netpol", CommandLine.arguments.dropFirst(2).first != "from-cluster" {
            NetpolCommand.runAlone()
        }
        if let name = CommandLine.arguments.dropFirst().first, singleThreaded.contains(name) { runSynchronously() }
        await Skiff.main()
    }

    private static func runSynchronously() -> Never {
        do {
            var command = try Skiff.parseAsRoot()
            try command.run()
            exit(0)
        } catch {
            Skiff.exit(withError: error)
        }
    }
}

/// The one program: each subcommand is a file in `Commands`.
struct Skiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "skiff",
        abstract: "A Kubernetes cluster on this machine: nodes are namespaces, pods are real.",
        discussion: """
            Start here:
              skiff up --merge-kubeconfig        three nodes in a few seconds
              kubectl --context skiff get nodes  any kubectl works
              skiff status                       what runs, and where
              skiff down                         takes everything away

            Logs are below the data directory (default /var/lib/skiff): log/ for the control plane, nodes/NAME/log/ for a node.
            """,
        version: SkiffVersion.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Cluster",
                subcommands: [Up.self, Down.self, StatusCommand.self, KubeconfigCommand.self, Demo.self]),
            CommandGroup(
                name: "Questions",
                subcommands: [ExplainCommand.self, TraceCommand.self, DoctorCommand.self, ConnectivityTestCommand.self]),
            CommandGroup(name: "Parts", subcommands: [NodeCommand.self, ImageCommand.self, Backup.self, Restore.self]),
            CommandGroup(name: "Network", subcommands: [CNICommand.self, NetpolCommand.self]),
            CommandGroup(
                name: "Programs",
                subcommands: [
                    Server.self, Agent.self, ProxyCommand.self, PolicyCommand.self, DNSCommand.self, RoutesCommand.self,
                ]),
            CommandGroup(name: "Internal", subcommands: [Supervise.self, NodeInitCommand.self, ServeImages.self]),
        ])
}

enum SkiffVersion {
    static let text = "v1.36.0+skiff"
}
