import API
import HTTP
import JSON
import Machinery
import Synchronization

/// Discovery and OpenAPI: rendered when first asked for, and again only where what is served has changed.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/discovery`, `kube-openapi/pkg/handler`, `pkg/handler3`.
final class OfferedDocuments: Sendable {
    private struct Document: Sendable {
        var bytes: [UInt8]
        var tag: String
        var mediaType = "application/json"

        init(_ bytes: [UInt8], mediaType: String = "application/json") {
            self.bytes = bytes
            self.mediaType = mediaType
            tag = OpenAPIDocument.hash(of: bytes)
        }
    }

    /// The members of `paths` and `definitions` of one part of the document of version 2, without braces.
    private struct Fragment: Sendable {
        var paths: [UInt8]
        var definitions: [UInt8]
    }

    private struct State: Sendable {
        /// By name; a name carries the generation that it shows.
        var documents: [String: Document] = [:]
        /// Names of `documents`, last used last.
        var order: [String] = []
        var fragments: [String: Fragment] = [:]
        /// Hashes of documents of version 3, by name.
        var hashes: [String: String] = [:]
    }

    /// Documents kept at once: those of version 3 are megabytes that few ask for twice.
    private static let documentsMax = 12

    private let serverAddress: String
    private let state = Mutex(State())

    init(serverAddress: String) { self.serverAddress = serverAddress }

    func answer(
        _ path: String, _ request: HTTPRequest, _ offer: KindRegistry.Offer, now: Timestamp
    ) throws(Status) -> HTTPResponse {
        if path == "/openapi/v2" { return try version2(request, offer) }
        if path == "/openapi/v3" { return respond(index(offer), request) }
        if path.hasPrefix("/openapi/v3/") {
            return try version3(String(path.dropFirst("/openapi/v3/".count)), request, offer, now)
        }
        let parts = path.split(separator: "/").map(String.init)
        guard parts.first == "api" || parts.first == "apis" else { throw APIErrors.unknownPath }
        if parts.count == 1 { return root(request, isCore: parts[0] == "api", offer) }
        let discovery = DiscoveryDocument(kinds: offer.builtIn + offer.custom + offer.remote)
        let found: JSONValue?
        switch (parts[0], parts.count) {
        case ("api", 2): found = discovery.resources(group: "", version: parts[1])
        case ("apis", 2): found = discovery.group(parts[1])
        case ("apis", 3): found = discovery.resources(group: parts[1], version: parts[2])
        default: found = nil
        }
        guard let found else { throw APIErrors.unknownPath }
        return Responses.json(found)
    }

    // MARK: - Discovery

    private func root(_ request: HTTPRequest, isCore: Bool, _ offer: KindRegistry.Offer) -> HTTPResponse {
        let kinds = offer.builtIn + offer.custom + offer.remote
        guard let version = Self.aggregatedVersion(request.headers["accept"]) else {
            let discovery = DiscoveryDocument(kinds: kinds)
            var response = Responses.json(
                isCore ? discovery.coreVersions(serverAddress: serverAddress) : discovery.groupList())
            response.headers["vary"] = "Accept"
            return response
        }
        let document = document("aggregated/\(isCore)/\(version)@\(isCore ? 0 : offer.generation)") {
            Document(
                JSONWriter.write(DiscoveryDocument(kinds: kinds).aggregated(core: isCore, version: version)),
                mediaType: "application/json;g=apidiscovery.k8s.io;v=\(version);as=APIGroupDiscoveryList")
        }
        return respond(document, request)
    }

    /// `v2` or `v2beta1` when the client prefers the aggregated form to the old one.
    static func aggregatedVersion(_ accept: String?) -> String? {
        for range in accept?.split(separator: ",") ?? [] {
            let parts = range.split(separator: ";").map { $0.trimmed }
            guard let type = parts.first, type == "application/json" || type == "*/*" || type == "application/*" else { continue }
            let version = parts.first { $0.hasPrefix("v=") }.map { String($0.dropFirst(2)) }
            let isAggregated = parts.contains("g=apidiscovery.k8s.io") && parts.contains("as=APIGroupDiscoveryList")
            guard isAggregated else {
                // The plain form was asked for first.
                if parts.contains(where: { $0.hasPrefix("as=") }) { continue }
                return nil
            }
            if let version, DiscoveryDocument.aggregatedVersions.contains(version) { return version }
        }
        return nil
    }

