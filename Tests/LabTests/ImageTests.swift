import JSON
import Lab
import Testing

@Suite struct ImageTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 agrees with FIPS 180-4`(text: String, digest: String) { #expect(SHA256.hex(Array(text.utf8)) == digest) }

    @Test func `SHA-256 of a million letters`() {
        #expect(
            SHA256.hex([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `SHA-256 of pieces is that of the whole`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        for size in [1, 63, 64, 65, 400] {
            var hash = SHA256()
            for start in stride(from: 0, to: bytes.count, by: size) { hash.update(Array(bytes[start...].prefix(size))) }
            let found = hash.finish()
            #expect(found == SHA256.hex(bytes))
        }
    }

    @Test func `a tar entry is a header of 512 bytes with a right sum, then its content padded`() throws {
        let archive = try TarArchive.write([.init(path: "a", mode: 0o644, content: .file(Array("hi".utf8)))])
        #expect(archive.count == 512 + 512 + 1024)
        #expect(String(decoding: archive[257..<262], as: UTF8.self) == "ustar")
        var header = Array(archive[..<512])
        let stored = String(decoding: header[148..<154], as: UTF8.self)
        header.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        #expect(Int(stored, radix: 8) == header.reduce(0) { $0 + Int($1) })
    }

    @Test func `a long path is divided at a slash, one without a place to divide is refused`() throws {
        let long = String(repeating: "d", count: 80) + "/" + String(repeating: "f", count: 90)
        let archive = try TarArchive.write([.init(path: long, mode: 0o644, content: .file([]))])
        #expect(archive[345] == UInt8(ascii: "d"))
        #expect(archive[0] == UInt8(ascii: "f"))
        let endless = String(repeating: "x", count: 120)
        #expect(throws: ImageError.pathTooLong(endless)) {
            try TarArchive.write([.init(path: endless, mode: 0o644, content: .file([]))])
        }
    }

    @Test func `equal files give an equal image`() throws {
        let files: [TarArchive.Entry] = [
            .init(path: "bin", mode: 0o755, content: .directory),
            .init(path: "bin/sh", mode: 0o755, content: .symbolicLink("busybox")),
        ]
        let image = ImageArchive(name: "skiff.local/x:1", command: ["sh"], architecture: "amd64")
        let one = try image.write(files)
        let two = try image.write(files)
        #expect(one.archive == two.archive)
        #expect(one.digest == two.digest)
        #expect(one.digest.hasPrefix("sha256:"))
    }

    @Test(arguments: ["noslash:1", "skiff.local/notag", "localhost:5000/notag"])
    func `an image name without host or tag is refused`(name: String) {
        #expect(throws: ImageError.name(name)) { try ImageArchive(name: name).write([]) }
    }
}
