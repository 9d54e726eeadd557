import JSON
import Testing

@testable import Lab

@Suite struct ImageLayoutTests {
    /// An archive of the writer's, as files by path: changed by a test, then packed again.
    private struct Files {
        var files: [String: [UInt8]] = [:]
        let manifest: ContentDigest

        init(_ name: String = "skiff.local/team/app:1") throws {
            let image = ImageArchive(name: name, command: ["sh"], architecture: "amd64")
            let (archive, digest) = try image.write([.init(path: "f", mode: 0o644, content: .file(Array("hello".utf8)))])
            for (path, member) in try TarIndex(MemorySource(bytes: archive)).members {
                files[path] = member.content.map { Array(archive[$0]) }
            }
            manifest = try #require(ContentDigest(digest))
        }

        var manifestPath: String { "blobs/sha256/\(manifest.hex)" }

        var archive: MemorySource {
            get throws {
                let entries = files.sorted { $0.key < $1.key }.map {
                    TarArchive.Entry(path: $0.key, mode: 0o644, content: .file($0.value))
                }
                return MemorySource(bytes: try TarArchive.write(entries))
            }
        }

        func json(_ path: String) throws -> JSONValue { try JSONParser.parse(try #require(files[path])) }

        /// Adds a document as content and returns what points to it.
        mutating func add(_ json: JSONValue, _ mediaType: String) throws -> ContentDescriptor {
            let bytes = JSONWriter.write(json)
            files["blobs/sha256/\(SHA256.hex(bytes))"] = bytes
            let digest = try #require(ContentDigest("sha256:\(SHA256.hex(bytes))"))
            return ContentDescriptor(digest: digest, mediaType: mediaType, byteCount: bytes.count)
        }

        /// Makes `content` the archive's only image.
        mutating func point(to content: ContentDescriptor, name: String = "skiff.local/app:1") {
            var entry = content.json
            entry["annotations"] = ["io.containerd.image.name": .string(name)]
            files["index.json"] = JSONWriter.write(["schemaVersion": 2, "manifests": [entry]])
        }
    }

    private func refusal(_ files: Files) throws -> ImageError? {
        let archive = try files.archive
        do {
            let layout = try ImageLayout(archive)
            for image in layout?.images ?? [] {
                for content in image.content { try layout?.pieces(of: content) { _ in } }
            }
            return nil
        } catch { return error as? ImageError }
    }

    @Test func `finds an image with its manifest, configuration and layer, and reads them`() throws {
        let files = try Files()
        let layout = try #require(try ImageLayout(try files.archive))
        let image = try #require(layout.images.first)
        #expect(layout.images.count == 1)
        #expect("\(image.reference)" == "skiff.local/team/app:1")
        #expect(image.manifest.digest == files.manifest)
        #expect(
            image.content.map(\.mediaType) == [
                "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.config.v1+json",
                "application/vnd.oci.image.layer.v1.tar+gzip",
            ])
        for content in image.content {
            var bytes: [UInt8] = []
            try layout.pieces(of: content) { bytes += $0 }
            #expect(bytes == files.files["blobs/sha256/\(content.digest.hex)"])
        }
    }

    @Test(arguments: ["docker.io/library/app:1", "skiff.local.example/app:1", "latest"])
    func `names of other hosts are left to others`(name: String) throws {
        var files = try Files()
        let content = try #require(try files.json("index.json")["manifests"]?[0].flatMap(ContentDescriptor.init(json:)))
        files.point(to: content, name: name)
        #expect(try ImageLayout(try files.archive)?.images.isEmpty == true)
    }

    @Test(arguments: [
        "skiff.local/App:1", "skiff.local/../app:1", "skiff.local/app:", "skiff.local//app:1", "skiff.local/app:-1",
    ])
    func `a name of ours that no image can have is refused`(name: String) throws {
        var files = try Files()
        files.point(
            to: try #require(try files.json("index.json")["manifests"]?[0].flatMap(ContentDescriptor.init(json:))), name: name)
        #expect(try refusal(files) == .name(name))
    }

    @Test func `a docker archive and a compressed one are not for the registry`() throws {
        let docker = try TarArchive.write([.init(path: "manifest.json", mode: 0o644, content: .file(Array("[]".utf8)))])
        #expect(try ImageLayout(MemorySource(bytes: docker)) == nil)
        #expect(try ImageLayout(MemorySource(bytes: Gzip.compress(try Files().archive.bytes))) == nil)
    }

    @Test func `an index may lack other platforms, but not every platform`() throws {
        var files = try Files()
        let present = try #require(try files.json("index.json")["manifests"]?[0].flatMap(ContentDescriptor.init(json:)))
        let digest = try #require(ContentDigest("sha256:" + String(repeating: "0", count: 64)))
        let absent = ContentDescriptor(digest: digest, mediaType: present.mediaType, byteCount: 7)
        let type = "application/vnd.oci.image.index.v1+json"
        let index = try files.add(["schemaVersion": 2, "manifests": [absent.json, present.json]], type)
        files.point(to: index)
        let image = try #require(try ImageLayout(try files.archive)?.images.first)
        #expect(image.manifest == index)
        #expect(image.content.count == 4)
        files.point(to: try files.add(["schemaVersion": 2, "manifests": [absent.json]], type))
        #expect(try refusal(files) == .missing(digest))
    }

    @Test func `content that is missing, changed, or of another size is refused`() throws {
        let good = try Files()
        let layer = try #require(try good.json(good.manifestPath)["layers"]?[0].flatMap(ContentDescriptor.init(json:)))
        let path = "blobs/sha256/\(layer.digest.hex)"
        var files = good
        files.files[path] = nil
        #expect(try refusal(files) == .missing(layer.digest))
        files = good
        files.files[path]?[3] ^= 1
        #expect(try refusal(files) == .wrongContent(layer.digest))
        files = good
        files.files[path]?.append(0)
        #expect(try refusal(files) == .wrongSize(layer.digest, expected: layer.byteCount, found: layer.byteCount + 1))
        files = good
        files.files[good.manifestPath]?[3] ^= 1
        #expect(try refusal(files) == .wrongContent(good.manifest))
    }

    @Test func `documents that say nothing, or are too large, are refused`() throws {
        var files = try Files()
        files.files["index.json"] = Array("{}".utf8)
        #expect(try refusal(files) == .malformedDocument("index.json"))
        files.files["index.json"] = [UInt8](repeating: 0x20, count: ImageLayout.documentBytesMax + 1)
        #expect(
            try refusal(files)
                == .tooLarge("index.json", bytes: ImageLayout.documentBytesMax + 1, max: ImageLayout.documentBytesMax))
        files = try Files()
        files.point(to: try files.add(["config": "x"], "application/vnd.oci.image.manifest.v1+json"))
        guard case .malformedDocument = try refusal(files) else {
            Issue.record("a manifest without configuration")
            return
        }
        files.point(to: try files.add([:], "text/plain"))
        #expect(try refusal(files) == .mediaType("text/plain"))
    }

    @Test func `a digest cannot be a path`() {
        #expect(ContentDigest("sha256:" + String(repeating: "../", count: 21) + "a") == nil)
        #expect(ContentDigest("sha256:" + String(repeating: "A", count: 64)) == nil)
        #expect(ContentDigest("sha512:" + String(repeating: "a", count: 64)) == nil)
        #expect(ContentDigest("sha256:" + String(repeating: "a", count: 64)) != nil)
    }
}
