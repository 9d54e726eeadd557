import API
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Proxy

/// Few names and addresses, so that events meet: shared endpoints, shared external addresses, deletions, moves.
struct EventSource {
    var random: SeededRandom

    mutating func pick(_ count: UInt64) -> Int { Int(random.next() % count) }

    mutating func service(_ index: Int) -> Service {
        let external = pick(3) == 0 ? ["172.16.9.1"] : []
        let policy = pick(4) == 0 ? "Local" : "Cluster"
        var ports = [API.ServicePort(name: "a", port: 80, targetPort: .number(8080), nodePort: pick(2) == 0 ? 0 : 30000 + index)]
        if pick(2) == 0 { ports.append(API.ServicePort(name: "u", transport: "UDP", port: 53)) }
        var service = Service.fixture(
            "s\(index)", ip: "10.96.0.\(index + 1)", ports: ports, type: pick(2) == 0 ? "NodePort" : "LoadBalancer",
            externalIPs: external, internalPolicy: pick(5) == 0 ? "Local" : "Cluster", externalPolicy: policy,
            balancers: pick(3) == 0 ? ["172.16.9.\(pick(3) + 1)"] : [],
            sourceRanges: pick(3) == 0 ? ["192.168.\(pick(3)).0/24", "10.0.0.0/8"] : [],
            affinitySeconds: pick(4) == 0 ? 100 * (pick(2) + 1) : nil)
        service.metadata.creationTimestamp = Timestamp(seconds: Int64(pick(3)))
        let annotations = [
            "skiff.dev/load-balancing": pick(5) == 0 ? "source-hash" : "random",
            "skiff.dev/weights": pick(4) == 0 ? "node2=\(pick(4))" : "",
            "skiff.dev/traffic-split": pick(4) == 0 ? "s\((index + 1) % 6)=\(pick(4) * 25)" : "",
        ]
        service.metadata.annotations = annotations.filter { !$0.value.isEmpty }
        return service
    }

    mutating func slice(_ index: Int, suffix: Int) -> EndpointSlice {
        let endpoints = (0..<pick(7)).map { _ in
            Endpoint.on(
                "node\(pick(3) + 1)", "10.244.0.\(pick(12) + 1)", ready: pick(4) != 0, serving: true, terminating: pick(4) == 0)
        }
        return EndpointSlice.fixture(
            "s\(index)", endpoints,
            ports: [EndpointPort(name: "a", port: 8080), EndpointPort(name: "u", transport: "UDP", port: 5353)],
            suffix: "\(suffix)")
    }
}

@Suite struct IncrementalTests {
    /// Incremental syncs, in batches of random size, against everything computed at once at the end.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `every order of events ends in the table made from scratch`(seed: UInt64) throws {
        var source = EventSource(random: SeededRandom(seed: seed))
        let configuration = ProxyConfiguration.fixture()
        var tracker = ServiceChangeTracker()
        var model = ProxyModel(family: .ipv4, configuration: configuration)
        var services: [NamespacedName: Service] = [:]
        var slices: [NamespacedName: EndpointSlice] = [:]
        var kernel = KernelState(Ruleset([model.desired()]))
        for _ in 0..<120 {
            let index = source.pick(6)
            switch source.pick(6) {
            case 0...1:
                let service = source.service(index)
                services[service.key] = service
                tracker.serviceSeen(service)
            case 2...3:
                let slice = source.slice(index, suffix: source.pick(2))
                slices[slice.key] = slice
                tracker.sliceSeen(slice)
            case 4:
                let key = NamespacedName(namespace: "default", name: "s\(index)")
                services[key] = nil
                tracker.serviceGone(key)
            default:
                let key = NamespacedName(namespace: "default", name: "s\(index)-\(source.pick(2))")
                slices[key] = nil
                tracker.sliceGone(key)
            }
            guard source.pick(3) == 0 else { continue }
            _ = model.update(tracker.takeChanges())
            do { try kernel.apply(transaction(&model, kernel)) } catch { Issue.record("seed \(seed): \(error)") }
        }
        _ = model.update(tracker.takeChanges())
        do { try kernel.apply(transaction(&model, kernel)) } catch { Issue.record("seed \(seed): \(error)") }
        let scratch = table(Array(services.values), Array(slices.values), .ipv4, configuration)
        let standing = try #require(kernel.ruleset.tables[scratch.identifier])
        #expect(standing.sets == scratch.sets, "seed \(seed)")
        #expect(scratch.chains.filter { $0.value.base == nil }.allSatisfy { standing.chains[$0.key] == $0.value }, "seed \(seed)")
        #expect(model.desired() == standing, "seed \(seed)")
        #expect(model.desired() == standing, "seed \(seed)")
    }

    /// As the writer does it: elements alone, or a comparison where chains are missing.
    func transaction(_ model: inout ProxyModel, _ kernel: KernelState) -> Transaction {
        guard model.needsChains else { return model.takeTransaction() }
        return Difference.between(kernel.ruleset.tables[model.table], model.desired())
    }

    @Test func `one endpoint more is one element more`() {
        var tracker = ServiceChangeTracker()
        tracker.servicesListed([.fixture("web", ip: "10.96.0.1")])
        tracker.slicesListed([
            .fixture("web", [.on("node2", "10.244.2.2"), .on("node2", "10.244.2.3"), .on("node2", "10.244.2.4")])
        ])
        var model = ProxyModel(family: .ipv4, configuration: .fixture())
        _ = model.update(tracker.takeChanges())
        _ = model.takeTransaction()
        tracker.sliceSeen(
            .fixture(
                "web",
                [.on("node2", "10.244.2.2"), .on("node2", "10.244.2.3"), .on("node2", "10.244.2.4"), .on("node2", "10.244.2.5")]))
        _ = model.update(tracker.takeChanges())
        #expect(model.takeTransaction().elementCount <= 3)
    }
}
