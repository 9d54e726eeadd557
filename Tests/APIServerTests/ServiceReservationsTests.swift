import API
import NetworkTypes
import Store
import Synchronization
import Testing

@testable import APIServer

@Suite struct ServiceReservationsTests {
    private final class World: Sendable {
        private let state = Mutex((seconds: Int64(1_800_000_000), held: Set<String>()))
        var now: Timestamp { Timestamp(seconds: state.withLock(\.seconds)) }
        func advance(_ seconds: Int64) { state.withLock { $0.seconds += seconds } }
        func hold(_ name: String) { _ = state.withLock { $0.held.insert(name) } }
        func holds(_ name: String) -> Bool { state.withLock { $0.held.contains(name) } }
    }

    private func allocation(_ address: String, _ port: Int64) throws -> ServiceAllocator.Allocation {
        var allocation = ServiceAllocator.Allocation()
        allocation.addresses = [try #require(IPAddress(parsing: address))]
        allocation.ports = [port]
        return allocation
    }

    @Test func `an address is one Service's, until it is given up for a while`() async throws {
        let world = World()
        let reservations = ServiceReservations(store: MemoryStore(), now: { world.now }) { _, name in world.holds(name) }
        let (web, other) = (NamespacedName(namespace: "a", name: "web"), NamespacedName(namespace: "a", name: "other"))
        let wanted = try allocation("10.96.0.9", 30_080)
        #expect(try await reservations.claim(wanted, for: web))
        // The same Service again: an update, or a create that was tried twice.
        #expect(try await reservations.claim(wanted, for: web))
        #expect(try await !reservations.claim(wanted, for: other))
        world.advance(ServiceReservations.graceSeconds)
        world.hold("nodeports/30080")
        world.hold("addresses/10.96.0.9")
        #expect(try await !reservations.claim(wanted, for: other))
        // One that nobody holds any more is free after the grace.
        let left = try allocation("10.96.0.10", 30_081)
        #expect(try await reservations.claim(left, for: web))
        #expect(try await !reservations.claim(left, for: other))
        world.advance(ServiceReservations.graceSeconds)
        #expect(try await reservations.claim(left, for: other))
        #expect(try await !reservations.claim(left, for: web))
    }

    @Test func `of many who want one address at the same moment, one gets it`() async throws {
        let world = World()
        let reservations = ServiceReservations(store: MemoryStore(), now: { world.now }) { _, _ in false }
        let wanted = try allocation("10.96.0.9", 30_080)
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask { try await reservations.claim(wanted, for: NamespacedName(namespace: "a", name: "s\(number)")) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }
}
