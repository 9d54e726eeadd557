import Testing

@testable import Lab

@Suite struct TarIndexTests {
    private func contents(_ archive: [UInt8]) throws -> [String: String] {
        try TarIndex(MemorySource(bytes: archive)).members.mapValues { member in
            member.content.map { String(decoding: archive[$0], as: UTF8.self) } ?? "no file"
        }
    }

    private func refusal(_ archive: [UInt8]) -> ImageError? {
        do {
            _ = try TarIndex(MemorySource(bytes: archive))
            return nil
        } catch { return error as? ImageError }
    }

    @Test func `finds what the writer wrote`() throws {
        let long = String(repeating: "d", count: 80) + "/" + String(repeating: "f", count: 90)
        let archive = try TarArchive.write([
            .init(path: "a", mode: 0o755, content: .directory), .init(path: "a/b", mode: 0o644, content: .file(Array("hi".utf8))),
            .init(path: "a/l", mode: 0o777, content: .symbolicLink("../../etc/passwd")),
            .init(path: long, mode: 0o644, content: .file([])),
        ])
        #expect(try contents(archive) == ["a": "no file", "a/b": "hi", "a/l": "no file", long: ""])
    }

    @Test func `reads long names of GNU and of POSIX, and sizes of POSIX`() throws {
        let name = "deep/" + String(repeating: "n", count: 200)
        let gnu = RawTar.entry("././@LongLink", type: "L", magic: "ustar  \u{0}", Array(name.utf8) + [0])
        let pax = RawTar.entry("pax", type: "x", RawTar.record("path", name + "2") + RawTar.record("size", "3"))
        let archive =
            gnu + RawTar.entry("cut", Array("one".utf8)) + pax + RawTar.entry("cut", size: "0", Array("two".utf8))
            + RawTar.entry("pax", type: "g", RawTar.record("comment", "x")) + RawTar.entry("./plain", Array("3".utf8))
            + RawTar.end
        #expect(try contents(archive) == [name: "one", name + "2": "two", "plain": "3"])
    }

    @Test func `an archive without its end, and one that begins with the root, are read`() throws {
        #expect(try contents(RawTar.entry("./", type: "5") + RawTar.entry("a", Array("x".utf8))) == ["a": "x"])
    }

    @Test func `a size in binary is read, and what a link claims to hold is not skipped`() throws {
        var header = Array(RawTar.entry("big")[..<512])
        header.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2])
        let binary = RawTar.sealed(header) + Array("ok".utf8) + [UInt8](repeating: 0, count: 510)
        let link = RawTar.entry("l", type: "2", size: "1000", link: "x")
        #expect(try contents(link + binary + RawTar.end) == ["l": "no file", "big": "ok"])
    }

    @Test(arguments: ["/etc/passwd", "../x", "a/../../x", "a/..", "/\u{301}x"])
    func `a path that leaves the archive is refused`(path: String) {
        #expect(refusal(RawTar.entry(path) + RawTar.end) == .unsafePath(path))
        let pax = RawTar.entry("pax", type: "x", RawTar.record("path", path)) + RawTar.entry("innocent")
        #expect(refusal(pax + RawTar.end) == .unsafePath(path))
    }

    @Test func `a prefix cannot make a path leave either`() {
        #expect(refusal(RawTar.entry("x", prefix: "..") + RawTar.end) == .unsafePath("../x"))
    }

    @Test func `a size beyond the end, a negative one and one that overflows are refused`() {
        #expect(refusal(RawTar.entry("a", size: "77777777777")) == .truncated("a"))
        for size: [UInt8] in [[UInt8](repeating: 0xff, count: 12), [0x80] + [UInt8](repeating: 0xff, count: 11)] {
            var header = Array(RawTar.entry("a")[..<512])
            header.replaceSubrange(124..<136, with: size)
            #expect(refusal(RawTar.sealed(header)) == .malformedHeader(offset: 0))
        }
        let pax = RawTar.entry("p", type: "x", RawTar.record("size", "9223372036854775807")) + RawTar.entry("a")
        #expect(refusal(pax) == .truncated("a"))
        let negative = RawTar.entry("p", type: "x", RawTar.record("size", "-1")) + RawTar.entry("a")
        #expect(refusal(negative) == .malformedDocument("size -1"))
    }

    @Test func `a header with a wrong sum, and half a header, are refused`() {
        var archive = RawTar.entry("a", Array("x".utf8)) + RawTar.entry("b")
        archive[1024] = UInt8(ascii: "c")
        #expect(refusal(archive) == .malformedHeader(offset: 1024))
        #expect(refusal(RawTar.entry("a") + [1, 2, 3]) == .malformedHeader(offset: 512))
    }

    @Test func `a file that comes twice, a sparse file and endless attributes are refused`() {
        #expect(refusal(RawTar.entry("a") + RawTar.entry("./a")) == .duplicate("a"))
        let sparse = RawTar.entry("p", type: "x", RawTar.record("GNU.sparse.major", "1")) + RawTar.entry("a")
        #expect(refusal(sparse) == .unsupportedFile("p"))
        let endless = RawTar.entry("p", type: "x", [UInt8](repeating: 0x20, count: TarIndex.extensionBytesMax + 1))
        #expect(refusal(endless) == .tooLarge("p", bytes: TarIndex.extensionBytesMax + 1, max: TarIndex.extensionBytesMax))
        #expect(refusal(RawTar.entry("p", type: "x", Array("99 path=a\n".utf8))) == .malformedDocument("attributes of an entry"))
    }

    @Test func `something compressed is no tar archive`() throws {
        #expect(try !TarIndex.isTar(MemorySource(bytes: Gzip.compress(RawTar.entry("a") + RawTar.end))))
        #expect(try !TarIndex.isTar(MemorySource(bytes: [])))
        #expect(try TarIndex.isTar(MemorySource(bytes: RawTar.entry("a"))))
    }
}
