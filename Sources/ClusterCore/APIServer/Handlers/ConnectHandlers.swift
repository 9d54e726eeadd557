import API
import HTTP
import JSON
import Machinery

// Subresources that end at a kubelet, a pod or a service: bytes pass through, nothing is stored.
extension APIHandler {
    func connect(_ context: RequestContext) async throws -> HTTPResponse {
        if context.info.subresource != "log" { try await admitConnection(context) }
        switch context.info.subresource {
        case "proxy": return try await proxy(context)
        case "log":
            guard ["GET", "HEAD"].contains(context.request.method) else { throw APIErrors.methodNotAllowed }
            return try await podLog(context)
        default:
            guard ["GET", "POST"].contains(context.request.method) else { throw APIErrors.methodNotAllowed }
            return try await podStreams(context)
        }
    }
}

// What admission sees of a connection.
extension APIHandler {
    private static let optionKinds = [
        "exec": "PodExecOptions", "attach": "PodAttachOptions", "portforward": "PodPortForwardOptions",
    ]
    private static let proxyKinds = ["pods": "PodProxyOptions", "services": "ServiceProxyOptions", "nodes": "NodeProxyOptions"]

    private func admitConnection(_ context: RequestContext) async throws(Status) {
        let kind = Self.optionKinds[context.info.subresource] ?? Self.proxyKinds[context.info.resource] ?? ""
        var body: JSONValue = ["kind": .string(kind), "apiVersion": "v1"]
        for name in ["stdin", "stdout", "stderr", "tty"] where ListOptions.flag(context.request.query(name)) {
            body[name] = true
        }
        if let container = context.request.query("container") { body["container"] = .string(container) }
        if context.info.subresource == "exec" { body["command"] = JSONValue(context.request.queryValues("command")) }
        var options = context.options(isDryRun: false)
        options.subresource = context.info.subresource
        _ = try await registry.admitSubresource(.connect, context.kind, context.key, body, options)
    }
}

extension RequestContext {
    private static let connections: Set<String> = ["log", "exec", "attach", "portforward", "proxy"]

    /// Whether the request is passed on instead of being answered here.
    var isConnection: Bool { Self.connections.contains(info.subresource) }
}

/// Fields of a message that are about one connection, not about the message (RFC 9110, 7.6.1).
enum HopByHop {
    private static let names: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// The fields that go on to the next hop.
    static func remove(_ headers: HTTPHeaders, leavingOut others: Set<String> = []) -> HTTPHeaders {
        var named: Set<String> = []
        for value in headers.values("connection") {
            for part in value.split(separator: ",") { named.insert(part.trimmed.lowercased()) }
        }
        return HTTPHeaders(
            headers.fields.filter { field in
                let name = field.name.lowercased()
                return !names.contains(name) && !named.contains(name) && !others.contains(name)
            })
    }
}
