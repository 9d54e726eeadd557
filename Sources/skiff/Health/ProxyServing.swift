import API
import APIClient
import ArgumentParser
import ClusterCore
import ControlLoop
import Glibc
import HTTP
import JSON
import Logging
import Metrics
import NetworkTypes
import Proxy

/// Everything that the proxy answers over HTTP: its health, its metrics, and the health check node ports.
struct ProxyServing: Sendable {
    let recorder: ProxyRecorder
    let configuration: ProxyConfiguration
    /// Nil: not served.
    let health: HostPort?
    let metrics: HostPort?
    /// Where the node's object comes from; nil without a cluster.
    let listWatch: (any ListWatch)?
    let events: EventRecorder?
    let log: Logger
    /// Ways into Service ports that have a series of their own; 0: none, and nobody counts for a scrape.
    let countedSeriesMax: Int
    private let taken = TakenPort()

    /// - Parameter client: Writes Events; nil without a cluster, whose node is not asked for then.
    init(
        _ configuration: ProxyConfiguration, _ options: ProxyServingOptions, listWatch: any ListWatch, client: APIClient?,
        log: Logger
    ) throws {
        recorder = ProxyRecorder(families: configuration.families)
        self.configuration = configuration
        health = try options.place(options.healthzBindAddress, "--healthz-bind-address", defaultPort: 10256)
        metrics = try options.place(options.metricsBindAddress, "--metrics-bind-address", defaultPort: 10249)
        self.listWatch = client == nil ? nil : listWatch
        events = client.map {
            EventRecorder(
                writer: HTTPObjectWriter(client: $0), component: "kube-proxy", host: configuration.nodeName, logger: log)
        }
        self.log = log
        countedSeriesMax = options.serviceMetricsMax
    }

    /// Returns only by cancellation. A port that is taken is logged; the proxy goes on without it, as upstream's does.
    ///
    /// - Parameter syncer: Asked for the counts of connections.
    func run(_ syncer: ProxySyncer) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            if let place = health {
                group.addTask { try await serve(place, "health") { recorder.healthAnswer(path: $0.path) } }
            }
            if let place = metrics {
                group.addTask { try await serve(place, "metrics") { await metricsAnswer(path: $0.path, syncer) } }
            }
            group.addTask {
                await HealthCheckPorts(
                    recorder: recorder, configuration: configuration, events: events, log: log
                ).run()
            }
            if let listWatch {
                group.addTask {
                    let scope = ListScope(fieldSelector: "metadata.name=\(configuration.nodeName)")
                    try await Reflector(
                        listWatch: listWatch, resource: Node.resource, scope: scope,
                        into: NodeSink(recorder: recorder, nodeName: configuration.nodeName), logger: log
                    ).run()
                }
            }
            if let events { group.addTask { await events.run() } }
            try await group.waitForAll()
        }
    }

    private func serve(
        _ place: HostPort, _ name: String, _ answer: @escaping @Sendable (HTTPRequest) async -> PlainAnswer
    ) async throws {
        var hasTold = false
        while true {
            let server = HTTPServer(
                configuration: HTTPServerConfiguration(
                    listeners: [.address(host: place.host, port: place.port)], requestBodyBytesMax: 4096, threads: 0,
                    connectionsMax: 1000, shutdownTimeLimit: .milliseconds(500)),
                logger: log
            ) { HTTPResponse(await answer($0)) }
            do {
                if hasTold, isFree(place) { taken.set(nil) }
                return try await server.run()
            } catch {
                try Task.checkCancellation()
                if !hasTold {
                    log.error("not served", metadata: ["key": "\(name)", "port": "\(place.port)", "error": "\(error)"])
                }
                hasTold = true
                if name == "health" { taken.set(place.port) }
            }
            try await ContinuousClock().sleep(for: Self.retryInterval)
        }
    }

    /// The health port, while another program has it: kube-proxy, most likely.
    var takenPort: Int? { taken.port }

    private func isFree(_ place: HostPort) -> Bool {
        guard let address = IPAddress(parsing: place.host), let port = NetworkTypes.Port(exactly: place.port),
            let descriptor = try? ListeningSocket.open(address.family, address: address, port: port)
        else { return false }
        close(descriptor)
        return true
    }

    /// A port may be free later: when the kube-proxy that this proxy follows has gone.
    private static let retryInterval = Duration.seconds(5)

    private func metricsAnswer(path: String, _ syncer: ProxySyncer) async -> PlainAnswer {
        switch path {
        case "/metrics":
            var text = MetricsText()
            recorder.write(&text)
            if countedSeriesMax > 0, configuration.countsConnections {
                ConnectionCount.write(await syncer.connections(), seriesMax: countedSeriesMax, to: &text)
            }
            ProcessFacts.write(&text)
            text.family("kubernetes_build_info", .gauge, "[ALPHA] The version, as labels of a constant.")
            text.sample(
                "kubernetes_build_info", [("git_version", SkiffVersion.text), ("major", "1"), ("minor", "36")], 1)
            return PlainAnswer(status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: text.text)
        case "/proxyMode": return PlainAnswer(status: 200, type: PlainAnswer.text, body: "nftables")
        case "/healthz", "/livez": return PlainAnswer(status: 200, type: PlainAnswer.text, body: "ok")
        case "/configz": return PlainAnswer(status: 200, type: PlainAnswer.json, body: JSONWriter.text(configz))
        default: return .notFound
        }
    }

    /// What of upstream's configuration has a meaning here.
    private var configz: JSONValue {
        [
            "kubeproxy.config.k8s.io": [
                "mode": "nftables", "hostnameOverride": .string(configuration.nodeName),
                "clusterCIDR": .string(configuration.clusterCIDRs.map(\.description).joined(separator: ",")),
                "healthzBindAddress": .string(health?.description ?? ""),
                "metricsBindAddress": .string(metrics?.description ?? ""),
            ]
        ]
    }
}