    // MARK: - OpenAPI

    private func version2(_ request: HTTPRequest, _ offer: KindRegistry.Offer) throws(Status) -> HTTPResponse {
        switch Self.openAPIForm(request.headers["accept"]) {
        case .json: return respond(version2JSON(offer), request)
        case .protobuf:
            let document = document("v2.proto@\(offer.generation)") {
                var tree = OpenAPIDocument(kinds: offer.builtIn + offer.custom).version2()
                for documents in offer.documents { documents.merge(into: &tree) }
                return Document(OpenAPIMessage.encode(tree), mediaType: OpenAPIMessage.mediaType)
            }
            return respond(document, request)
        case nil:
            throw APIErrors.notAcceptable(accepted: ["application/json"] + OpenAPIMessage.acceptedMediaTypes)
        }
    }

    private enum OpenAPIForm { case json, protobuf }

    /// The first form of `Accept` that is offered; nil when none is.
    private static func openAPIForm(_ accept: String?) -> OpenAPIForm? {
        guard let accept, !accept.isEmpty else { return .json }
        for range in accept.split(separator: ",") {
            guard let type = range.split(separator: ";").first?.trimmed else { continue }
            if ["application/json", "application/*", "*/*"].contains(type) { return .json }
            if OpenAPIMessage.acceptedMediaTypes.contains(type) { return .protobuf }
        }
        return nil
    }

    private func version2JSON(_ offer: KindRegistry.Offer) -> Document {
        document("v2@\(offer.generation)") {
            var fragments = [
                fragment("built-in") {
                    let tree = OpenAPIDocument(kinds: offer.builtIn).version2()
                    return Fragment(paths: Self.members(tree["paths"]), definitions: Self.members(tree["definitions"]))
                }
            ]
            for (version, kinds) in Self.grouped(offer.custom) {
                fragments.append(
                    fragment("\(version)@\(offer.changes[version] ?? 0)") {
                        let added = OpenAPIDocument(kinds: kinds).customVersion2()
                        return Fragment(paths: Self.members(added.paths), definitions: Self.members(added.definitions))
                    })
            }
            if !offer.documents.isEmpty {
                // What other servers publish names its parts around ours.
                var tree = OpenAPIDocument(kinds: offer.builtIn + offer.custom).version2()
                for documents in offer.documents {
                    let added = documents.merge(into: &tree)
                    let part = Fragment(paths: Self.members(added.paths), definitions: Self.members(added.definitions))
                    if !part.paths.isEmpty, !part.definitions.isEmpty { fragments.append(part) }
                }
            }
            let head: JSONValue = [
                "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(OpenAPIDocument.titleVersion)],
            ]
            var bytes = JSONWriter.write(head).dropLast() + Array(",\"paths\":{".utf8)
            bytes += fragments.map(\.paths).joined(separator: [UInt8(ascii: ",")])
            bytes += "},\"definitions\":{".utf8
            bytes += fragments.map(\.definitions).joined(separator: [UInt8(ascii: ",")])
            bytes += "}}".utf8
            return Document(Array(bytes))
        }
    }

    /// An object's text without its braces.
    private static func members(_ object: JSONValue?) -> [UInt8] {
        Array(JSONWriter.write(object ?? [:]).dropFirst().dropLast())
    }

    private static func grouped(_ kinds: [KindDefinition]) -> [(version: String, kinds: [KindDefinition])] {
        var result: [(version: String, kinds: [KindDefinition])] = []
        for kind in kinds {
            if result.last?.version == kind.gvk.apiVersion {
                result[result.count - 1].kinds.append(kind)
            } else {
                result.append((kind.gvk.apiVersion, [kind]))
            }
        }
        return result
    }

