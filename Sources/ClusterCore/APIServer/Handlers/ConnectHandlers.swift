import API
import HTTP
import JSON
import Machinery

// Subresources that end at a kubelet, a pod or a service: bytes pass through, nothing is stored.
extension APIHandler {
    func connect(_ context: RequestContext) async throws -> HTTPResponse {
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
