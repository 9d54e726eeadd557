import APIClient
import ArgumentParser
import ControlLoop
import JSON
import Lab
import Logging
import Netfilter
import Proxy

/// The service proxy alone.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Run only the service proxy on this machine, against any Kubernetes cluster.",
        discussion: """
            Writes nftables rules into tables of its own (skiff-proxy) in the network namespace that it runs in. The node needs
            net.ipv4.ip_forward=1. With --objects it takes Services and EndpointSlices from a file and needs no cluster.
            """,
        subcommands: [ProxyRun.self, ProxyDump.self], defaultSubcommand: ProxyRun.self)
}

/// `skiff proxy` without a subcommand.
struct ProxyRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Write the rules and keep them right.")

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "JSON file with Services and EndpointSlices, instead of a cluster.") var objects: String?
    @Flag(help: "Write the rules once and end; they stay, and others may change them.") var once = false
    @Flag(help: "Remove the proxy's tables and end.") var cleanup = false
    @Option(name: .customLong("v"), help: "From 4 on, tell more.") var verbosity = 2
    @OptionGroup var options: ProxyOptions
    @OptionGroup var conntrack: ConntrackOptions
    @OptionGroup var serving: ProxyServingOptions

    func validate() throws {
        guard cleanup || (kubeconfig == nil) != (objects == nil) else {
            throw ValidationError("give either --kubeconfig or --objects")
        }
    }

    func run() async throws {
        try await Refusal.reported {
            let log = makeLog()
            let applier = try KernelApplier(logger: log)
            try await KernelTables.check(applier)
            if cleanup { return try await KernelTables.remove(applier) }
            let configuration = try makeConfiguration()
            try conntrack.apply(log)
            let listWatch = try source(log)
            let serving = try ProxyServing(
                configuration, serving, listWatch: listWatch,
                client: try kubeconfig.map { try ClusterAccess.client(kubeconfig: $0, logger: log) }, log: log)
            let syncer = ProxySyncer(
                listWatch: listWatch, applier: applier, flows: try KernelApplier(logger: log), configuration: configuration,
                logger: log,
                recorder: serving.recorder)
            let once = once
            try await Interruption.untilAsked {
                if once { return try await syncer.runOnce() }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await serving.run() }
                    group.addTask { try await syncer.run() }
                    try await group.next()
                    group.cancelAll()
                }
            }
        }
    }

    private func makeLog() -> Logger {
        var log = Logger.program("proxy")
        if verbosity >= 4 { log.logLevel = .debug }
        return log
    }

    private func makeConfiguration() throws -> ProxyConfiguration {
        var configuration = try options.configuration()
        if once { configuration.ownsTables = false }
        return configuration
    }

    private func source(_ log: Logger) throws -> any ListWatch {
        if let objects { return StaticListWatch(document: try JSONParser.parse(try FileTree.read(objects))) }
        guard let kubeconfig else { preconditionFailure("validate() has seen one of the two") }
        return HTTPListWatch(client: try ClusterAccess.client(kubeconfig: kubeconfig, logger: log))
    }
}
