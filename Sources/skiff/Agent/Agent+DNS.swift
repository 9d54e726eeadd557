import API
import ArgumentParser
import ControlLoop
import DNS
import Foundation
import Lab
import Logging
import NetworkTypes
import Proxy

/// How pods of a node find names.
struct AgentDNSOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Answer the cluster's names on this node; without it, another name server is expected.")
    var dns = true
    @Option(help: "Addresses of the name server, comma-separated; default: the tenth of the Service addresses.")
    var clusterDns: String?
    @Option(help: "The cluster's domain.") var clusterDomain = "cluster.local"
    @Option(help: "Servers for other names, comma-separated; default: those of the node; 'none': such names fail.")
    var dnsUpstreams: String?
    @Option(help: "Servers of one domain, DOMAIN=SERVER,...; may be repeated.") var dnsStubDomain: [String] = []
    @Option(help: "Sockets that the starter has opened for the name server and keeps: so many descriptors, from 3 on.")
    var dnsSockets = 0
    @Option(
        help: """
            File that names the servers for other names, which pods with dnsPolicy Default get too; default: /etc/resolv.conf, or \
            systemd-resolved's own.
            """)
    var resolvConf: String?

    func validate() throws {
        guard DNSName(parsing: clusterDomain) != nil else {
            throw ValidationError("--cluster-domain: '\(clusterDomain)' is no name")
        }
        for text in (clusterDns ?? "").split(separator: ",") where IPAddress(parsing: text) == nil {
            throw ValidationError("--cluster-dns: '\(text)' is no address")
        }
        _ = try options(ranges: "").forward(own: [])
    }

    /// - Parameter services: `10.96.0.0/16`, or one prefix of each family.
    func addresses(services: String) -> [IPAddress] {
        if let clusterDns { return clusterDns.split(separator: ",").compactMap { IPAddress(parsing: $0) } }
        return services.split(separator: ",").compactMap { CIDR(parsing: $0)?.address(at: 10) }
    }

    /// The file whose content pods with dnsPolicy Default get.
    var resolverPath: String { resolvConf ?? ResolverFile.path { try? FileTree.text($0) } }

    /// What pods get: one server, as kubeadm gives them, because some resolvers ask all that they have.
    func servers(services: String) -> [String] {
        let all = addresses(services: services).map(\.description)
        return clusterDns == nil ? Array(all.prefix(1)) : all
    }

    /// As `skiff dns` would be told.
    func options(ranges: String) throws -> DNSOptions {
        var options = DNSOptions()
        options.clusterDomain = clusterDomain
        options.ttl = 5
        options.pods = .insecure
        options.autopath = true
        options.upstreams = dnsUpstreams
        options.stubDomain = dnsStubDomain
        options.resolvConf = resolvConf
        options.ownCidr = ranges
        options.cacheEntries = 9984
        return options
    }
}

extension Agent {
    /// The node's name server: at the address of `kube-dns`, which every node has for itself. Nil when another one is expected.
    func nameServer(_ log: Logger) async throws -> NameServerPart? {
        guard dns.dns else { return nil }
        let given =
            dns.dnsSockets > 0
            ? InheritedSockets.take(Int32(dns.dnsSockets))
            : InheritedSockets.taken(from: ProcessInfo.processInfo.environment)
        let own = dns.addresses(services: serviceCidr)
        let addresses = own + [NameServerLink.linkLocal]
        _ = try await NameServerLink.install(addresses, port: 53, logger: log)
        let sockets = try given ?? DNSServer.open(addresses, port: 53)
        let options = try dns.options(ranges: "\(clusterCidr),\(serviceCidr)")
        let configuration = DNSServerConfiguration(
            zone: try options.zone(serverAddresses: own), forward: try options.forward(own: addresses),
            version: SkiffVersion.text, ownsSockets: given == nil)
        let host = nodeAddress.split(separator: ",").first.map(String.init) ?? nodeAddress
        log.info("serving names", metadata: ["addresses": "\(DNSServer.names(sockets).joined(separator: " "))"])
        return try NameServerPart(
            configuration, resolver: options.resolver(own: addresses), sockets: sockets,
            endpoints: NameServerEndpoints(listeners: [.init(host: host, port: 9153)]), logger: log)
    }
}

extension NameServerPart {
    /// Hears what the proxy has committed: a name is never answered with an endpoint that the kernel does not know.
    var listener: @Sendable ([ServiceEvent]) -> Void { { committed($0) } }

    private func committed(_ events: [ServiceEvent]) {
        let heard = events.map { event -> DNSEvent in
            switch event {
            case .servicesListed(let list): .servicesListed(list.compactMap { ServiceRecord($0, ports: server.ports) })
            case .serviceSeen(let service): .seen(service, ports: server.ports)
            case .serviceGone(let key): .serviceGone(key)
            case .slicesListed(let list): .slicesListed(list.compactMap { SliceRecord($0, ports: server.ports) })
            case .sliceSeen(let slice): .seen(slice, ports: server.ports)
            case .sliceGone(let key): .sliceGone(key)
            }
        }
        server.apply(heard, now: WallClock.now())
    }

    /// Serves, and follows what the proxy does not: this node's pods, and the names of namespaces where that is allowed.
    func run(node: String, nodeObjects: any ListWatch, clusterObjects: any ListWatch) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await run() }
            group.addTask { try await watch(.pods(node: node), listWatch: nodeObjects) }
            group.addTask { try await watchNamespaces(clusterObjects) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func watchNamespaces(_ listWatch: any ListWatch) async throws {
        while true {
            do {
                _ = try await listWatch.list(Namespace.resource, scope: .everything)
                return try await watch(.namespaces, listWatch: listWatch)
            } catch let status as Status where status.code == 403 {
                logger.debug("may not see namespaces: those without Services are not known")
                try await Task.sleep(for: .seconds(60))
            } catch {
                try Task.checkCancellation()
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
