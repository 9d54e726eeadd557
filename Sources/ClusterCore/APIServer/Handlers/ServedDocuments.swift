import API
import HTTP
import JSON
import Machinery

/// What the server says about itself: discovery, OpenAPI, version.
package final class ServedDocuments: Sendable {
    private let offered: OfferedDocuments

    static let version: JSONValue = [
        "major": "1", "minor": "36", "gitVersion": "v1.36.0+skiff", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
    ]

    /// - Parameter serverAddress: `ADDRESS:PORT` for `/api`.
    package init(serverAddress: String) { offered = OfferedDocuments(serverAddress: serverAddress) }

    func answer(_ request: HTTPRequest, _ handler: APIHandler) throws(Status) -> HTTPResponse {
        guard request.method == "GET" || request.method == "HEAD" else { throw APIErrors.methodNotAllowed }
        let path = request.path.count > 1 && request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
        switch path {
        case "/version": return Responses.json(Self.version)
        case "/": return paths(handler.registry.kinds)
        default: break
        }
        return try offered.answer(path, request, handler.registry.kinds.offer, now: handler.registry.environment.now())
    }

    private func paths(_ kinds: KindRegistry) -> HTTPResponse {
        var paths = ["/api", "/api/v1", "/apis"]
        for kind in kinds.kinds where !kind.gvk.group.isEmpty {
            for path in ["/apis/\(kind.gvk.group)", "/apis/\(kind.gvk.apiVersion)"] where !paths.contains(path) {
                paths.append(path)
            }
        }
        paths += ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
        return Responses.json(["paths": JSONValue(paths)])
    }
}
