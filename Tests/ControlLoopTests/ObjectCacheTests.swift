import API
import ControlLoop
import JSON
import Logging
import Synchronization
import Testing

@Suite struct ObjectCacheTests {
    func pod(_ name: String, revision: Int, node: String = "") -> Pod {
        var pod = Pod(metadata: ObjectMeta(name: name, namespace: "ns", uid: name, resourceVersion: String(revision)))
        pod.spec.nodeName = node
        return pod
    }

    let byNode = CacheIndex<Pod>("node") { [$0.spec.nodeName] }

    @Test func `indexes follow changes, and an index that was not added gives the same answer`() {
        let indexed = ObjectCache<Pod>(indexes: [byNode])
        let plain = ObjectCache<Pod>()
        for cache in [indexed, plain] {
            cache.replace(with: [pod("a", revision: 1, node: "n1"), pod("b", revision: 2, node: "n1")], resourceVersion: "2")
            cache.apply(.modified, pod("a", revision: 3, node: "n2"), resourceVersion: "3")
            cache.apply(.deleted, pod("b", revision: 4, node: "n1"), resourceVersion: "4")
            #expect(cache.list(by: byNode, "n1").isEmpty)
            #expect(cache.list(by: byNode, "n2").map(\.metadata.name) == ["a"])
            #expect(cache.count == 1)
            #expect(cache.resourceVersion == "4")
        }
    }

    @Test func `subscribers see the present and then every change once`() {
        let cache = ObjectCache<Pod>()
        cache.replace(with: [pod("a", revision: 1)], resourceVersion: "1")
        let seen = Mutex<[String]>([])
        cache.subscribe { change in
            let text =
                "\(change.key.name) \(change.old?.metadata.resourceVersion ?? "-")>\(change.new?.metadata.resourceVersion ?? "-")"
            seen.withLock { $0.append(text) }
        }
        cache.apply(.added, pod("b", revision: 2), resourceVersion: "2")
        cache.apply(.bookmark, nil, resourceVersion: "5")
        cache.replace(with: [pod("b", revision: 6)], resourceVersion: "6")
        cache.replace(with: [pod("b", revision: 6)], resourceVersion: "7")
        #expect(seen.withLock { $0 } == ["a ->1", "b ->2", "b 2>6", "a 1>-"])
    }

    @Test func `a copy of the content does not change with the cache`() {
        let cache = ObjectCache<Pod>(indexes: [byNode])
        cache.replace(with: [pod("a", revision: 1, node: "n1")], resourceVersion: "1")
        let before = cache.content
        cache.apply(.deleted, pod("a", revision: 2, node: "n1"), resourceVersion: "2")
        #expect(before.list().count == 1)
        #expect(before.list(by: byNode, "n1").count == 1)
        #expect(cache.content.list().isEmpty)
    }

    @Test func `waits end when the revision is reached, and when the waiting task is cancelled`() async throws {
        let cache = ObjectCache<Pod>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await cache.waitUntilSynced()
                try await cache.waitUntilReached("10")
                try await cache.waitUntilDeletionSeen(NamespacedName(namespace: "ns", name: "a"), uid: "a")
            }
            cache.replace(with: [pod("a", revision: 9)], resourceVersion: "9")
            cache.apply(.modified, pod("a", revision: 10), resourceVersion: "10")
            cache.apply(.deleted, pod("a", revision: 11), resourceVersion: "11")
            try await group.waitForAll()
            group.addTask { try await cache.waitUntilReached("99") }
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
    }

    @Test func `a reflector fills its cache, survives the loss of its history, and sees deletions that it missed`() async throws {
        let cluster = MemoryCluster()
        let caches = SharedCaches(listWatch: cluster, logger: .init(label: "test"))
        let object: (String) -> JSONValue = { ["metadata": ["name": .string($0), "namespace": "ns"]] }
        cluster.put(Pod.resource, object("a"))
        let cache = caches.cache(of: Pod.self)
        #expect(caches.cache(of: Pod.self) === cache)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await caches.run() }
            try await cache.waitUntilSynced()
            let b = cluster.put(Pod.resource, object("b"))
            try await cache.waitUntilReached(b["metadata"]?["resourceVersion"]?.string ?? "")
            #expect(cache.list().map(\.metadata.name).sorted() == ["a", "b"])
            cluster.remove(Pod.resource, NamespacedName(namespace: "ns", name: "a"))
            cluster.compact()
            let c = cluster.put(Pod.resource, object("c"))
            try await cache.waitUntilReached(c["metadata"]?["resourceVersion"]?.string ?? "")
            #expect(cache.list().map(\.metadata.name).sorted() == ["b", "c"])
            group.cancelAll()
            while let result = await group.nextResult() { _ = result }
        }
    }
}
