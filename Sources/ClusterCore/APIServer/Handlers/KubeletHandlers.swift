import API
import HTTP
import JSON
import Machinery
import Streaming

// `log`, `exec`, `attach`, `portforward`: the kubelet answers, the server passes on.
extension APIHandler {
    private static let nodes = GroupVersionResource(group: "", version: "v1", resource: "nodes")
    private static let kubeletPort: Int64 = 10250

    // MARK: Logs

    func podLog(_ context: RequestContext) async throws -> HTTPResponse {
        let key = context.key
        let options = try PodLogOptions(context.request, podName: key.name)
        let pod = try registry.get(context.kind, key).object
        let container = try Self.container(options.container, in: pod, key.name)
        // A pod that has no node yet has no logs either.
        guard !(pod["spec"]?["nodeName"]?.string ?? "").isEmpty else { return Responses.text("") }
        let address = try kubeletAddress(of: pod, key)
        let path = "/containerLogs/\(key.namespace)/\(key.name)/\(container)"
        let response: HTTPClientResponse
        do {
            response = try await kubelets.send(
                HTTPClientRequest(method: "GET", target: Self.target(path, options.query)), to: address)
        } catch {
            throw Self.unreachable("Get", address, path, error)
        }
        guard response.status == 200 else { return try await Self.refusal(response) }
        if WebSocketHandshake.isAsked(context.request.headers) { return Self.socketLog(context.request, response) }
        return HTTPResponse(
            status: 200, headers: ["content-type": response.headers["content-type"] ?? "text/plain"],
            body: .stream { writer in
                for try await chunk in response.body { try await writer.write(chunk) }
            })
    }

    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/httpstream/wsstream/stream.go`.
    private static func socketLog(_ request: HTTPRequest, _ response: HTTPClientResponse) -> HTTPResponse {
        let offered = WebSocketHandshake.offeredProtocols(request.headers)
        let chosen = offered.first { ["binary.k8s.io", "base64.binary.k8s.io"].contains($0) }
        guard offered.isEmpty || chosen != nil else {
            return Responses.text("unable to upgrade: no supported protocol among \(offered)\n", code: 400)
        }
        return WebSocketHandshake.accept(request, subprotocol: chosen) { channel in
            let socket = WebSocketConnection(channel: channel, role: .server)
            let isBase64 = chosen == "base64.binary.k8s.io"
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    // An empty message first, so that the client knows that the log is open.
                    try? await socket.send([], isText: isBase64)
                    do {
                        for try await chunk in response.body {
                            try await socket.send(isBase64 ? Array(Base64.encode(chunk).utf8) : chunk, isText: isBase64)
                        }
                    } catch {}  // the kubelet or the client is gone: the socket is closed either way
                }
                group.addTask { while (try? await socket.receive()) ?? nil != nil {} }
                await group.next()
                await socket.close(code: 1000)
                group.cancelAll()
            }
        }
    }

    // MARK: Streams

    func podStreams(_ context: RequestContext) async throws -> HTTPResponse {
        let key = context.key
        let pod = try registry.get(context.kind, key).object
        let subresource = context.info.subresource
        guard subresource != "portforward" else {
            let address = try kubeletAddress(of: pod, key)
            return try await portForward(context, "/portForward/\(key.namespace)/\(key.name)", to: address)
        }
        let container = try Self.container(context.request.query("container") ?? "", in: pod, key.name)
        let address = try kubeletAddress(of: pod, key)
        let path = "/\(subresource)/\(key.namespace)/\(key.name)/\(container)"
        return try await tunnel(context, path, Self.streamQuery(context.request), to: address)
    }

    /// The kubelet's names for the streams; `command` as it is.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/strategy.go`, `streamParams`.
    private static func streamQuery(_ request: HTTPRequest) -> [HTTPRequest.QueryItem] {
        let names = ["stdin": "input", "stdout": "output", "stderr": "error", "tty": "tty"]
        return request.query.compactMap { item in
            if item.name == "container" { return nil }
            guard let name = names[item.name] else { return item }
            return ListOptions.flag(item.value) ? HTTPRequest.QueryItem(name: name, value: "1") : nil
        }
    }

    /// Port-forward as clients speak it today is SPDY inside a WebSocket; the kubelet is spoken to in SPDY alone.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/util/proxy/streamtunnel.go`.
    private func portForward(
        _ context: RequestContext, _ path: String, to address: KubeletAddress
    ) async throws -> HTTPResponse {
        let request = context.request
        let offered = WebSocketHandshake.offeredProtocols(request.headers)
        guard WebSocketHandshake.isAsked(request.headers),
            let tunneled = offered.first(where: { $0.hasPrefix(WebSocketByteChannel.tunnelPrefix) })
        else { return try await tunnel(context, path, request.query, to: address) }
        let inner = String(tunneled.dropFirst(WebSocketByteChannel.tunnelPrefix.count))
        let headers: HTTPHeaders = [
            "Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": inner,
        ]
        let upgrade: HTTPUpgrade
        do {
            upgrade = try await kubelets.upgrade(
                HTTPClientRequest(method: "POST", target: Self.target(path, request.query), headers: headers), to: address)
        } catch {
            throw Self.unreachable("Post", address, path, error)
        }
        guard let kubelet = upgrade.channel else { return try await Self.refusal(upgrade.response) }
        return WebSocketHandshake.accept(request, subprotocol: tunneled) { client in
            await RawTunnel.join(WebSocketByteChannel(WebSocketConnection(channel: client, role: .server)), kubelet)
        }
    }

