import APIClient
import ArgumentParser
import CLinux
import ControlLoop
import DNS
import Foundation
import Glibc
import Lab
import Logging
import NetworkTypes

/// The name server alone.
struct DNSCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dns",
        abstract: "Run only the cluster's name server, against any Kubernetes cluster.",
        discussion: """
            Answers for the cluster's domain from the objects that it watches, and forwards other names to the servers of
            /etc/resolv.conf, which it follows while it changes.

            Try it beside a cluster that has its own name server:
              skiff dns --kubeconfig ~/.kube/config --port 5353 &
              dig @127.0.0.1 -p 5353 kubernetes.default.svc.cluster.local

            Answer on a node in place of CoreDNS, at the address that pods ask (as root, on every node):
              skiff dns --kubeconfig FILE --listen 10.96.0.10 --local --autopath \
                --metrics-address :9153 --health-address :8080 --ready-address :8181

            It lists and watches services, endpointslices and namespaces, and pods with --autopath or --pods verified: the \
            ClusterRole of CoreDNS (system:coredns) allows that. With --objects it takes them from a file and needs no cluster.

            SIGTERM ends it when what was asked is answered. To restart without a lost question, start the next one first (both \
            may serve one address), or let a service manager hold the sockets (LISTEN_FDS, as systemd's socket units do). \
            SIGUSR1 turns the log of questions on and off. 'skiff explain dns NAME --from POD' says why a name resolves or not.
            """)

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "JSON file with Services, EndpointSlices and Pods, instead of a cluster.") var objects: String?
    @Option(help: "Addresses to serve, comma-separated.") var listen = "127.0.0.1"
    @Option(help: "Port to serve.") var port: UInt16 = 53
    @Flag(help: "Put the addresses on a link of this machine and keep the kernel from tracking what goes there.") var local =
        false
    @Option(help: "Threads that answer UDP, for each address.") var threads = 2
    @Option(
        help: "Descriptors of sockets that the starter has opened and keeps, comma-separated, instead of --listen and --port.")
    var sockets: String?
    @OptionGroup var options: DNSOptions
    @Option(help: "Where /metrics, /health and /ready are served, ADDRESS:PORT, or :PORT on every address; empty: nowhere.")
    var metricsAddress = "127.0.0.1:9153"
    @Option(help: "Where they are served besides, for a liveness probe; CoreDNS's is :8080.") var healthAddress = ""
    @Option(help: "Where they are served besides, for a readiness probe; CoreDNS's is :8181.") var readyAddress = ""
    @Flag(help: "Log every question.") var logQueries = false

    func validate() throws {
        guard (kubeconfig == nil) != (objects == nil) else { throw ValidationError("give either --kubeconfig or --objects") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads: 1 to 64") }
        _ = try addresses()
        _ = try endpoints()
    }

    private func addresses() throws -> [IPAddress] {
        try listen.split(separator: ",").map { text in
            guard let address = IPAddress(parsing: text) else { throw ValidationError("--listen: '\(text)' is no address") }
            // An answer must come from the address that was asked, and a socket for all addresses does not know it.
            guard !address.isUnspecified else { throw ValidationError("--listen: name each address instead of '\(text)'") }
            return address
        }
    }

    private func endpoints() throws -> NameServerEndpoints {
        let listeners = try [
            NameServerEndpoints.Listener(parsing: metricsAddress, option: "--metrics-address"),
            NameServerEndpoints.Listener(parsing: healthAddress, option: "--health-address"),
            NameServerEndpoints.Listener(parsing: readyAddress, option: "--ready-address"),
        ].compactMap(\.self)
        guard Set(listeners).count == listeners.count else {
            throw ValidationError("--health-address, --ready-address: the same address and port twice; each serves every path")
        }
        return NameServerEndpoints(listeners: listeners)
    }

    /// What somebody else opened and holds; nil: we open our own.
    private var given: [Int32]? {
        sockets?.split(separator: ",").compactMap { Int32($0) }
            ?? InheritedSockets.taken(from: ProcessInfo.processInfo.environment)
    }

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("dns")
            skiff_memory_map_large()
            let addresses = try addresses()
            let source = try source(log)
            let link = local ? try await NameServerLink.install(addresses, port: port, logger: log) : nil
            let given = given
            let sockets = try given ?? DNSServer.open(addresses, port: port, datagramSockets: threads)
            let configuration = DNSServerConfiguration(
                zone: try options.zone(serverAddresses: addresses.filter { !$0.isUnspecified && !$0.isLoopback }),
                forward: try options.forward(own: addresses), logsQueries: logQueries, version: SkiffVersion.text,
                ownsSockets: given == nil)
            let part = try NameServerPart(
                configuration, resolver: options.resolver(own: addresses), sockets: sockets, endpoints: try endpoints(),
                logger: log)
            log.info("serving", metadata: ["addresses": "\(DNSServer.names(sockets).joined(separator: " "))"])
            let pods = options.pods
            let isOwn = objects != nil
            do {
                try await Interruption.untilAsked {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { try await part.run() }
                        for subject in subjects(pods, all: isOwn) {
                            group.addTask { try await part.watch(subject, listWatch: source) }
                        }
                        try await group.next()
                        group.cancelAll()
                    }
                }
            } catch {
                await leave(link, sockets)
                throw error
            }
            await leave(link, sockets)
        }
    }

    /// The addresses stay when another server has taken over.
    private func leave(_ link: NameServerLink?, _ sockets: [Int32]) async {
        for socket in sockets { close(socket) }
        guard let link, !link.isServed(port: port) else { return }
        await link.remove()
    }

    /// Pods cost memory, and most clusters never ask for them by name.
    private func subjects(_ pods: ZoneConfiguration.PodMode, all: Bool) -> [DNSReflector.Subject] {
        [.services, .endpointSlices, .namespaces] + (all || pods == .verified || options.autopath ? [.pods(node: nil)] : [])
    }

    private func source(_ log: Logger) throws -> any ListWatch {
        if let objects { return try DocumentListWatch(objects) }
        guard let kubeconfig else { preconditionFailure("validate() has seen one of the two") }
        return HTTPListWatch(client: try ClusterAccess.client(kubeconfig: kubeconfig, logger: log))
    }
}

