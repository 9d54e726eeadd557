package import HTTP
package import JSON

/// Answers what a container runtime asks a registry when it pulls; nothing can be written.
///
/// - SeeAlso: OCI distribution specification 1.1, "Pull", and its table of error codes.
package struct RegistryAPI: Sendable {
    private let catalog: RegistryCatalog
    /// The body of a piece of content; nil when it is not on disk any more. Not called for HEAD.
    private let content: @Sendable (ContentDescriptor) -> HTTPResponse.Body?

    package init(catalog: RegistryCatalog, content: @escaping @Sendable (ContentDescriptor) -> HTTPResponse.Body?) {
        self.catalog = catalog
        self.content = content
    }

    package func handle(_ request: HTTPRequest) -> HTTPResponse {
        var response = answer(request)
        response.headers.add("Docker-Distribution-Api-Version", "registry/2.0")
        if request.method == "HEAD" { response.body = .empty }
        return response
    }

    /// Nothing of a path is taken before it has become a repository, a tag or a digest.
    private func answer(_ request: HTTPRequest) -> HTTPResponse {
        let parts = request.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst().map {
            String(Substring($0))
        }
        guard parts.first == "v2" else { return Self.error(404, "NAME_UNKNOWN", "there is nothing but /v2/") }
        guard ["GET", "HEAD"].contains(request.method) else {
            var response = Self.error(405, "UNSUPPORTED", "this registry is read-only")
            response.headers.add("Allow", "GET, HEAD")
            return response
        }
        if parts == ["v2"] || parts == ["v2", ""] { return Self.document(200, [:]) }
        guard parts.count >= 4 else { return Self.error(404, "NAME_UNKNOWN", "no such resource") }
        let repository = parts[1..<(parts.count - 2)].joined(separator: "/")
        guard ImageReference.isRepository(repository) else {
            return Self.error(400, "NAME_INVALID", "invalid repository name", ["name": .string(repository)])
        }
        // A mirror is told whose content is meant.
        guard (request.query("ns") ?? ImageReference.host) == ImageReference.host, catalog.has(repository: repository) else {
            return Self.error(404, "NAME_UNKNOWN", "repository name not known to registry", ["name": .string(repository)])
        }
        switch parts[parts.count - 2] {
        case "manifests": return manifest(parts[parts.count - 1], repository, request)
        case "blobs": return blob(parts[parts.count - 1], repository, request)
        default: return Self.error(404, "NAME_UNKNOWN", "no such resource")
        }
    }

    private func manifest(_ name: String, _ repository: String, _ request: HTTPRequest) -> HTTPResponse {
        let unknown = Self.error(
            404, "MANIFEST_UNKNOWN", "manifest unknown", ["name": .string(repository), "tag": .string(name)])
        let found: ContentDescriptor?
        if name.utf8.contains(UInt8(ascii: ":")) {
            guard let digest = ContentDigest(name) else { return Self.invalidDigest(name) }
            found = catalog.content(digest, in: repository).flatMap { $0.isManifest || $0.isIndex ? $0 : nil }
        } else {
            guard let reference = ImageReference(repository: repository, tag: name) else {
                return Self.error(400, "TAG_INVALID", "invalid tag", ["tag": .string(name)])
            }
            found = catalog.manifest(reference)
        }
        guard let found else { return unknown }
        return serve(found, type: found.mediaType, request) ?? unknown
    }

    private func blob(_ name: String, _ repository: String, _ request: HTTPRequest) -> HTTPResponse {
        guard let digest = ContentDigest(name) else { return Self.invalidDigest(name) }
        let unknown = Self.error(404, "BLOB_UNKNOWN", "blob unknown to registry", ["digest": .string(name)])
        guard let found = catalog.content(digest, in: repository) else { return unknown }
        return serve(found, type: "application/octet-stream", request) ?? unknown
    }

    /// Nil when the content is not on disk.
    private func serve(_ found: ContentDescriptor, type: String, _ request: HTTPRequest) -> HTTPResponse? {
        guard let body = request.method == "HEAD" ? .empty : content(found) else { return nil }
        return HTTPResponse(
            status: 200,
            headers: [
                "Content-Type": type, "Content-Length": "\(found.byteCount)", "Docker-Content-Digest": "\(found.digest)",
                "ETag": "\"\(found.digest)\"",
            ], body: body)
    }

    private static func invalidDigest(_ name: String) -> HTTPResponse {
        error(400, "DIGEST_INVALID", "provided digest is no sha256 digest", ["digest": .string(name)])
    }

    /// - Parameter code: One of the specification's.
    package static func error(_ status: Int, _ code: String, _ message: String, _ detail: JSONValue = [:]) -> HTTPResponse {
        document(status, ["errors": [["code": .string(code), "message": .string(message), "detail": detail]]])
    }

    private static func document(_ status: Int, _ json: JSONValue) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: .bytes(JSONWriter.write(json)))
    }
}
