import API
import APIClient
import CNI
import ControlLoop
import HTTP
import Logging
import Metrics
import NFTables
import Netfilter
import Netlink
import NetworkTypes
import Policy
import Proxy

/// Enforcement of policies on one node, with everything that it needs of the kernel.
struct PolicyPart: Sendable {
    /// Beside kube-proxy's 10249.
    private static let metricsPort = 10251

    let syncer: PolicySyncer
    private let logger: Logger
    private let interfaces: PodInterfaceMonitor?
    private let reader: DeniedPacketReader?
    private let events: EventRecorder?

    /// Opens its sockets in the namespace of the calling thread.
    ///
    /// - Parameters:
    ///   - writer: Where Events go; nil: nowhere.
    ///   - podKey: What the rules recognize pods by.
    init(
        nodeName: String, listWatch: any ListWatch, writer: (any ObjectWriter)?, podKey: PolicyConfiguration.PodKey,
        enforcement: EnforcementOptions, logger: Logger
    ) throws {
        self.logger = logger
        let configuration = PolicyConfiguration(
            nodeName: nodeName, podKey: podKey, ownsTables: enforcement.ownPolicyTables,
            openConnections: enforcement.openConnections
        ) { addresses in
            addresses.isEmpty ? nil : InterfaceNames.hostEnd(for: addresses)
        }
        if case .interface(let prefix) = podKey {
            interfaces = try PodInterfaceMonitor(prefix: prefix)
        } else {
            interfaces = nil
        }
        events = writer.map { EventRecorder(writer: $0, component: "skiff-policy", host: nodeName, logger: logger) }
        do throws(ApplyError) {
            reader = try DeniedPacketReader(group: configuration.logGroup)
        } catch {
            reader = nil
            logger.warning("denied packets are not reported", metadata: ["error": "\(error)"])
        }
        syncer = PolicySyncer(
            listWatch: listWatch, applier: try KernelApplier(logger: logger), interfaces: interfaces?.changes,
            cutter: try Self.cutter(configuration, logger), events: events, configuration: configuration, logger: logger)
    }

    /// A packet in the middle of a TCP connection that nobody tracks must not begin a new entry: its answers would pass as known.
    private static func cutter(_ configuration: PolicyConfiguration, _ logger: Logger) throws -> ConnectionCutter? {
        guard configuration.openConnections == .cut else { return nil }
        let loose = "net/netfilter/nf_conntrack_tcp_loose"
        do {
            if try Sysctl.read(loose) != "0" { try Sysctl.write(loose, "0") }
        } catch {
            logger.warning(
                "connections that were cut may go on when the other end speaks first",
                metadata: ["key": "\(loose)", "error": "\(error)"])
        }
        return ConnectionCutter(try KernelFlows()) { LocalAddresses.read() }
    }

    /// Returns only by cancellation. The rules stay.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [self] group in
            group.addTask { try await syncer.run() }
            if let interfaces { group.addTask { try await interfaces.run() } }
            if let reader { group.addTask { try await report(reader) } }
            group.addTask { try await serveMetrics() }
            if let events { group.addTask { await events.run() } }
            try await group.next()
            group.cancelAll()
        }
    }

    /// A node without reports is still one with rules.
    private func report(_ reader: DeniedPacketReader) async throws {
        do {
            try await reader.run(syncer)
        } catch is ApplyError {
            logger.error("denied packets are no longer reported")
            while true { try await ContinuousClock().sleep(for: .seconds(3600)) }
        }
    }

    /// `/metrics` on loopback; the rules do not depend on it.
    private func serveMetrics() async throws {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: [.address(host: "127.0.0.1", port: Self.metricsPort)], requestBodyBytesMax: 4096, threads: 0,
                connectionsMax: 100, shutdownTimeLimit: .milliseconds(500)),
            logger: logger
        ) { [syncer] request in
            guard request.path == "/metrics" else { return HTTPResponse(.notFound) }
            var text = MetricsText()
            await syncer.writeMetrics(to: &text)
            return HTTPResponse(
                PlainAnswer(status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: text.text))
        }
        do { try await server.run() } catch {
            try Task.checkCancellation()
            logger.error("not served", metadata: ["key": "policy metrics", "port": "\(Self.metricsPort)", "error": "\(error)"])
            while true { try await ContinuousClock().sleep(for: .seconds(3600)) }
        }
    }

    /// Writes the rules once.
    func runOnce() async throws {
        try await withThrowingTaskGroup(of: Void.self) { [self] group in
            if let interfaces { group.addTask { try await interfaces.run() } }
            try await syncer.runOnce()
            group.cancelAll()
        }
    }
}
