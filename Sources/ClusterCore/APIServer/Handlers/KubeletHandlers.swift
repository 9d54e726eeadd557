import API
import HTTP
import JSON
import Machinery

// `log`, `exec`, `attach`, `portforward`: the kubelet answers, the server passes on.
extension APIHandler {
    private static let nodes = GroupVersionResource(group: "", version: "v1", resource: "nodes")
    private static let kubeletPort: Int64 = 10250

    func kubelet(_ context: RequestContext) async throws -> HTTPResponse {
        let pod = try registry.get(context.kind, context.key).object
        let address = try kubeletAddress(of: pod, context.key)
        let key = context.key
        switch context.info.subresource {
        case "log":
            guard context.request.method == "GET" else { throw APIErrors.methodNotAllowed }
            let container = try Self.container(context.request.query("container") ?? "", in: pod, key.name)
            let query = context.request.query.filter { $0.name != "container" }
            return try await forwardLog(
                "/containerLogs/\(key.namespace)/\(key.name)/\(container)", query, to: address)
        case "portforward":
            return try await tunnel(context, "/portForward/\(key.namespace)/\(key.name)", context.request.query, to: address)
        default:
            let container = try Self.container(context.request.query("container") ?? "", in: pod, key.name)
            var query: [HTTPRequest.QueryItem] = []
            for item in context.request.query where item.name != "container" {
                let renamed = ["stdin": "input", "stdout": "output", "stderr": "error"][item.name] ?? item.name
                let value = renamed == item.name || !ListOptions.flag(item.value) ? item.value : "1"
                if renamed != item.name, !ListOptions.flag(item.value) { continue }
                query.append(.init(name: renamed, value: item.name == "tty" && ListOptions.flag(item.value) ? "1" : value))
            }
            query.removeAll { $0.name == "tty" && !ListOptions.flag($0.value) }
            let path = "/\(context.info.subresource)/\(key.namespace)/\(key.name)/\(container)"
            return try await tunnel(context, path, query, to: address)
        }
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/strategy.go`, `LogLocation`.
    private static func container(_ name: String, in pod: JSONValue, _ podName: String) throws(Status) -> String {
        func names(_ list: String) -> [String] { (pod["spec"]?[list]?.array ?? []).compactMap { $0["name"]?.string } }
        let containers = names("containers")
        if name.isEmpty {
            let initContainers = names("initContainers")
            if containers.count == 1, initContainers.isEmpty { return containers[0] }
            if containers.count == 1, let only = containers.first { return only }
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
        guard let node = registry.caches[Self.nodes]?.get(NamespacedName(name: nodeName))?.object else {
            throw APIErrors.notFound(Self.nodes, nodeName)
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

    private static func target(_ path: String, _ query: [HTTPRequest.QueryItem]) -> String {
        guard !query.isEmpty else { return path }
        return path + "?"
            + query.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
    }

    private func forwardLog(
        _ path: String, _ query: [HTTPRequest.QueryItem], to address: KubeletAddress
    ) async throws -> HTTPResponse {
        let request = HTTPClientRequest(method: "GET", target: Self.target(path, query))
        let response: HTTPClientResponse
        do {
            response = try await kubelets.send(request, to: address)
        } catch {
            throw Self.unreachable(address, path, error)
        }
        guard response.status == 200 else { return try await Self.refusal(response) }
        let type = response.headers["content-type"] ?? "text/plain"
        return HTTPResponse(
            status: 200, headers: ["content-type": type],
            body: .stream { writer in
                for try await chunk in response.body { try await writer.write(chunk) }
            })
    }

    private static func unreachable(_ address: KubeletAddress, _ path: String, _ error: any Error) -> Status {
        APIErrors.internalError("Get \"https://\(address.host):\(address.port)\(path)\": \(error)")
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
            throw Self.unreachable(address, path, error)
        }
        guard let kubelet = upgrade.channel else { return try await Self.refusal(upgrade.response) }
        var answer = HTTPHeaders()
        for field in upgrade.response.headers.fields where field.name.lowercased() != "content-length" {
            answer.add(field.name, field.value)
        }
        return HTTPResponse(
            status: 101, headers: answer, body: .upgrade { client in try await Tunnel.run(client, kubelet) })
    }

    /// Who asks is the server's business; the kubelet is shown the server's certificate.
    private static func isForwarded(_ name: String) -> Bool {
        !["authorization", "host", "content-length", "x-forwarded-for"].contains(name.lowercased())
    }
}

/// Copies bytes between two channels until both directions have ended.
enum Tunnel {
    static func run(_ left: any ByteChannel, _ right: any ByteChannel) async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await copy(from: left, to: right) }
            group.addTask { await copy(from: right, to: left) }
            await group.waitForAll()
        }
        await left.close()
        await right.close()
    }

    private static func copy(from source: any ByteChannel, to sink: any ByteChannel) async {
        do {
            while let bytes = try await source.read() { try await sink.write(bytes) }
            await sink.closeWrite()
        } catch {
            // One side is gone: the other learns it by the end of its stream.
            await source.close()
            await sink.close()
        }
    }
}
