import API
import HTTP
import JSON
import Machinery
import Synchronization

/// What the server says about itself: discovery, OpenAPI, version, health, metrics.
package final class ServedDocuments: Sendable {
    private struct Document: Sendable {
        var bytes: [UInt8]
        var tag: String
    }

    private let discovery = DiscoveryDocument()
    private let openAPI = OpenAPIDocument()
    /// `ADDRESS:PORT` for `/api`.
    private let serverAddress: String
    /// Rendered once, when first asked for.
    private let rendered = Mutex<[String: Document]>([:])
    private let isReady = Mutex(true)

    static let version: JSONValue = [
        "major": "1", "minor": "36", "gitVersion": "v1.36.0+skiff", "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift", "platform": "linux/amd64",
    ]

    package init(serverAddress: String) { self.serverAddress = serverAddress }

    /// Makes `/readyz` fail, so that clients go elsewhere while the server ends.
    package func beginShutdown() { isReady.withLock { $0 = false } }

    func answer(_ request: HTTPRequest, _ handler: APIHandler) throws(Status) -> HTTPResponse {
        guard request.method == "GET" || request.method == "HEAD" else { throw APIErrors.methodNotAllowed }
        let path = request.path.count > 1 && request.path.hasSuffix("/") ? String(request.path.dropLast()) : request.path
        switch path {
        case "/version": return Responses.json(Self.version)
        case "/healthz", "/livez": return Responses.text("ok")
        case "/readyz": return isReady.withLock { $0 } ? Responses.text("ok") : Responses.text("shutting down", code: 500)
        case "/metrics": return Responses.text(handler.metrics.text(objects: handler.registry.caches.objectCounts))
        case "/api", "/apis": return try discoveryRoot(request, isCore: path == "/api")
        case "/": return paths()
        default: break
        }
        if path.hasPrefix("/healthz/") || path.hasPrefix("/livez/") || path.hasPrefix("/readyz/") { return Responses.text("ok") }
        if path.hasPrefix("/openapi/") { return try openAPI(path, request) }
        let parts = path.split(separator: "/").map(String.init)
        let document: JSONValue?
        switch (parts.first, parts.count) {
        case ("api", 2): document = discovery.resources(group: "", version: parts[1])
        case ("apis", 2): document = discovery.group(parts[1])
        case ("apis", 3): document = discovery.resources(group: parts[1], version: parts[2])
        default: document = nil
        }
        guard let document else { throw APIErrors.unknownPath }
        return Responses.json(document)
    }

    private func discoveryRoot(_ request: HTTPRequest, isCore: Bool) throws(Status) -> HTTPResponse {
        if let version = Self.aggregatedVersion(request.headers["accept"]) {
            let document = render("aggregated/\(isCore)/\(version)") { [discovery] in
                JSONWriter.write(discovery.aggregated(core: isCore, version: version))
            }
            var response = tagged(document, request)
            response.headers["content-type"] =
                "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList"
            response.headers["vary"] = "Accept"
            return response
        }
        var response = Responses.json(
            isCore ? discovery.coreVersions(serverAddress: serverAddress) : discovery.groupList())
        response.headers["vary"] = "Accept"
        return response
    }

    /// `v2` or `v2beta1` when the client prefers the aggregated form.
    private static func aggregatedVersion(_ accept: String?) -> String? {
        for range in accept?.split(separator: ",") ?? [] where range.contains("g=apidiscovery.k8s.io") {
            for version in DiscoveryDocument.aggregatedVersions where range.split(separator: ";").contains("v=\(version)") {
                return version
            }
        }
        return nil
    }

    private func openAPI(_ path: String, _ request: HTTPRequest) throws(Status) -> HTTPResponse {
        switch path {
        case "/openapi/v2":
            let accept = request.headers["accept"] ?? "*/*"
            if accept.contains("json") || accept.contains("*/*") {
                return tagged(render("v2") { [openAPI] in JSONWriter.write(openAPI.version2()) }, request)
            }
            guard accept.contains(OpenAPIOutline.requestedMediaType) else {
                throw APIErrors.notAcceptable(accepted: ["application/json", OpenAPIOutline.mediaType])
            }
            return HTTPResponse(
                status: 200, headers: ["content-type": OpenAPIOutline.mediaType], body: .bytes(OpenAPIOutline.encoded))
        case "/openapi/v3":
            let index = render("v3") { [openAPI] in
                var hashes: [String: String] = [:]
                for path in openAPI.paths { hashes[path] = self.version3(path)?.tag }
                return JSONWriter.write(openAPI.index(hashes: hashes))
            }
            return tagged(index, request)
        default:
            let name = String(path.dropFirst("/openapi/v3/".count))
            guard path.hasPrefix("/openapi/v3/"), openAPI.paths.contains(name), let document = version3(name) else {
                throw APIErrors.unknownPath
            }
            return tagged(document, request)
        }
    }

    /// Documents are large and asked for rarely: only their hash is kept.
    private func version3(_ path: String) -> Document? {
        guard let tree = openAPI.version3(path) else { return nil }
        let bytes = JSONWriter.write(tree)
        return Document(bytes: bytes, tag: OpenAPIDocument.hash(of: bytes))
    }

    private func render(_ name: String, _ make: () -> [UInt8]) -> Document {
        if let known = rendered.withLock({ $0[name] }) { return known }
        let bytes = make()
        let document = Document(bytes: bytes, tag: OpenAPIDocument.hash(of: bytes))
        // The second version of OpenAPI is megabytes that hardly anyone asks for twice.
        if bytes.count < 1 << 20 { rendered.withLock { $0[name] = document } }
        return document
    }

    private func tagged(_ document: Document, _ request: HTTPRequest) -> HTTPResponse {
        let tag = "\"\(document.tag)\""
        if request.headers["if-none-match"]?.contains(tag) ?? false {
            return HTTPResponse(status: 304, headers: ["etag": tag], body: .empty)
        }
        var response = Responses.bytes(document.bytes)
        response.headers["etag"] = tag
        return response
    }

    private func paths() -> HTTPResponse {
        var paths = ["/api", "/api/v1", "/apis"]
        for (group, version) in Catalog.groupVersions where !group.isEmpty { paths.append("/apis/\(group)/\(version)") }
        paths += ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]
        return Responses.json(["paths": JSONValue(paths)])
    }
}
