import API
import JSON
import Testing

@testable import APIServer

/// Many watchers of one collection, one of them slow.
@Suite struct WatchFanOutTests {
    private static let maps = "/api/v1/namespaces/default/configmaps"

    /// Changes one object `count` times.
    private func update(_ server: ServerFixture, count: Int) async {
        for number in 0..<count { _ = await server.patch("\(Self.maps)/a", ["data": ["n": .string("\(number)")]]) }
    }

    private func sessions(_ server: ServerFixture, count: Int, after revision: String) async throws -> [WatchSession] {
        let kind = try #require(Catalog.kind(ServerFixture.core("configmaps")))
        var options = ListOptions()
        options.isWatch = true
        options.resourceVersion = revision
        var result: [WatchSession] = []
        for _ in 0..<count { result.append(try await server.parts.registry.watch(kind, namespace: "default", options)) }
        return result
    }

    @Test func `every watcher is told of every change, in order`() async throws {
        let server = try await ServerFixture.make()
        let made = await server.post(Self.maps, ["metadata": ["name": "a"], "data": ["n": "none"]])
        let sessions = try await sessions(server, count: 200, after: made.revision)
        await update(server, count: 20)
        for session in sessions {
            var seen: [String] = []
            while seen.count < 20, let items = await session.next() {
                for case .change(_, let object, _) in items { seen.append(object.object["data"]?["n"]?.string ?? "") }
            }
            #expect(seen == (0..<20).map(String.init))
            session.cancel()
        }
    }

    @Test func `a watcher that never reads is dropped and the others are not`() async throws {
        let server = try await ServerFixture.make()
        let made = await server.post(Self.maps, ["metadata": ["name": "a"], "data": ["n": "none"]])
        let both = try await sessions(server, count: 2, after: made.revision)
        let (slow, quick) = (both[0], both[1])
        let total = WatchOptions.bufferEventsMax + 10
        var seen = 0
        for number in 0..<total {
            _ = await server.patch("\(Self.maps)/a", ["data": ["n": .string("\(number)")]])
            seen += await quick.next()?.count ?? 0
        }
        #expect(seen == total)
        let rest = await slow.next()
        #expect(rest?.count == nil)
        quick.cancel()
    }
}
