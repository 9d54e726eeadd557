import API
import Support
import Testing

@testable import Proxy

/// What a listener of the proxy would know: the six inputs, applied.
private struct Listener {
    var services: [NamespacedName: Service] = [:]
    var slices: [NamespacedName: EndpointSlice] = [:]

    mutating func take(_ events: [ServiceEvent]) {
        for event in events {
            switch event {
            case .servicesListed(let list): services = Dictionary(uniqueKeysWithValues: list.map { ($0.key, $0) })
            case .serviceSeen(let service): services[service.key] = service
            case .serviceGone(let key): services[key] = nil
            case .slicesListed(let list): slices = Dictionary(uniqueKeysWithValues: list.map { ($0.key, $0) })
            case .sliceSeen(let slice): slices[slice.key] = slice
            case .sliceGone(let key): slices[key] = nil
            }
        }
    }
}

@Suite struct ServiceEventTests {
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `a listener knows after each commit what was seen before it, whatever was refused`(seed: UInt64) {
        var source = EventSource(random: SeededRandom(seed: seed))
        var queue = ServiceEventQueue()
        var (seen, committed, listener) = (Listener(), Listener(), Listener())
        for _ in 0..<300 {
            let index = source.pick(6)
            let event: ServiceEvent =
                switch source.pick(9) {
                case 0...2: .serviceSeen(source.service(index))
                case 3: .serviceGone(NamespacedName(namespace: "default", name: "s\(index)"))
                case 4...5: .sliceSeen(source.slice(index, suffix: source.pick(2)))
                case 6: .sliceGone(NamespacedName(namespace: "default", name: "s\(index)-\(source.pick(2))"))
                case 7: .servicesListed((0..<source.pick(6)).map { source.service($0) })
                default: .slicesListed((0..<source.pick(6)).map { source.slice($0, suffix: 1) })
                }
            seen.take([event])
            queue.add(event)
            guard source.pick(4) == 0 else { continue }
            queue.take()
            committed = seen
            if source.pick(3) != 0 {  // else refused
                if source.pick(2) == 0 { queue.add(.serviceSeen(source.service(9))) }  // came during the commit
                listener.take(queue.committed())
                #expect(listener.services == committed.services, "seed \(seed)")
                #expect(listener.slices == committed.slices, "seed \(seed)")
                seen.services[NamespacedName(namespace: "default", name: "s9")] = nil
                queue.add(.serviceGone(NamespacedName(namespace: "default", name: "s9")))
            }
        }
    }

    @Test func `objects that come and go while commits are refused leave nothing behind`() {
        var queue = ServiceEventQueue()
        queue.add(.servicesListed([.fixture("stays", ip: "10.96.0.1")]))
        queue.take()
        _ = queue.committed()
        for number in 0..<10_000 {
            let service = Service.fixture("flap\(number)", ip: "10.96.1.1")
            queue.add(.serviceSeen(service))
            queue.take()
            queue.add(.serviceGone(service.key))
            queue.add(.serviceSeen(.fixture("stays", ip: "10.96.0.1")))
            queue.take()
            #expect(queue.count <= 2)
        }
        #expect(queue.committed() == [.serviceSeen(.fixture("stays", ip: "10.96.0.1"))])
    }
}
