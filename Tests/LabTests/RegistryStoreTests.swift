import Glibc
import Testing

@testable import Lab

@Suite final class RegistryStoreTests {
    private let directory = "/tmp/skiff-registry-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

    init() throws { try FileTree.makeDirectories(directory) }

    deinit { try? FileTree.remove(directory) }

    private func archive(_ name: String, _ text: String) throws -> String {
        let path = "\(directory)/image.tar"
        let image = ImageArchive(name: name, architecture: "amd64")
        try FileTree.write(path, try image.write([.init(path: "f", mode: 0o644, content: .file(Array(text.utf8)))]).archive)
        return path
    }

    @Test func `adds an image, serves its content, and drops what a newer one replaces`() throws {
        let store = RegistryStore(directory: "\(directory)/registry")
        #expect(try store.catalog() == RegistryCatalog())
        let added = try store.add(archive: try archive("skiff.local/app:1", "one"))
        #expect(added.map(\.description) == ["skiff.local/app:1"])
        let first = try store.catalog()
        for content in try #require(first.images[added[0]]).content {
            let source = try store.open(content)
            #expect(SHA256.hex(try source.read(at: 0, count: source.byteCount)) == content.digest.hex)
        }
        try store.add(archive: try archive("skiff.local/other:1", "other"))
        try store.add(archive: try archive("skiff.local/app:1", "two"))
        let second = try store.catalog()
        #expect(second.images.count == 2)
        #expect(first.digests.isDisjoint(with: second.digests))
        #expect(FileTree.names(in: "\(directory)/registry/blobs") == second.digests.map(\.hex).sorted())
    }

    @Test func `adding again writes what is missing or not whole`() throws {
        let store = RegistryStore(directory: "\(directory)/registry")
        let path = try archive("skiff.local/app:1", "one")
        try store.add(archive: path)
        let catalog = try store.catalog()
        let content = try #require(catalog.images.values.first?.content.last)
        try FileTree.write("\(directory)/registry/blobs/\(content.digest.hex)", [])
        #expect(throws: ImageError.wrongSize(content.digest, expected: content.byteCount, found: 0)) { try store.open(content) }
        try store.add(archive: path)
        #expect(try store.open(content).byteCount == content.byteCount)
        #expect(try store.catalog() == catalog)
    }

    @Test func `a refused archive leaves the catalog as it was and no draft behind`() throws {
        let store = RegistryStore(directory: "\(directory)/registry")
        try store.add(archive: try archive("skiff.local/app:1", "one"))
        let before = try store.catalog()
        let names = FileTree.names(in: "\(directory)/registry/blobs")
        let path = try archive("skiff.local/app:1", "two")
        var bytes = try FileTree.read(path)
        let members = try TarIndex(FileSource(path)).members.values
        let layer = try #require(members.compactMap(\.content).filter { bytes[$0].starts(with: [0x1f, 0x8b]) }.first)
        bytes[layer.upperBound - 1] ^= 1
        try FileTree.write(path, bytes)
        #expect(throws: ImageError.self) { try store.add(archive: path) }
        #expect(try store.catalog() == before)
        let left = FileTree.names(in: "\(directory)/registry/blobs") ?? []
        #expect(Set(names ?? []).isSubset(of: left))
        #expect(left.allSatisfy { !$0.hasSuffix(".new") })
    }

    @Test func `archives without images of ours add nothing`() throws {
        let store = RegistryStore(directory: "\(directory)/registry")
        #expect(try store.add(archive: try archive("docker.io/library/app:1", "one")).isEmpty)
        #expect(!FileTree.exists("\(directory)/registry"))
        #expect(throws: SystemError.self) { try store.add(archive: directory) }
    }
}