    /// Passes the upgrade on as it came and then copies bytes both ways.
    private func tunnel(
        _ context: RequestContext, _ path: String, _ query: [HTTPRequest.QueryItem], to address: KubeletAddress
    ) async throws -> HTTPResponse {
        guard context.request.headers["upgrade"] != nil else {
            throw APIErrors.badRequest("Upgrade request required")
        }
        var headers = HTTPHeaders()
        for field in context.request.headers.fields where Self.isForwarded(field.name) { headers.add(field.name, field.value) }
        let request = HTTPClientRequest(
            method: context.request.method, target: Self.target(path, query), headers: headers)
        let upgrade: HTTPUpgrade
        do {
            upgrade = try await kubelets.upgrade(request, to: address)
        } catch {
            throw Self.unreachable("Get", address, path, error)
        }
        guard let kubelet = upgrade.channel else { return try await Self.refusal(upgrade.response) }
        var answer = HTTPHeaders()
        for field in upgrade.response.headers.fields where field.name.lowercased() != "content-length" {
            answer.add(field.name, field.value)
        }
        return HTTPResponse(status: 101, headers: answer, body: .upgrade { client in await RawTunnel.join(client, kubelet) })
    }

    /// Who asks is the server's business; the kubelet is shown the server's certificate.
    private static func isForwarded(_ name: String) -> Bool {
        !["authorization", "host", "content-length", "x-forwarded-for"].contains(name.lowercased())
    }

    // MARK: Where

    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/strategy.go`, `LogLocation`.
    private static func container(_ name: String, in pod: JSONValue, _ podName: String) throws(Status) -> String {
        func names(_ list: String) -> [String] { (pod["spec"]?[list]?.array ?? []).compactMap { $0["name"]?.string } }
        let containers = names("containers")
        if name.isEmpty {
            if containers.count == 1 { return containers[0] }
            let annotation = pod["metadata"]?["annotations"]?["kubectl.kubernetes.io/default-container"]?.string ?? ""
            if containers.contains(annotation) { return annotation }
            let initContainers = names("initContainers")
            var message =
                "a container name must be specified for pod \(podName), choose one of: [\(containers.joined(separator: " "))]"
            if !initContainers.isEmpty { message += " or one of the init containers: [\(initContainers.joined(separator: " "))]" }
            throw APIErrors.badRequest(message)
        }
        guard (containers + names("initContainers") + names("ephemeralContainers")).contains(name) else {
            throw APIErrors.badRequest("container \(name) is not valid for pod \(podName)")
        }
        return name
    }

    private func kubeletAddress(of pod: JSONValue, _ key: NamespacedName) throws(Status) -> KubeletAddress {
        let nodeName = pod["spec"]?["nodeName"]?.string ?? ""
        guard !nodeName.isEmpty else { throw APIErrors.badRequest("pod \(key.name) does not have a host assigned") }
        return try kubeletAddress(ofNode: nodeName)
    }

    /// In the order in which the server prefers a node's addresses.
    func kubeletAddress(ofNode name: String) throws(Status) -> KubeletAddress {
        guard let node = registry.caches[Self.nodes]?.get(NamespacedName(name: name))?.object else {
            throw APIErrors.notFound(Self.nodes, name)
        }
        let addresses = node["status"]?["addresses"]?.array ?? []
        func address(_ type: String) -> String? {
            addresses.first { $0["type"]?.string == type }.flatMap { $0["address"]?.string }
        }
        guard let host = address("InternalIP") ?? address("ExternalIP") ?? address("Hostname") else {
            throw APIErrors.internalError("no preferred addresses found; known addresses: []")
        }
        let port = node["status"]?["daemonEndpoints"]?["kubeletEndpoint"]?["Port"]?.int ?? 0
        return KubeletAddress(host: host, port: Int(port == 0 ? Self.kubeletPort : port))
    }

    static func target(_ path: String, _ query: [HTTPRequest.QueryItem]) -> String {
        guard !query.isEmpty else { return path }
        return path + "?"
            + query.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
    }

    private static func unreachable(_ verb: String, _ address: KubeletAddress, _ path: String, _ error: any Error) -> Status {
        APIErrors.internalError("\(verb) \"https://\(address.host):\(address.port)\(path)\": \(error)")
    }

    /// A kubelet's refusal as the client's: its Status, or its text as the message of one.
    private static func refusal(_ response: HTTPClientResponse) async throws -> HTTPResponse {
        var body: [UInt8] = []
        for try await chunk in response.body where body.count < 64 * 1024 { body += chunk }
        if let object = try? JSONParser.parse(body), object["kind"]?.string == "Status" {
            return Responses.json(object, code: response.status)
        }
        let message = body.text.trimmed
        let reason = [400: "BadRequest", 404: "NotFound", 403: "Forbidden"][response.status] ?? "InternalError"
        return Responses.status(
            Status(code: response.status, reason: reason, message: message.isEmpty ? "the kubelet refused" : message))
    }
}
