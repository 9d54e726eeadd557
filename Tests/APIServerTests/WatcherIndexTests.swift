import API
import JSON
import Store
import Support
import Testing

@testable import APIServer

/// The index against the plain question to every watcher.
@Suite struct WatcherIndexTests {
    @Test(arguments: 0..<20)
    func `nobody whom a change concerns is left out, and nobody is told twice`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let pods = try #require(Catalog.kind(GroupVersionResource(group: "", version: "v1", resource: "pods")))
        var index = WatcherIndex(trigger: "spec.nodeName")
        var watchers: [Watcher] = []
        for number in 0..<60 {
            let watcher = Watcher(identifier: number, selection: try selection(&random), options: WatchOptions())
            watchers.append(watcher)
            index.insert(watcher)
        }
        for _ in 0..<10 {
            let gone = watchers.remove(at: Int.random(in: watchers.indices, using: &random))
            index.remove(gone)
            index.remove(gone)
        }
        #expect(index.count == watchers.count)
        for revision in 1..<100 {
            let change = change(pods, Int64(revision), &random)
            var told: [Int] = []
            index.forEach(concernedBy: change) { told.append($0.identifier) }
            let concerned = watchers.filter { change.change(for: $0.selection) != nil }.map(\.identifier)
            #expect(Set(told).isSuperset(of: concerned), "seed \(seed), revision \(revision)")
            #expect(Set(told).count == told.count, "seed \(seed), revision \(revision)")
        }
    }

    @Test func `a kubelet's watch is not offered other nodes' pods`() throws {
        let pods = try #require(Catalog.kind(GroupVersionResource(group: "", version: "v1", resource: "pods")))
        var index = WatcherIndex(trigger: "spec.nodeName")
        for node in 0..<1000 {
            var selection = Selection()
            selection.fields = try FieldSelector(parsing: "spec.nodeName=n\(node)")
            index.insert(Watcher(identifier: node, selection: selection, options: WatchOptions()))
        }
        let change = CacheEvent(
            revision: Revision(1), current: pod(pods, "a", "default", node: "n7", 1), previous: nil, gone: nil)
        var told: [Int] = []
        index.forEach(concernedBy: change) { told.append($0.identifier) }
        #expect(told == [7])
    }

    private func selection(_ random: inout SeededRandom) throws -> Selection {
        var selection = Selection()
        if Bool.random(using: &random) { selection.namespace = ["a", "b"].randomElement(using: &random) }
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let name = "p\(Int.random(in: 0..<3, using: &random))"
            selection.name = name
            selection.fields = try FieldSelector(parsing: "metadata.name=\(name)")
        case 1: selection.fields = try FieldSelector(parsing: "spec.nodeName=n\(Int.random(in: 0..<3, using: &random))")
        case 2: selection.fields = try FieldSelector(parsing: "spec.nodeName!=n1")
        default: break
        }
        return selection
    }

    private func change(_ kind: KindDefinition, _ revision: Int64, _ random: inout SeededRandom) -> CacheEvent {
        let name = "p\(Int.random(in: 0..<3, using: &random))"
        let namespace = Bool.random(using: &random) ? "a" : "b"
        func made() -> CachedObject? {
            guard Int.random(in: 0..<4, using: &random) > 0 else { return nil }
            return pod(kind, name, namespace, node: "n\(Int.random(in: 0..<3, using: &random))", revision)
        }
        let (current, previous) = (made(), made())
        return CacheEvent(revision: Revision(revision), current: current, previous: previous, gone: previous)
    }

    private func pod(
        _ kind: KindDefinition, _ name: String, _ namespace: String, node: String, _ revision: Int64
    ) -> CachedObject {
        let tree: JSONValue = [
            "metadata": ["name": .string(name), "namespace": .string(namespace)], "spec": ["nodeName": .string(node)],
        ]
        return CachedObject(
            kind: CachedKind(kind), key: NamespacedName(namespace: namespace, name: name), revision: Revision(revision),
            bytes: JSONWriter.write(tree))
    }
}
