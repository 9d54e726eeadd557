package import API
import CRI
import ControlLoop
package import HTTP
import JSON

/// The kubelet's own HTTPS interface, called by the API server.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/server/server.go`.
package struct KubeletAPI: Sendable {
    /// Whom a client certificate names.
    package struct Identity: Hashable, Sendable {
        package var commonName: String
        package var organizations: [String]

        package init(commonName: String, organizations: [String]) {
            self.commonName = commonName
            self.organizations = organizations
        }

        var isAllowed: Bool {
            organizations.contains("system:masters") || commonName == "kube-apiserver-kubelet-client"
        }
    }

    private let context: KubeletContext
    private let streamer: any ExecStreamer
    private let identify: @Sendable ([UInt8]) -> Identity?
    private let metrics: @Sendable ([Pod]) -> String

    /// - Parameters:
    ///   - metrics: What `/metrics` answers, given the pods of this node; Prometheus' text.
    ///   - identify: Reads a certificate in DER that the server has verified already.
    package init(
        kubelet: Kubelet, streamer: any ExecStreamer, metrics: @escaping @Sendable ([Pod]) -> String = { _ in "" },
        identify: @escaping @Sendable ([UInt8]) -> Identity?
    ) {
        self.metrics = metrics
        context = kubelet.context
        self.streamer = streamer
        self.identify = identify
    }

    package func handle(_ request: HTTPRequest) async -> HTTPResponse {
        let parts = request.path.split(separator: "/").map(String.init)
        if parts == ["healthz"] { return Self.text(200, "ok") }
        guard let der = request.peerCertificate, let identity = identify(der) else { return Self.text(401, "Unauthorized") }
        guard identity.isAllowed else {
            return Self.text(403, "Forbidden (user=\(identity.commonName), verb=\(request.method.lowercased()), resource=nodes)")
        }
        switch (parts.first, parts.count) {
        case ("pods", 1): return pods()
        case ("metrics", 1):
            return HTTPResponse(
                status: 200, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
                body: .bytes(Array(metrics(context.pods.list()).utf8)))
        case ("containerLogs", 4): return await logs(request, parts[1], parts[2], parts[3])
        case ("exec", 4): return await exec(request, parts[1], parts[2], parts[3])
        case ("exec", 5): return await exec(request, parts[1], parts[2], parts[4])
        case ("attach", 4): return await attach(request, parts[1], parts[2], parts[3])
        case ("attach", 5): return await attach(request, parts[1], parts[2], parts[4])
        case ("portForward", 3...4): return await portForward(request, parts[1], parts[2])
        default: return Self.text(404, "404 page not found")
        }
    }

    private func pods() -> HTTPResponse {
        let items = context.pods.list().map { pod -> JSONValue in
            let containers = pod.spec.containers.map { ["name": .string($0.name), "image": .string($0.image)] as JSONValue }
            return [
                "metadata": [
                    "name": .string(pod.metadata.name), "namespace": .string(pod.metadata.namespace),
                    "uid": .string(pod.metadata.uid), "labels": JSONValue(pod.metadata.labels),
                ],
                "spec": ["nodeName": .string(pod.spec.nodeName), "containers": .array(containers)], "status": pod.status.json,
            ]
        }
        let list: JSONValue = ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(items)]
        return HTTPResponse(
            status: 200, headers: ["Content-Type": "application/json"], body: .bytes(JSONWriter.write(list)))
    }

    // MARK: Logs

    private func logs(_ request: HTTPRequest, _ namespace: String, _ name: String, _ container: String) async -> HTTPResponse {
        guard let pod = context.pods.get(namespace: namespace, name) else {
            return Self.text(404, "pod \"\(name)\" does not exist")
        }
        let names = pod.spec.everyContainer.map(\.name)
        guard names.contains(container) else {
            return Self.text(404, "container \"\(container)\" not found in pod \"\(name)\"")
        }
        guard let options = Self.logOptions(request, now: context.now()) else { return Self.text(400, "invalid log options") }
        let all: [RuntimeContainer]
        do throws(RuntimeError) {
            all = try await containers(pod, container)
        } catch {
            return Self.text(500, "\(error)")
        }
        let wanted = options.previous ? all.dropFirst().first : all.first
        guard let wanted, wanted.state != .created else {
            if options.previous {
                return Self.text(400, "previous terminated container \"\(container)\" in pod \"\(name)\" not found")
            }
            return Self.text(400, "container \"\(container)\" in pod \"\(name)\" is waiting to start: \(reason(pod, container))")
        }
        let path = PodPaths(context.configuration, pod).log(container, attempt: wanted.attempt)
        guard NodeFiles.exists(path) else {
            return Self.text(500, "failed to open log file \"\(path)\": no such file or directory")
        }
        let runtime = context.runtime
        let stream = ContainerLogs(path: path, options: options, clock: context.clock) {
            (try? await runtime.containerStatus(wanted.id))?.state == .running
        }
        return HTTPResponse(
            status: 200, headers: ["Content-Type": "text/plain"], body: .stream { writer in try await stream.write(to: writer) })
    }

    private func reason(_ pod: Pod, _ container: String) -> String {
        let status = (pod.status.containerStatuses + pod.status.initContainerStatuses).first { $0.name == container }
        if case .waiting(let reason, _)? = status?.state, !reason.isEmpty { return reason }
        return "ContainerCreating"
    }

    /// Nil for numbers that are none.
    static func logOptions(_ request: HTTPRequest, now: Timestamp) -> LogOptions? {
        var options = LogOptions()
        func flag(_ name: String) -> Bool { ["true", "1", ""].contains(request.query(name) ?? "false") }
        options.follow = flag("follow")
        options.previous = flag("previous")
        options.timestamps = flag("timestamps")
        if let stream = request.query("stream"), stream != "All" {
            guard ["Stdout", "Stderr"].contains(stream) else { return nil }
            options.stream = stream.lowercased()
        }
        if let text = request.query("tailLines") {
            guard let value = Int64(text), value >= 0 else { return nil }
            options.tailLines = value
        }
        if let text = request.query("limitBytes") {
            guard let value = Int64(text), value > 0 else { return nil }
            options.limitBytes = value
        }
        if let text = request.query("sinceSeconds") {
            guard let value = Int64(text), value > 0 else { return nil }
            options.since = now.adding(.seconds(-value))
        } else if let text = request.query("sinceTime") {
            guard let value = Timestamp(parsing: text) else { return nil }
            options.since = value
        }
        return options
    }

    // MARK: Streams

    private func exec(_ request: HTTPRequest, _ namespace: String, _ name: String, _ container: String) async -> HTTPResponse {
        let command = request.queryValues("command")
        guard !command.isEmpty else { return Self.text(400, "you must specify at least 1 command") }
        let streams = Self.streams(request)
        return await stream(request, namespace, name, container, streams) { [runtime = context.runtime] id throws(RuntimeError) in
            try await runtime.exec(id, command: command, streams: streams)
        }
    }

    private func attach(_ request: HTTPRequest, _ namespace: String, _ name: String, _ container: String) async -> HTTPResponse {
        var streams = Self.streams(request)
        let pod = context.pods.get(namespace: namespace, name)
        // The terminal is the container's own: what the client asks for cannot change it.
        if let definition = pod?.spec.everyContainer.first(where: { $0.name == container }) {
            streams.tty = definition.tty
            if definition.tty { streams.stderr = false }
            if !definition.stdin { streams.stdin = false }
        }
        let fixed = streams
        return await stream(request, namespace, name, container, fixed) { [runtime = context.runtime] id throws(RuntimeError) in
            try await runtime.attach(id, streams: fixed)
        }
    }

    private func stream(
        _ request: HTTPRequest, _ namespace: String, _ name: String, _ container: String, _ streams: StreamOptions,
        open: (String) async throws(RuntimeError) -> String
    ) async -> HTTPResponse {
        guard streams.stdin || streams.stdout || streams.stderr else {
            return Self.text(400, "you must specify at least 1 of stdin, stdout, stderr")
        }
        guard let pod = context.pods.get(namespace: namespace, name) else {
            return Self.text(404, "pod does not exist")
        }
        do throws(RuntimeError) {
            guard let running = try await containers(pod, container).first, running.state == .running else {
                return Self.text(404, "container not found (\"\(container)\")")
            }
            let url = try await open(running.id)
            return await streamer.stream(request, to: url, options: streams)
        } catch {
            return Self.text(500, error.message)
        }
    }

    private func portForward(_ request: HTTPRequest, _ namespace: String, _ name: String) async -> HTTPResponse {
        guard let pod = context.pods.get(namespace: namespace, name) else { return Self.text(404, "pod does not exist") }
        do throws(RuntimeError) {
            let sandboxes = try await context.runtime.listPodSandboxes(labels: [PodLabels.podUID: pod.metadata.uid])
            guard let sandbox = sandboxes.filter(\.isReady).max(by: { $0.createdAt < $1.createdAt }) else {
                return Self.text(500, "failed to find sandbox of pod \"\(name)\"")
            }
            let ports = ["port", "ports"].flatMap(request.queryValues).flatMap { $0.split(separator: ",") }.compactMap {
                Int32($0)
            }
            return await streamer.forward(request, to: try await context.runtime.portForward(sandbox: sandbox.id, ports: ports))
        } catch {
            return Self.text(500, error.message)
        }
    }

    /// Both spellings: the kubelet's own (`input`, `output`, `error`) and the API server's.
    static func streams(_ request: HTTPRequest) -> StreamOptions {
        func flag(_ names: String...) -> Bool { names.contains { ["1", "true"].contains(request.query($0) ?? "") } }
        let tty = flag("tty")
        return StreamOptions(
            stdin: flag("input", "stdin"), stdout: flag("output", "stdout"), stderr: flag("error", "stderr") && !tty, tty: tty)
    }

    /// The containers of a name, newest first.
    private func containers(_ pod: Pod, _ name: String) async throws(RuntimeError) -> [RuntimeContainer] {
        let labels = [PodLabels.podUID: pod.metadata.uid, PodLabels.containerName: name]
        return try await context.runtime.listContainers(labels: labels).sorted { $0.createdAt > $1.createdAt }
    }

    private static func text(_ status: Int, _ message: String) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(Array(message.utf8)))
    }
}
