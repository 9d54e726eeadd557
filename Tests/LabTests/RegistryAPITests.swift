import HTTP
import JSON
import Lab
import Testing

@Suite struct RegistryAPITests {
    static let manifest = "sha256:" + String(repeating: "a", count: 64)
    static let layer = "sha256:" + String(repeating: "b", count: 64)
    static let manifestType = "application/vnd.oci.image.manifest.v1+json"

    private func catalog() throws -> RegistryCatalog {
        let reference = try #require(ImageReference(repository: "team/app", tag: "1"))
        let manifest = try #require(ContentDigest(Self.manifest))
        let layer = try #require(ContentDigest(Self.layer))
        return RegistryCatalog([
            reference: .init(
                manifest: manifest,
                content: [
                    .init(digest: manifest, mediaType: Self.manifestType, byteCount: 5),
                    .init(digest: layer, mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", byteCount: 5),
                ])
        ])
    }

    private func ask(_ path: String, method: String = "GET", ns: String? = "skiff.local") throws -> HTTPResponse {
        let query = ns.map { [HTTPRequest.QueryItem(name: "ns", value: $0)] } ?? []
        return RegistryAPI(catalog: try catalog()) { content in .bytes(Array("\(content.digest.hex.prefix(1))body".utf8)) }
            .handle(HTTPRequest(method: method, path: path, query: query))
    }

    private func text(_ response: HTTPResponse) -> String {
        if case .bytes(let bytes) = response.body { String(decoding: bytes, as: UTF8.self) } else { "" }
    }

    private func code(_ response: HTTPResponse) throws -> String? {
        try JSONParser.parse(text(response))["errors"]?[0]?["code"]?.string
    }

    @Test func `says that it is a registry`() throws {
        for path in ["/v2/", "/v2"] {
            let response = try ask(path, ns: nil)
            #expect(response.status == 200)
            #expect(response.headers["Docker-Distribution-Api-Version"] == "registry/2.0")
            #expect(text(response) == "{}")
        }
    }

    @Test(arguments: ["1", manifest])
    func `gives a manifest by tag and by digest, with its media type`(reference: String) throws {
        let response = try ask("/v2/team/app/manifests/\(reference)")
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == Self.manifestType)
        #expect(response.headers["Docker-Content-Digest"] == Self.manifest)
        #expect(text(response) == "abody")
    }

    @Test func `gives any content as a blob`() throws {
        let response = try ask("/v2/team/app/blobs/\(Self.layer)", ns: nil)
        #expect(response.status == 200)
        #expect(response.headers["Content-Type"] == "application/octet-stream")
        #expect(response.headers["Docker-Content-Digest"] == Self.layer)
        #expect(response.headers["Content-Length"] == "5")
        #expect(text(response) == "bbody")
    }

    @Test func `answers HEAD with the length and without the body`() throws {
        let response = try ask("/v2/team/app/manifests/1", method: "HEAD")
        #expect(response.status == 200)
        #expect(response.headers["Content-Length"] == "5")
        guard case .empty = response.body else {
            Issue.record("a body")
            return
        }
    }

    @Test(arguments: [
        ("/v2/team/app/manifests/2", 404, "MANIFEST_UNKNOWN"),
        ("/v2/team/app/manifests/" + layer, 404, "MANIFEST_UNKNOWN"),
        ("/v2/team/app/manifests/sha256:abc", 400, "DIGEST_INVALID"),
        ("/v2/team/app/manifests/..", 400, "TAG_INVALID"),
        ("/v2/team/app/blobs/sha256:" + String(repeating: "c", count: 64), 404, "BLOB_UNKNOWN"),
        ("/v2/team/app/blobs/../../../etc/passwd", 400, "NAME_INVALID"),
        ("/v2/team/app/blobs/1", 400, "DIGEST_INVALID"),
        ("/v2/absent/manifests/1", 404, "NAME_UNKNOWN"),
        ("/v2/app/manifests/1", 404, "NAME_UNKNOWN"),
        ("/v2/../../etc/manifests/passwd", 400, "NAME_INVALID"),
        ("/v2//manifests/1", 400, "NAME_INVALID"),
        ("/v2/team/app/tags/list", 404, "NAME_UNKNOWN"),
        ("/v2/_catalog", 404, "NAME_UNKNOWN"),
        ("/", 404, "NAME_UNKNOWN"),
        ("/../v2/", 404, "NAME_UNKNOWN"),
    ])
    func `refuses what it does not have with the specification's code`(path: String, status: Int, code: String) throws {
        let response = try ask(path)
        #expect(response.status == status)
        let found = try self.code(response)
        #expect(found == code)
    }

    @Test func `has nothing of other hosts`() throws {
        #expect(try ask("/v2/team/app/manifests/1", ns: "docker.io").status == 404)
    }

    @Test(arguments: ["PUT", "POST", "DELETE", "PATCH"])
    func `is read-only`(method: String) throws {
        let response = try ask("/v2/team/app/manifests/1", method: method)
        #expect(response.status == 405)
        #expect(response.headers["Allow"] == "GET, HEAD")
        #expect(try code(response) == "UNSUPPORTED")
    }

    @Test func `content that is gone from the disk is not found`() throws {
        let api = RegistryAPI(catalog: try catalog()) { _ in nil }
        #expect(api.handle(HTTPRequest(method: "GET", path: "/v2/team/app/manifests/1")).status == 404)
        #expect(api.handle(HTTPRequest(method: "GET", path: "/v2/team/app/blobs/\(Self.layer)")).status == 404)
    }

    @Test func `a catalog survives its JSON`() throws {
        let catalog = try catalog()
        #expect(RegistryCatalog(json: catalog.json) == catalog)
        #expect(RegistryCatalog(json: ["images": [["repository": "../x", "tag": "1"]]]) == nil)
    }
}
