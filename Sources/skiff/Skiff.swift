import ArgumentParser

/// The one program: each subcommand is a file in `Commands`.
@main
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
            CommandGroup(name: "Parts", subcommands: [NodeCommand.self, ImageCommand.self]),
            CommandGroup(name: "Programs", subcommands: [Server.self, Agent.self, ProxyCommand.self]),
            CommandGroup(name: "Internal", subcommands: [Supervise.self, NodeInitCommand.self, Egress.self]),
        ])
}

enum SkiffVersion {
    static let text = "v1.36.0+skiff"
}
