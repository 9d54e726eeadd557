import API
import HTTP
import JSON
import Machinery
import Store
import Testing

@testable import APIServer

/// What a typed client of client-go is answered.
@Suite struct ProtobufAnswerTests {
    private static let type = "application/vnd.kubernetes.protobuf"
    private let maps = "/api/v1/namespaces/default/configmaps"
    private let accept: HTTPHeaders = ["accept": "application/vnd.kubernetes.protobuf,application/json"]

    /// The object of an answer, decoded as a client decodes it.
    private func object(_ bytes: [UInt8]) throws -> JSONValue {
        let envelope = try ProtobufCodec.envelope(bytes)
        let kind = GroupVersionKind(apiVersion: envelope.apiVersion, kind: envelope.kind)
        let message = try #require(ProtobufFraming.messageType(of: kind))
        var tree = try ProtobufCodec.decode(envelope.raw, as: message)
        tree["apiVersion"] = .string(envelope.apiVersion)
        tree["kind"] = .string(envelope.kind)
        return tree
    }

    private func body(_ response: HTTPResponse) async throws -> [UInt8] {
        #expect(response.headers["content-type"] == Self.type)
        return try await ByteCollector.collect(response)
    }

    @Test func `objects, lists, statuses and metadata come as messages`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.send(
            "POST", maps, body: Array(#"{"metadata":{"name":"a","labels":{"x":"y"}},"data":{"k":"v"}}"#.utf8), headers: accept)
        #expect(created.status == 201)
        let map = try object(try await body(created))
        #expect(map["data"] == ["k": "v"] && map["kind"] == "ConfigMap" && map["metadata"]?["name"] == "a")
        let plain = await server.get("\(maps)/a")
        let read = try object(try await body(await server.send("GET", "\(maps)/a", headers: accept)))
        #expect(read["metadata"]?["resourceVersion"] == plain.json["metadata"]?["resourceVersion"])
        #expect(read["metadata"]?["creationTimestamp"] == plain.json["metadata"]?["creationTimestamp"])

        let list = try object(try await body(await server.send("GET", maps, headers: accept)))
        #expect(list["kind"] == "ConfigMapList")
        #expect(list["items"]?.array?.compactMap { $0["metadata"]?["name"]?.string } == ["a"])
        #expect(list["metadata"]?["resourceVersion"]?.string == (await server.get(maps)).revision)

        let missing = await server.send("GET", "\(maps)/none", headers: accept)
        #expect(missing.status == 404)
        let status = try object(try await body(missing))
        #expect(status["reason"] == "NotFound" && status["code"] == 404)
        #expect(status["message"] == #"configmaps "none" not found"#)

        let metadata: HTTPHeaders = ["accept": "\(Self.type);as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"]
        let partial = try object(try await body(await server.send("GET", maps, headers: metadata)))
        #expect(partial["kind"] == "PartialObjectMetadataList")
        #expect(partial["items"]?.array?.first?["metadata"]?["labels"] == ["x": "y"])

        let deleted = try object(try await body(await server.send("DELETE", "\(maps)/a", headers: accept)))
        #expect(deleted["kind"] == "Status" && deleted["status"] == "Success")
    }

    @Test func `a watch is frames with their length before them`() async throws {
        let server = try await ServerFixture.make()
        let list = await server.get(maps)
        _ = await server.post(maps, ["metadata": ["name": "a"], "data": ["k": "1"]])
        _ = await server.patch("\(maps)/a", ["data": ["k": "2"]])
        _ = await server.delete("\(maps)/a")
        let response = await server.send(
            "GET", "\(maps)?watch=true&resourceVersion=\(list.revision)&timeoutSeconds=1&allowWatchBookmarks=true",
            headers: ["accept": "\(Self.type);stream=watch,application/json;stream=watch"])
        #expect(response.headers["content-type"] == "\(Self.type);stream=watch")
        guard case .stream(let run) = response.body else { throw ServerFixture.FixtureError() }
        server.parts.registry.caches.tick(now: .seconds(3600))
        let collector = ByteCollector()
        try await run(collector)
        let frames = try frames(collector.taken)
        #expect(frames.map(\.type) == ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"])
        #expect(frames.map { $0.object["data"]?["k"]?.string } == ["1", "2", "2", nil])
        #expect(frames.allSatisfy { $0.object["kind"] == "ConfigMap" })
        let revisions = frames.compactMap { $0.object["metadata"]?["resourceVersion"]?.string }.compactMap { Int($0) }
        #expect(revisions.count == 4 && revisions == revisions.sorted())
    }

    /// `WatchEvent` messages, each behind four bytes of length.
    private func frames(_ bytes: [UInt8]) throws -> [(type: String, object: JSONValue)] {
        let event = try #require(Schema.kubernetes.id(named: "apimachinery.pkg.apis.meta.v1.WatchEvent"))
        var result: [(type: String, object: JSONValue)] = []
        var rest = bytes[...]
        while rest.count >= 4 {
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let tree = try ProtobufCodec.decode(rest.dropFirst(4).prefix(count), as: event)
            rest = rest.dropFirst(4 + count)
            result.append((tree["type"]?.string ?? "", tree["object"] ?? .null))
        }
        #expect(rest.isEmpty)
        return result
    }

    @Test func `an expired watch is refused by an event in its own encoding`() async throws {
        let server = try await ServerFixture.make()
        for number in 0..<600 {
            _ = await server.patch("/api/v1/namespaces/default", ["metadata": ["annotations": ["n": .string("\(number)")]]])
        }
        try await server.store.compact(through: server.store.currentRevision)
        let response = await server.send(
            "GET", "/api/v1/namespaces?watch=true&resourceVersion=3", headers: ["accept": "\(Self.type);stream=watch"])
        let frames = try frames(try await ByteCollector.collect(response))
        #expect(frames.map(\.type) == ["ERROR"])
        #expect(frames.first?.object["reason"] == "Expired" && frames.first?.object["code"] == 410)
    }

    @Test func `an encoding is made once and forgotten when it is old`() {
        let cache = EncodingCache()
        let resource = GroupVersionResource(group: "", version: "v1", resource: "pods")
        var made = 0
        func read(_ number: Int) -> Int {
            let key = EncodingCache.Key(resource: resource, name: NamespacedName(name: "\(number)"), revision: .init(1))
            return cache.value(key) {
                made += 1
                return [UInt8](repeating: 1, count: 1024 * 1024)
            }.count
        }
        for _ in 0..<3 { #expect(read(0) == 1024 * 1024) }
        #expect(made == 1)
        for number in 1..<100 { _ = read(number) }
        #expect(cache.byteCount <= 17 * 1024 * 1024)
        _ = read(0)
        #expect(made == 101)
    }
}
