import API
import ControlLoop
import HTTP
import Logging
import NetworkTypes
import Proxy

/// Keeps a listener for each Service and family whose load balancers ask this node.
///
/// A port that cannot be had is told as an Event of the Service, and tried again after the next sync.
struct HealthCheckPorts: Sendable {
    let recorder: ProxyRecorder
    /// Says at which addresses node ports answer, and so these.
    let configuration: ProxyConfiguration
    /// Nil without a cluster.
    let events: EventRecorder?
    let log: Logger

    func run() async {
        await withDiscardingTaskGroup { group in
            var open: [ProxyRecorder.CheckKey: WakeSignal] = [:]
            while !Task.isCancelled {
                await recorder.servicesSynced.wait()
                let wanted = recorder.checks()
                for (key, stop) in open where !wanted.contains(key) {
                    stop.wake()
                    open[key] = nil
                    log.info("closed health check", metadata: ["service": "\(key.service)", "port": "\(key.port)"])
                }
                for key in wanted.sorted(by: { $0.service < $1.service }) where open[key] == nil {
                    guard let listeners = listeners(key) else { continue }
                    let stop = WakeSignal()
                    open[key] = stop
                    group.addTask { await serve(key, listeners, until: stop) }
                }
            }
            group.cancelAll()
        }
    }

    private func listeners(_ key: ProxyRecorder.CheckKey) -> [HTTPServerConfiguration.Listener]? {
        do {
            let listeners = try addresses(key.family).map {
                HTTPServerConfiguration.Listener.descriptor(
                    try ListeningSocket.open(key.family, address: $0, port: key.port))
            }
            log.info("opened health check", metadata: ["service": "\(key.service)", "port": "\(key.port)"])
            return listeners
        } catch {
            log.error(
                "no health check", metadata: ["service": "\(key.service)", "port": "\(key.port)", "error": "\(error)"])
            events?.record(
                ObjectReference(
                    apiVersion: "v1", kind: "Service", namespace: key.service.namespace, name: key.service.name,
                    uid: "\(key.service)"),
                type: "Warning", reason: "FailedToStartServiceHealthcheck",
                message:
                    "node \(configuration.nodeName) failed to start healthcheck \"\(key.service)\" on port \(key.port): \(error)")
            return nil
        }
    }

    /// Nil: every address of the family.
    private func addresses(_ family: IPFamily) -> [IPAddress?] {
        guard let prefixes = configuration.nodePortAddresses.prefixes(family, configuration) else { return [nil] }
        return LocalAddresses.read().filter { address in prefixes.contains { $0.contains(address) } }.sorted()
    }

    private func serve(
        _ key: ProxyRecorder.CheckKey, _ listeners: [HTTPServerConfiguration.Listener], until stop: WakeSignal
    ) async {
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(
                listeners: listeners, requestBodyBytesMax: 4096, threads: 0, connectionsMax: 1000,
                shutdownTimeLimit: .milliseconds(100)),
            logger: log
        ) { _ in HTTPResponse(recorder.answer(key)) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await server.run() } catch {
                    log.error("health check ended", metadata: ["service": "\(key.service)", "error": "\(error)"])
                }
            }
            group.addTask { await stop.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}

extension HTTPResponse {
    init(_ answer: PlainAnswer) {
        var headers = HTTPHeaders()
        for header in answer.headers { headers.add(header.name, header.value) }
        self.init(status: answer.status, headers: headers, body: .bytes(Array(answer.body.utf8)))
    }
}
