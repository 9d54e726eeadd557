import API
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Proxy

/// What a Service asks by annotations: weights, hashing, slow start, a part for another Service.
@Suite struct OptionsTests {
    func shares(_ table: SlotTable) -> [String: Double] {
        var counts: [String: Double] = [:]
        for slot in table.slots { counts["\(slot.backend.address)", default: 0] += 1 / Double(table.slots.count) }
        return counts
    }

    func backends(_ count: Int) -> [SlotTable.Share] {
        (0..<count).map { SlotTable.Share(Backend(.v4(IPv4Address(0x0af4_0000 + UInt32($0))), 8080)) }
    }

    @Test func `annotations are read, and what cannot be read is named and left`() {
        func options(_ annotations: [String: String]) -> ServiceOptions {
            ServiceOptions(ObjectMeta(name: "web", namespace: "shop", annotations: annotations))
        }
        #expect(options([:]) == ServiceOptions())
        let all = options([
            "skiff.dev/load-balancing": "source-hash", "skiff.dev/weights": "pod-a=3, 10.0.0.1=0", "skiff.dev/slow-start": "30s",
            "skiff.dev/traffic-split": "web-next=10",
        ])
        #expect(all.hashesSource && all.weights == ["pod-a": 3, "10.0.0.1": 0] && all.slowStartSeconds == 30)
        #expect(all.split == .init(service: NamespacedName(namespace: "shop", name: "web-next"), percent: 10))
        #expect(all.unreadable.isEmpty)
        for (key, text) in [
            ("skiff.dev/load-balancing", "best"), ("skiff.dev/weights", "a=101"), ("skiff.dev/weights", "a"),
            ("skiff.dev/slow-start", "soon"), ("skiff.dev/traffic-split", "web=10"), ("skiff.dev/traffic-split", "x=101"),
        ] {
            var expected = ServiceOptions()
            expected.unreadable = [key]
            #expect(options([key: text]) == expected, "\(key) \(text)")
        }
    }

    @Test(arguments: Stage.both)
    func `weights by address, pod, node and slice share out the slots`(family: IPFamily) throws {
        var stage = Stage(family)
        let weights = "\(stage.text("pod1"))=1,pod-two=3,node2=2"
        stage.service(type: "ClusterIP", annotations: ["skiff.dev/weights": weights])
        stage.slice([
            stage.endpoint("pod1", pod: "pod-one"), stage.endpoint("pod2", pod: "pod-two"),
            stage.endpoint("remote", pod: "pod-three"),
        ])
        let elements = try #require(stage.ruleset.tables.values.first?.sets["endpoints"]?.elements)
        #expect(elements.count == 6)
        let counts = Dictionary(grouping: elements.values) { $0 }.mapValues(\.count)
        #expect(counts.values.sorted() == [1, 2, 3])
        stage.services[0].metadata.annotations = ["skiff.dev/weights": "\(stage.text("pod1"))=0"]
        #expect(stage.outcomes(from: "client", to: "vip") == ["pod2:8080 masqueraded", "remote:8080 masqueraded"])
        stage.services[0].metadata.annotations = [:]
        stage.slices[0].metadata.annotations = ["skiff.dev/weight": "0"]
        #expect(stage.outcomes(from: "client", to: "vip") == ["reset"], "weight 0 takes nothing, even alone")
    }

    @Test(arguments: [1, 2, 3, 7, 99])
    func `shares are met to a hundredth, however odd`(weight: Int) {
        var all = backends(9)
        all[0].weight = weight
        let found = shares(SlotTable(drawing: all))
        #expect(abs((found["10.244.0.0"] ?? 0) - Double(weight) / Double(weight + 8)) < 0.01)
    }