/// The flags of kube-proxy that say where it answers.
struct ProxyServingOptions: ParsableArguments {
    @Option(help: "Where /healthz and /livez of the proxy answer; empty: nowhere.") var healthzBindAddress = "0.0.0.0:10256"
    @Option(help: "Where /metrics and /proxyMode answer; empty: nowhere.") var metricsBindAddress = "127.0.0.1:10249"
    @Option(help: "At most so many series of connections by Service port in /metrics, those of the oldest Services; 0: none.")
    var serviceMetricsMax = 1000

    func place(_ text: String, _ option: String, defaultPort: Int) throws -> HostPort? {
        if text.isEmpty { return nil }
        guard let place = HostPort(parsing: text, defaultPort: defaultPort) else {
            throw ValidationError("\(option): '\(text)' is no address with a port")
        }
        return place.port == 0 ? nil : place
    }
}

/// `127.0.0.1:10249`, `[::]:10256`.
struct HostPort: Hashable, Sendable, CustomStringConvertible {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// As kube-proxy reads its flags: an address alone takes the default port. Nil for anything else.
    init?(parsing text: String, defaultPort: Int) {
        if let address = IPAddress(parsing: text) {
            self.init(host: "\(address)", port: defaultPort)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let number = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard IPAddress(parsing: host) != nil else { return nil }
        self.init(host: host, port: Int(number))
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

private struct NodeSink: ReflectorSink {
    let recorder: ProxyRecorder
    let nodeName: String

    func read(_ json: JSONValue) -> Node { Node(json: json) }

    func replace(with items: [Node], resourceVersion: String) {
        recorder.nodeSeen(items.first { $0.metadata.name == nodeName })
    }

    func apply(_ kind: WatchEvent.Kind, _ item: Node?, resourceVersion: String) {
        guard let item, item.metadata.name == nodeName else { return }
        recorder.nodeSeen(kind == .deleted ? nil : item)
    }
}
