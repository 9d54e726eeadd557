import HTTP
import JSON
import Store
import Testing

@testable import APIServer

@Suite struct WatchTests {
    private let maps = "/api/v1/namespaces/default/configmaps"

    private func map(_ name: String, _ color: String) -> JSONValue {
        ["metadata": ["name": .string(name), "labels": ["color": .string(color)]]]
    }

    private func summary(_ lines: [JSONValue]) -> [String] {
        lines.map { "\($0["type"]?.string ?? "") \($0["object"]?["metadata"]?["name"]?.string ?? "")" }
    }

    @Test func `changes come in order after the revision asked for`() async throws {
        let server = try await ServerFixture.make()
        let list = await server.get(maps)
        try await server.watching("\(maps)?watch=true&resourceVersion=\(list.revision)") { lines in
            _ = await server.post(maps, map("a", "red"))
            _ = await server.patch("\(maps)/a", ["data": ["x": "1"]])
            let gone = await server.delete("\(maps)/a")
            #expect(gone.code == 200)
            let seen = await lines.next(3)
            #expect(summary(seen) == ["ADDED a", "MODIFIED a", "DELETED a"])
            let revisions = seen.compactMap { $0["object"]?["metadata"]?["resourceVersion"]?.string }.compactMap { Int($0) }
            #expect(revisions.count == 3 && revisions == revisions.sorted() && Set(revisions).count == 3)
        }
    }

    @Test func `an object that leaves the selector is deleted for the watcher`() async throws {
        let server = try await ServerFixture.make()
        let list = await server.get(maps)
        try await server.watching("\(maps)?watch=true&labelSelector=color=red&resourceVersion=\(list.revision)") { lines in
            _ = await server.post(maps, map("a", "red"))
            _ = await server.patch("\(maps)/a", ["metadata": ["labels": ["color": "blue"]]])
            _ = await server.patch("\(maps)/a", ["data": ["x": "1"]])
            _ = await server.patch("\(maps)/a", ["metadata": ["labels": ["color": "red"]]])
            let seen = await lines.next(3)
            #expect(summary(seen) == ["ADDED a", "DELETED a", "ADDED a"])
            #expect(seen[1]["object"]?["metadata"]?["labels"]?["color"] == "red")
        }
    }

    @Test func `initial events end with a bookmark`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(maps, map("a", "red"))
        _ = await server.post(maps, map("b", "red"))
        let query = "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        try await server.watching("\(maps)?\(query)") { lines in
            let seen = await lines.next(3)
            #expect(summary(seen) == ["ADDED a", "ADDED b", "BOOKMARK "])
            #expect(seen[2]["object"]?["metadata"]?["annotations"]?["k8s.io/initial-events-end"] == "true")
            _ = await server.post(maps, map("c", "red"))
            #expect(summary(await lines.next(1)) == ["ADDED c"])
        }
        #expect(await server.get("\(maps)?watch=true&sendInitialEvents=true").code == 422)
    }

    @Test func `a revision that was compacted is expired`() async throws {
        let server = try await ServerFixture.make()
        for number in 0..<600 {
            _ = await server.patch("/api/v1/namespaces/default", ["metadata": ["annotations": ["n": .string("\(number)")]]])
        }
        try await server.store.compact(through: server.store.currentRevision)
        try await server.watching("/api/v1/namespaces?watch=true&resourceVersion=3") { lines in
            let seen = await lines.next(1)
            #expect(seen.first?["type"] == "ERROR" && seen.first?["object"]?["code"] == 410)
        }
    }

    @Test func `an old revision is served from the log`() async throws {
        let server = try await ServerFixture.make()
        let list = await server.get("/api/v1/namespaces")
        for number in 0..<600 {
            _ = await server.patch("/api/v1/namespaces/default", ["metadata": ["annotations": ["n": .string("\(number)")]]])
        }
        try await server.watching("/api/v1/namespaces?watch=true&resourceVersion=\(list.revision)") { lines in
            let seen = await lines.next(600)
            #expect(seen.count == 600)
            #expect(seen.last?["object"]?["metadata"]?["annotations"]?["n"] == "599")
        }
    }

    @Test func `a table is watched as tables`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(maps, map("a", "red"))
        let response = await server.send(
            "GET", maps, headers: ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"])
        let answer = Answer(response)
        #expect(answer.json["kind"] == "Table" && answer.json["rows"]?.array?.count == 1)
    }

    @Test func `a watch ends at its time and sends a bookmark before`() async throws {
        let server = try await ServerFixture.make()
        try await server.watching("\(maps)?watch=true&resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=5") { lines in
            server.parts.registry.caches.tick(now: .seconds(5))
            let seen = await lines.next(2)
            #expect(summary(seen) == ["BOOKMARK "])
        }
    }
}