    @Test(arguments: Stage.both)
    func `a part of new connections goes to another Service, at every frontend`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(externalIPs: ["external"], annotations: ["skiff.dev/traffic-split": "next=10"])
        stage.slice([stage.endpoint("pod1"), stage.endpoint("pod2")])
        stage.service(named: "next", ip: "vip2", type: "ClusterIP")
        stage.slice(of: "next", [stage.endpoint("remote"), stage.endpoint("remote2")], ports: [EndpointPort(port: 9090)])
        let all = ["pod1:8080", "pod2:8080", "remote2:9090", "remote:9090"]
        #expect(stage.outcomes(from: "client", to: "vip") == all.map { $0 + " masqueraded" })
        #expect(stage.outcomes(from: "client", to: "node", 30080) == all.map { $0 + " masqueraded" })
        let elements = stage.ruleset.tables.values.first?.sets["endpoints"]?.elements ?? [:]
        var key = KeyBytes(stage.address("vip"))
        key.append(.tcp)
        key.append(80 as Port)
        let slots = elements.filter { $0.key.start.prefix(words: Int(key.wordCount)) == key }
        var next = KeyBytes(stage.address("remote"))
        next.append(9090 as Port)
        #expect(slots.count == 20)
        #expect(slots.count { $0.value == .fields(next) } == 1)
        stage.slices.removeLast()
        #expect(
            stage.outcomes(from: "pod1", to: "vip") == ["pod1:8080 masqueraded", "pod2:8080"], "nobody there: all stays here")
        stage.services[0].metadata.annotations["skiff.dev/traffic-split"] = "next=100"
        stage.slice(of: "next", [stage.endpoint("remote")], ports: [EndpointPort(port: 9090)])
        #expect(stage.outcomes(from: "pod1", to: "vip") == ["remote:9090"])
    }

    @Test func `a change of the other Service is one of ours`() {
        var stage = Stage(.ipv4)
        stage.service(annotations: ["skiff.dev/traffic-split": "next=50"])
        stage.service(named: "next", ip: "vip2", type: "ClusterIP")
        var tracker = ServiceChangeTracker()
        tracker.servicesListed(stage.services)
        tracker.slicesListed([EndpointSlice]())
        #expect(tracker.takeChanges().map(\.name.name) == ["next", "web"])
        tracker.sliceSeen(.fixture("next", [stage.endpoint("remote")]))
        #expect(tracker.takeChanges().map(\.name.name) == ["next", "web"])
        stage.services[0].metadata.annotations = [:]
        tracker.serviceSeen(stage.services[0])
        tracker.sliceGone(NamespacedName(namespace: "default", name: "next-1"))
        #expect(tracker.takeChanges().map(\.name.name) == ["next", "web"])
        tracker.sliceSeen(.fixture("next", [stage.endpoint("remote")]))
        #expect(tracker.takeChanges().map(\.name.name) == ["next"])
    }

    // MARK: hashing

    @Test(arguments: [2, 5, 10, 16])
    func `an endpoint that leaves moves its own clients only, and one that comes takes only its share`(count: Int) {
        let all = backends(count + 1)
        let before = SlotTable(hashing: Array(all.dropLast())).slots.map(\.backend)
        for gone in 0..<count {
            var left = Array(all.dropLast())
            let backend = left.remove(at: gone).backend
            let after = SlotTable(hashing: left).slots.map(\.backend)
            #expect(zip(before, after).allSatisfy { $0 == $1 || $0 == backend })
        }
        guard count < 16 else { return }  // the table grows with the seventeenth
        let more = SlotTable(hashing: all).slots.map(\.backend)
        let moved = zip(before, more).filter { $0 != $1 }
        #expect(moved.allSatisfy { $0.1 == all.last?.backend })
        let ideal = Double(before.count) / Double(count + 1)
        #expect(abs(Double(moved.count) - ideal) < ideal * 0.3, "moved \(moved.count) of \(before.count)")
    }

    @Test(arguments: [(1, 1024), (16, 1024), (17, 2048), (300, 16384)])
    func `every slot of a table for hashes is filled`(count: Int, slots: Int) {
        let table = SlotTable(hashing: backends(count).shuffled())
        #expect(table.slotCount == slots)
        #expect(table.slots.map(\.slot) == Array(0..<slots))
        #expect(table == SlotTable(hashing: backends(count)))
    }

    @Test func `hashed clients follow weights`() {
        var all = backends(3)
        all[0].weight = 2
        let found = shares(SlotTable(hashing: all))
        #expect(abs((found["10.244.0.0"] ?? 0) - 0.5) < 0.06)
    }

    @Test(arguments: Stage.both)
    func `a client meets the same endpoint by every frontend and on every node`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(annotations: ["skiff.dev/load-balancing": "source-hash"]) { $0.sessionAffinity = "ClientIP" }
        stage.slice([stage.endpoint("pod1"), stage.endpoint("pod2"), stage.endpoint("remote"), stage.endpoint("remote2")])
        let first = stage.outcomes(from: "client", to: "vip")
        #expect(first.count == 1)
        #expect(stage.outcomes(from: "client", to: "node", 30080) == first)
        var other = stage
        other.configuration.nodeName = "node2"
        #expect(other.outcomes(from: "client", to: "vip") == first)
        #expect(stage.ruleset.tables.values.first?.sets["sticky"]?.elements.isEmpty == true)
    }

    // MARK: slow start

    @Test func `an endpoint that becomes ready later comes up in steps`() {
        var stage = Stage(.ipv4)
        stage.service(type: "ClusterIP", annotations: ["skiff.dev/slow-start": "70"])
        stage.slice([stage.endpoint("pod1")])
        var tracker = ServiceChangeTracker()
        tracker.servicesListed(stage.services)
        tracker.slicesListed(stage.slices)
        var slow = SlowStart<ManualInstant>()
        func change(at seconds: Int) -> ServiceChange? {
            tracker.mark([NamespacedName(namespace: "default", name: "web")])
            guard var change = tracker.takeChanges().first else { return nil }
            slow.apply(to: &change, at: .origin.advanced(by: .seconds(seconds)))
            return change
        }
        #expect(change(at: 0)?.ramps.isEmpty == true, "what is there at first counts in full")
        stage.slices = []
        stage.slice([stage.endpoint("pod1"), stage.endpoint("remote")])
        tracker.slicesListed(stage.slices)
        let remote = stage.address("remote")
        #expect(change(at: 100)?.ramps == [remote: 1])
        #expect(slow.rising.count == 1)
        #expect(change(at: 110)?.ramps == [remote: 2])
        #expect(change(at: 135)?.ramps == [remote: 4])
        #expect(change(at: 170)?.ramps == [:])
        #expect(slow.rising.isEmpty)
        let built = FrontendElements.build(
            change(at: 100).map { change in
                var change = change
                change.ramps = [remote: 1]
                return change
            } ?? ServiceChange(name: NamespacedName(name: ""), service: nil, slices: []), family: .ipv4, stage.configuration)
        let slots = built.frontends.values.flatMap(\.self).filter { $0.set == .endpoints }
        #expect(slots.count == 9, "eight parts and one")
    }
}
