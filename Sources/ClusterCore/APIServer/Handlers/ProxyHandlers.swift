import API
import HTTP
import JSON
import Machinery
import Streaming

// `proxy` of pods, services and nodes: the request goes on to the target, the answer comes back as it is, its links led here.
extension APIHandler {
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    /// Who asks is proven to this server alone; connections and lengths are each hop's own.
    private static let ownFields: Set<String> = ["authorization", "content-length", "x-forwarded-for", "host"]

    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/proxy/upgradeaware.go`.
    func proxy(_ context: RequestContext) async throws -> HTTPResponse {
        guard Self.methods.contains(context.request.method) else { throw APIErrors.methodNotAllowed }
        let location = try ProxyResolver(handler: self, context: context).location()
        let path = ProxyPath(context.request.rawPath)
        let query = context.request.rawQuery.isEmpty ? "" : "?" + context.request.rawQuery
        let isUpgrade = context.request.headers.contains("connection", token: "upgrade")
        if path.rest.isEmpty, !isUpgrade, ["GET", "HEAD"].contains(context.request.method) {
            // Links of a page at the root are relative to a path that ends in a slash.
            return HTTPResponse(status: 301, headers: ["location": context.request.rawPath + "/" + query])
        }
        var request = HTTPClientRequest(
            method: context.request.method, target: (path.rest.isEmpty ? "/" : path.rest) + query,
            headers: forwarded(context, isUpgrade: isUpgrade), body: context.request.body)
        if isUpgrade { return try await upgrade(request, to: location) }
        request.headers.add("x-forwarded-uri", path.prefix + path.rest)
        request.headers.add("x-forwarded-host", context.request.headers["host"] ?? "")
        request.headers.add("x-forwarded-proto", "https")
        let response: HTTPClientResponse
        do {
            response =
                switch location {
                case .kubelet(let address): try await kubelets.send(request, to: address)
                case .direct(let address): try await upstreams.send(request, to: address)
                }
        } catch {
            throw APIErrors.serviceUnavailable("error trying to reach service: \(error)")
        }
        return try await answer(response, context, ProxyLinks(location: location, prefix: path.prefix))
    }

    private func forwarded(_ context: RequestContext, isUpgrade: Bool) -> HTTPHeaders {
        let source = context.request.headers
        var headers = HopByHop.remove(source, leavingOut: Self.ownFields)
        if isUpgrade {
            headers.add("Connection", "Upgrade")
            headers.add("Upgrade", source["upgrade"] ?? "")
        }
        let host = source["host"] ?? ""
        if !host.isEmpty { headers.add("Host", host) }
        let client = context.request.remoteAddress.split(separator: ":").dropLast().joined(separator: ":")
        let before = source.values("x-forwarded-for")
        if !client.isEmpty { headers.add("X-Forwarded-For", (before + [client]).joined(separator: ", ")) }
        return headers
    }

    private func upgrade(_ request: HTTPClientRequest, to location: ProxyLocation) async throws -> HTTPResponse {
        let upgrade: HTTPUpgrade
        do {
            upgrade =
                switch location {
                case .kubelet(let address): try await kubelets.upgrade(request, to: address)
                case .direct(let address): try await upstreams.upgrade(request, to: address)
                }
        } catch {
            throw APIErrors.serviceUnavailable("error trying to reach service: \(error)")
        }
        guard let far = upgrade.channel else { return Self.passed(upgrade.response) }
        var headers = upgrade.response.headers
        headers["content-length"] = nil
        return HTTPResponse(status: 101, headers: headers, body: .upgrade { near in await RawTunnel.join(near, far) })
    }

    /// The answer with what ties it to the target's own address led through here.
    private func answer(
        _ response: HTTPClientResponse, _ context: RequestContext, _ links: ProxyLinks
    ) async throws -> HTTPResponse {
        var response = response
        for name in ["credentials", "headers", "methods", "origin"] { response.headers["access-control-allow-\(name)"] = nil }
        if let redirect = response.headers["location"] {
            response.headers["location"] = links.rewritten(redirect, requestHost: context.request.headers["host"] ?? "")
            return Self.passed(response)
        }
        let type = response.headers["content-type"]?.split(separator: ";").first?.trimmed.lowercased()
        guard type == "text/html", response.headers["content-encoding"] == nil, context.request.method != "HEAD" else {
            return Self.passed(response)
        }
        var page: [UInt8] = []
        var chunks = response.body.makeAsyncIterator()
        while page.count <= ProxyLinks.pageBytesMax, let chunk = try await chunks.next() { page += chunk }
        guard page.count <= ProxyLinks.pageBytesMax else {
            let (head, rest) = (page, response.body)
            return Self.passed(response) { writer in
                try await writer.write(head)
                for try await chunk in rest { try await writer.write(chunk) }
            }
        }
        var headers = HopByHop.remove(response.headers)
        headers["content-length"] = nil
        let host = context.request.headers["host"] ?? ""
        return HTTPResponse(
            status: response.status, headers: headers,
            body: .bytes(HTMLLinks.rewrite(page) { links.rewritten($0, requestHost: host) }))
    }

    private static func passed(
        _ response: HTTPClientResponse, _ write: (@Sendable (any BodyWriter) async throws -> Void)? = nil
    ) -> HTTPResponse {
        let body = response.body
        return HTTPResponse(
            status: response.status, headers: HopByHop.remove(response.headers),
            body: .stream(
                write ?? { writer in
                    for try await chunk in body { try await writer.write(chunk) }
                }))
    }
}

/// The path of a `proxy` request, as it stood on the wire: what names the subresource, and what is the target's.
struct ProxyPath: Hashable, Sendable {
    /// `/api/v1/namespaces/default/pods/web/proxy`.
    var prefix: String
    /// Empty, or from a slash on.
    var rest: String

    init(_ path: String) {
        let parts = path.split(separator: "/", maxSplits: 8, omittingEmptySubsequences: true)
        // `api v1 namespaces N pods NAME proxy`, or `api v1 nodes NAME proxy`.
        let count = parts.count > 2 && parts[2] == "namespaces" ? 7 : 5
        let end = parts.count >= count ? parts[count - 1].endIndex : path.endIndex
        prefix = String(path[..<end])
        rest = String(path[end...])
    }
}