    private func index(_ offer: KindRegistry.Offer) -> Document {
        document("v3@\(offer.generation)") {
            let openAPI = OpenAPIDocument(kinds: offer.builtIn + offer.custom)
            var hashes: [String: String] = [:]
            for path in openAPI.paths { hashes[path] = hash(path, offer) }
            var index = openAPI.index(hashes: hashes)
            for documents in offer.documents where !documents.version3.isEmpty {
                let path = "apis/\(documents.groupVersion)"
                index[path: ["paths", path]] = [
                    "serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(documents.version3Tag)")
                ]
            }
            return Document(JSONWriter.write(index))
        }
    }

    /// The name of one document of version 3 in its present state.
    private func name(_ path: String, _ offer: KindRegistry.Offer) -> String {
        let version = path.hasPrefix("apis/") ? String(path.dropFirst("apis/".count)) : path
        return "v3/\(path)@\(offer.changes[version] ?? 0)"
    }

    private func hash(_ path: String, _ offer: KindRegistry.Offer) -> String {
        let name = name(path, offer)
        if let known = state.withLock({ $0.hashes[name] }) { return known }
        return version3Document(path, offer)?.tag ?? ""
    }

    /// Nil for a path that is not offered.
    private func version3Document(_ path: String, _ offer: KindRegistry.Offer) -> Document? {
        if let remote = offer.documents.first(where: { "apis/\($0.groupVersion)" == path && !$0.version3.isEmpty }) {
            var document = Document(remote.version3)
            document.tag = remote.version3Tag
            return document
        }
        let openAPI = OpenAPIDocument(kinds: offer.builtIn + offer.custom)
        guard openAPI.paths.contains(path) else { return nil }
        let name = name(path, offer)
        let document = document(name) { Document(JSONWriter.write(openAPI.version3(path) ?? [:])) }
        state.withLock { $0.hashes[name] = document.tag }
        return document
    }

    private func version3(
        _ path: String, _ request: HTTPRequest, _ offer: KindRegistry.Offer, _ now: Timestamp
    ) throws(Status) -> HTTPResponse {
        guard let document = version3Document(path, offer) else { throw APIErrors.unknownPath }
        guard let hash = request.query("hash"), !hash.isEmpty else { return respond(document, request) }
        guard hash == document.tag else {
            return HTTPResponse(
                status: 301, headers: ["location": "/openapi/v3/\(path)?hash=\(document.tag)", "etag": "\"\(document.tag)\""],
                body: .empty)
        }
        var response = respond(document, request)
        response.headers["cache-control"] = "public, immutable"
        response.headers["expires"] = HTTPDate.print(now.adding(.seconds(365 * 24 * 3600)))
        return response
    }

    // MARK: - Keeping

    private func document(_ name: String, _ make: () -> Document) -> Document {
        let known = state.withLock { state -> Document? in
            guard let known = state.documents[name] else { return nil }
            state.order.removeAll { $0 == name }
            state.order.append(name)
            return known
        }
        if let known { return known }
        // Outside the lock: others ask for other documents meanwhile.
        let made = make()
        return state.withLock { state in
            if let known = state.documents[name] { return known }
            // An older state of the same document is of no use any more.
            let stem = name.prefix { $0 != "@" } + "@"
            for old in state.order where old.hasPrefix(stem) { state.documents[old] = nil }
            state.order.removeAll { $0.hasPrefix(stem) }
            state.documents[name] = made
            state.order.append(name)
            if state.order.count > Self.documentsMax { state.documents[state.order.removeFirst()] = nil }
            return made
        }
    }

    private func fragment(_ name: String, _ make: () -> Fragment) -> Fragment {
        if let known = state.withLock({ $0.fragments[name] }) { return known }
        let made = make()
        let stem = name.prefix { $0 != "@" } + "@"
        state.withLock { state in
            for old in state.fragments.keys where old.hasPrefix(stem) { state.fragments[old] = nil }
            state.fragments[name] = made
        }
        return made
    }

    private func respond(_ document: Document, _ request: HTTPRequest) -> HTTPResponse {
        let tag = "\"\(document.tag)\""
        if request.headers["if-none-match"]?.contains(tag) ?? false {
            return HTTPResponse(status: 304, headers: ["etag": tag, "vary": "Accept"], body: .empty)
        }
        var response = Responses.bytes(document.bytes)
        response.headers["content-type"] = document.mediaType
        response.headers["etag"] = tag
        response.headers["vary"] = "Accept"
        return response
    }
}

/// Dates of HTTP headers.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sat, 21 Nov 2026 13:00:00 GMT`.
    static func print(_ time: Timestamp) -> String {
        let text = time.description
        let date = text.prefix(10).split(separator: "-").map(String.init)
        let month = (Int(date[1]) ?? 1) - 1
        let day = Int((time.seconds / 86400) % 7 + 7) % 7
        return "\(days[day]), \(date[2]) \(months[month]) \(date[0]) \(text.dropFirst(11).prefix(8)) GMT"
    }
}
