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
            It stands in for kube-proxy: same flags, same configuration file, same ports for health and metrics. The rules go into nftables
            tables of its own (skiff-proxy) in the network namespace that it runs in, and stay when it ends.

              skiff proxy --kubeconfig FILE                      as kube-proxy with flags
              skiff proxy --config /var/lib/kube-proxy/config.conf
                                                                 as kube-proxy of kubeadm, with its ConfigMap
              skiff proxy --objects FILE --once                  rules from a file, and end
              skiff proxy dump                                   what stands in the kernel, and whose it is
              skiff proxy --cleanup                              take the rules away
              skiff proxy run --help                             every flag

            Where kube-proxy's rules stand, ours come beside them; once its process is gone, so are its rules (--no-take-over leaves
            them). No connection is cut. The node needs net.ipv4.ip_forward=1 and, for IPv6, net.ipv6.conf.all.forwarding=1.
            """,
        subcommands: [ProxyRun.self, ProxyDump.self], defaultSubcommand: ProxyRun.self)
}

/// `skiff proxy` without a subcommand.
struct ProxyRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Write the rules and keep them right.",
        discussion: ProxyCommand.configuration.discussion)

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "A configuration file of kube-proxy (KubeProxyConfiguration); it takes the place of kube-proxy's flags.")
    var config: String?
    @Option(help: "JSON file with Services and EndpointSlices, instead of a cluster.") var objects: String?
    @Flag(help: "Write the rules once and end; they stay, and others may change them.") var once = false
    @Flag(help: "Remove the proxy's tables and end.") var cleanup = false
    @Flag(help: "Remove what a kube-proxy that has ended left behind, and end.") var cleanupKubeProxy = false
    @Flag(inversion: .prefixedNo, help: "Take away what kube-proxy left, once it has ended and our rules stand.")
    var takeOver = true
    @Option(name: .customLong("v"), help: "From 4 on, tell more.") var verbosity = 2
    @OptionGroup var options: ProxyOptions
    @OptionGroup var conntrack: ConntrackOptions
    @OptionGroup var serving: ProxyServingOptions

    func validate() throws {
        let ends = cleanup || cleanupKubeProxy
        guard ends || objects == nil || kubeconfig == nil else { throw ValidationError("give either --kubeconfig or --objects") }
        guard ends || objects != nil || kubeconfig != nil || config != nil else {
            throw ValidationError("give --kubeconfig, --config or --objects")
        }
    }

    func run() async throws {
        ResidentMemory.keepSmall()
        try await Refusal.reported {
            let log = makeLog()
            let applier = try KernelApplier(logger: log)
            try await KernelTables.check(applier)
            if cleanup { try await KernelTables.remove(applier) }
            if cleanupKubeProxy { try await KernelTables.removeKubeProxys(applier, log) }
            if cleanup || cleanupKubeProxy { return }
            let file = try config.map { try KubeProxyFile($0) }
            file?.tell(log)
            try await settled(by: file).serve(applier, file, log)
        }
    }

    /// With the settings of a file in the place of flags.
    private func settled(by file: KubeProxyFile?) throws -> ProxyRun {
        guard let file else { return self }
        var result = self
        file.apply(to: &result.options)
        file.apply(to: &result.conntrack)
        file.apply(to: &result.serving)
        if objects == nil { result.kubeconfig = kubeconfig ?? file.content.text("clientConnection.kubeconfig") }
        guard result.objects != nil || result.kubeconfig != nil else {
            throw Refusal("\(file.path) names no kubeconfig", remedy: "set clientConnection.kubeconfig, or give --kubeconfig")
        }
        do { try result.options.validate() } catch {
            throw Refusal("\(file.path) cannot be used: \(error)", remedy: "correct the setting")
        }
        return result
    }

    private func serve(_ applier: KernelApplier, _ file: KubeProxyFile?, _ log: Logger) async throws {
        let configuration = try makeConfiguration()
        try conntrack.apply(log)
        let listWatch = try source(log)
        let serving = try ProxyServing(
            configuration, serving, listWatch: listWatch,
            client: try kubeconfig.map { try ClusterAccess.client(kubeconfig: $0, logger: log) }, log: log)
        let syncer = ProxySyncer(
            listWatch: listWatch, applier: applier, flows: try KernelApplier(logger: log),
            counters: try KernelApplier(logger: log), monitor: try KernelConnections(), configuration: configuration, logger: log,
            recorder: serving.recorder)
        let takeOver =
            try takeOver ? TakeOver(applier: KernelApplier(logger: log), syncer: syncer, serving: serving, log: log) : nil
        let once = once
        try await Interruption.untilAsked {
            if once { return try await syncer.runOnce() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await serving.run(syncer) }
                group.addTask { try await syncer.run() }
                group.addTask { try await ResidentMemory.keepSmall(syncer) }
                if let takeOver { group.addTask { try await takeOver.run() } }
                if let file {
                    group.addTask {
                        try await file.untilChanged()
                        throw Refusal("\(file.path) was changed", remedy: "start the proxy again, as its supervisor does")
                    }
                }
                try await group.next()
                group.cancelAll()
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