/// What a name server is told about names, alone or in an agent.
struct DNSOptions: ParsableArguments {
    @Option(help: "The cluster's domain.") var clusterDomain = "cluster.local"
    @Option(help: "Seconds that clients may keep an answer.") var ttl: UInt32 = 5
    @Option(help: "Names of pods by address: disabled, insecure or verified.") var pods = ZoneConfiguration.PodMode.insecure
    @Flag(inversion: .prefixedNo, help: "Complete names for pods, so that a search list costs one question.") var autopath = false
    @Option(help: "Servers for other names, comma-separated; default: those of --resolv-conf. 'none': such names fail.")
    var upstreams: String?
    @Option(help: "Servers of one domain, DOMAIN=SERVER,...; may be repeated.") var stubDomain: [String] = []
    @Option(help: "File that names the servers for other names; default: /etc/resolv.conf, or systemd-resolved's own.")
    var resolvConf: String?
    @Option(help: "Addresses of pods and Services, comma-separated prefixes: reverse names in them are never forwarded.")
    var ownCidr = ""
    @Option(help: "Answers of other servers to keep, of each sort.") var cacheEntries = 9984

    func zone(serverAddresses: [IPAddress]) throws -> ZoneConfiguration {
        guard let domain = DNSName(parsing: clusterDomain), domain != .root else {
            throw ValidationError("--cluster-domain: '\(clusterDomain)' is no name")
        }
        let ranges = try ownCidr.split(separator: ",").map { text in
            guard let prefix = CIDR(parsing: text) else { throw ValidationError("--own-cidr: '\(text)' is no address prefix") }
            return prefix
        }
        guard ttl <= 3600 else { throw ValidationError("--ttl: 0 to 3600") }
        return ZoneConfiguration(
            domain: domain, ttl: ttl, pods: pods, serverAddresses: serverAddresses, ownRanges: ranges, completesNames: autopath)
    }

    /// Whom the node asks, and the search list that pods inherit from it.
    func resolver(own: [IPAddress]) -> ResolverWatch {
        ResolverWatch(path: resolvConf, own: own, hasServers: upstreams == nil)
    }

    func forward(own: [IPAddress]) throws -> ForwardConfiguration {
        func servers(_ text: some StringProtocol, _ option: String) throws -> [Upstream] {
            try text.split(separator: ",").map { part in
                guard let upstream = Upstream(parsing: String(part)) else {
                    throw ValidationError("\(option): '\(part)' is no ADDRESS or ADDRESS:PORT")
                }
                return upstream
            }
        }
        let stubs = try stubDomain.map { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let domain = DNSName(parsing: parts[0]) else {
                throw ValidationError("--stub-domain: '\(text)' is not DOMAIN=SERVER,...")
            }
            return ForwardConfiguration.StubDomain(domain, try servers(parts[1], "--stub-domain"))
        }
        let general: [Upstream]
        if let upstreams {
            general = upstreams == "none" ? [] : try servers(upstreams, "--upstreams")
        } else {
            general = resolver(own: own).read()?.upstreams ?? []
        }
        return ForwardConfiguration(upstreams: general, stubDomains: stubs, cache: CacheLimits(entries: max(0, cacheEntries)))
    }
}

extension ZoneConfiguration.PodMode: ExpressibleByArgument {}
