import API
import JSON
import Store
import Testing

@testable import APIServer

@Suite struct CommonBlockTests {
    private static let fields = #""fieldsV1":{"f:spec":{"k:{\"name\":\"}\"}":{".":{}},"# + filler(300) + "}}"

    /// Something that is as long as the fields of a pod.
    private static func filler(_ count: Int) -> String { "\"f:\(String(repeating: "x", count: count))\":{}" }

    private func kind() throws -> CachedKind { CachedKind(try #require(Catalog.kind(Pod.resource))) }

    private func object(_ name: String, _ fields: String = Self.fields, more: String = "") -> [UInt8] {
        Array(#"{"kind":"Pod","metadata":{"name":"\#(name)","managedFields":[{"time":"1",\#(fields)}]\#(more)},"spec":{}}"#.utf8)
    }

    @Test func `objects of one manager share the fields that it owns`() throws {
        let kind = try kind()
        let (one, other) = (kind.divided(object("a")), kind.divided(object("another")))
        let (first, second) = (try #require(one.common), try #require(other.common))
        #expect(first.starts(with: "{\"f:spec\"".utf8) && first.last == UInt8(ascii: "}"))
        // SAFETY: the addresses are compared, never read.
        #expect(first.withUnsafeBufferPointer { $0.baseAddress } == second.withUnsafeBufferPointer { $0.baseAddress })
        #expect(one.tail == Array("}]},\"spec\":{}}".utf8))
        #expect(one.head + first + one.tail == object("a"))
        #expect(other.head + second + other.tail == object("another"))
    }

    @Test func `of several managers the one with the most fields counts`() throws {
        let large = #""fieldsV1":{"# + Self.filler(900) + "}"
        let bytes = object("a", Self.fields + "},{" + large + "},{" + Self.fields)
        let parts = try kind().divided(bytes)
        #expect(parts.common?.count == large.utf8.count - "\"fieldsV1\":".utf8.count)
        #expect(parts.head + (parts.common ?? []) + parts.tail == bytes)
    }

    @Test(arguments: [
        "", "{", #""fieldsV1":{"#, #"V"#, #"sV1":{}"#, #"{"fieldsV1":{"f:a":{}}}"#, #"{"metadata":{"name":"a"}}"#,
        fields, String(fields.dropLast(2)), String(fields.dropLast(4)) + #"\"#, #"{"a":"\"fieldsV1\":{"}"#, fields + fields,
    ])
    func `whatever the bytes are, the parts are they`(text: String) throws {
        let bytes = Array(text.utf8)
        let parts = try kind().divided(bytes)
        #expect(parts.head + (parts.common ?? []) + parts.tail == bytes)
    }

    @Test func `a cached object gives its bytes whole and in pieces`() throws {
        let bytes = object("a", more: #","namespace":"n""#)
        let object = CachedObject(
            kind: try kind(), key: NamespacedName(namespace: "n", name: "a"), revision: .init(1), bytes: bytes, isStored: true)
        var slices: [[UInt8]] = []
        object.appendBytes(to: &slices)
        #expect(slices.count == 3)
        #expect(Array(slices.joined()) == bytes)
        #expect(object.bytes == bytes)
        #expect(object.byteCount == bytes.count)
        #expect(object.object["metadata"]?["namespace"] == "n")
    }
}
