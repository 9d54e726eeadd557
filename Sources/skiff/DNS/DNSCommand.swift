import APIClient
import ArgumentParser
import ControlLoop
import DNS
import Dispatch
import Glibc
import HTTP
import JSON
import Lab
import Logging
import NetworkTypes
import Proxy

/// The name server alone.
struct DNSCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dns",
        abstract: "Run only the cluster's name server, against any Kubernetes cluster.",
        discussion: """
            Answers for the cluster's domain from the objects that it watches, and forwards other names. With --objects it takes
            them from a file and needs no cluster. SIGUSR1 turns the query log on and off.
            """)

    @Option(help: "How to reach the cluster.") var kubeconfig: String?
    @Option(help: "JSON file with Services, EndpointSlices and Pods, instead of a cluster.") var objects: String?
    @Option(help: "Addresses to serve, comma-separated.") var listen = "127.0.0.1"
    @Option(help: "Port to serve.") var port: UInt16 = 53
    @Flag(help: "Put the addresses on a link of this machine and keep the kernel from tracking what goes there.") var local =
        false
    @Option(help: "Threads that answer UDP, for each address.") var threads = 2
    @Option(help: "Descriptors of sockets that the starter has opened, comma-separated, instead of --listen and --port.")
    var sockets: String?
    @OptionGroup var options: DNSOptions
    @Option(help: "Where /metrics, /health and /ready are served, ADDRESS:PORT; empty: nowhere.") var metricsAddress =
        "127.0.0.1:9153"
    @Flag(help: "Log every question.") var logQueries = false

    func validate() throws {
        guard (kubeconfig == nil) != (objects == nil) else { throw ValidationError("give either --kubeconfig or --objects") }
        guard (1...64).contains(threads) else { throw ValidationError("--threads: 1 to 64") }
        _ = try addresses()
        _ = try metricsListener()
    }

    private func addresses() throws -> [IPAddress] {
        try listen.split(separator: ",").map { text in
            guard let address = IPAddress(parsing: text) else { throw ValidationError("--listen: '\(text)' is no address") }
            // An answer must come from the address that was asked, and a socket for all addresses does not know it.
            guard !address.isUnspecified else { throw ValidationError("--listen: name each address instead of '\(text)'") }
            return address
        }
    }

    private func metricsListener() throws -> (host: String, port: Int)? {
        guard !metricsAddress.isEmpty else { return nil }
        guard let target = EgressTarget(authority: metricsAddress, defaultPort: 9153) else {
            throw ValidationError("--metrics-address: '\(metricsAddress)' is no ADDRESS:PORT")
        }
        return (target.host, target.port)
    }

    func run() async throws {
        try await Refusal.reported {
            let log = Logger.program("dns")
            let addresses = try addresses()
            let link = local ? try await NameServerLink.install(addresses, port: port, logger: log) : nil
            let given = sockets?.split(separator: ",").compactMap { Int32($0) }
            let sockets = try given ?? DNSServer.open(addresses, port: port, datagramSockets: threads)
            let zone = try options.zone(serverAddresses: addresses.filter { !$0.isUnspecified && !$0.isLoopback })
            let forward = try options.forward(own: addresses)
            let server = try DNSServer(
                DNSServerConfiguration(
                    zone: options.searches(zone, own: addresses), forward: forward, logsQueries: logQueries,
                    version: SkiffVersion.text),
                sockets: sockets, logger: log)
            log.info("serving", metadata: ["addresses": "\(DNSServer.names(sockets).joined(separator: " "))"])
            let part = NameServerPart(server: server, metrics: try metricsListener(), logger: log)
            let source = try source(log)
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
                await link?.remove()
                throw error
            }
            await link?.remove()
        }
    }

    /// Pods cost memory, and most clusters never ask for them by name.
    private func subjects(_ pods: ZoneConfiguration.PodMode, all: Bool) -> [DNSReflector.Subject] {
        [.services, .endpointSlices, .namespaces] + (all || pods == .verified || options.autopath ? [.pods(node: nil)] : [])
    }

    private func source(_ log: Logger) throws -> any ListWatch {
        if let objects { return StaticListWatch(document: try JSONParser.parse(try FileTree.read(objects))) }
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
    @Option(help: "File that names the servers for other names.") var resolvConf = "/etc/resolv.conf"
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

    /// The node's search list, which pods inherit.
    func searches(_ zone: ZoneConfiguration, own: [IPAddress]) -> ZoneConfiguration {
        var zone = zone
        zone.nodeSearches = file(own).searches
        return zone
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
            general = file(own).upstreams
        }
        return ForwardConfiguration(upstreams: general, stubDomains: stubs, cache: CacheLimits(entries: max(0, cacheEntries)))
    }

    private func file(_ own: [IPAddress]) -> ResolverFile {
        ResolverFile((try? FileTree.text(resolvConf)) ?? "", own: own)
    }
}

extension ZoneConfiguration.PodMode: ExpressibleByArgument {}
