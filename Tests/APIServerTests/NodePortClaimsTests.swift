import Store
import Synchronization
import Testing

@testable import APIServer

@Suite struct NodePortClaimsTests {
    private static let range: ClosedRange<Int64> = 30000...32767
    private final class Held: Sendable {
        private let ports = Mutex<Set<Int64>>([])
        var all: Set<Int64> { ports.withLock { $0 } }
        func add(_ port: Int64) { _ = ports.withLock { $0.insert(port) } }
    }

    private func claims(_ store: any Store, _ held: Held = Held()) -> NodePortClaims {
        NodePortClaims(store: store, range: Self.range) { held.all }
    }

    private func stored(_ store: any Store) async throws -> Set<Int64> {
        let value = try #require(try await store.get(NodePortBitmap.key)).value
        return try #require(NodePortBitmap(value, range: Self.range)).ports
    }

    /// As upstream writes it: `k8s`, the envelope, then an empty ObjectMeta, the range and Go's `big.Int.Bytes()`.
    @Test func `the table is read as upstream writes it`() throws {
        let message: [UInt8] = [0x0a, 0x00, 0x12, 0x0b] + Array("30000-32767".utf8) + [0x1a, 0x02, 0x01, 0x05]
        let type: [UInt8] = [0x0a, 0x02] + Array("v1".utf8) + [0x12, 0x0f] + Array("RangeAllocation".utf8)
        let bytes: [UInt8] =
            [0x6b, 0x38, 0x73, 0x00, 0x0a, UInt8(type.count)] + type + [0x12, UInt8(message.count)] + message
            + [0x1a, 0x00, 0x22, 0x00]
        let bitmap = try #require(NodePortBitmap(bytes, range: Self.range))
        #expect(bitmap.ports == [30000, 30002, 30008])
        #expect(NodePortBitmap(bytes, range: 30000...30010) == nil)
        #expect(NodePortBitmap([1, 2, 3], range: Self.range) == nil)
    }

    @Test(arguments: [[], [30000], [32767], [30000, 30007, 30008, 31234, 32767]] as [Set<Int64>])
    func `what is written is read again`(ports: Set<Int64>) throws {
        let bitmap = NodePortBitmap(range: Self.range, ports: ports)
        #expect(NodePortBitmap(bitmap.encoded, range: Self.range) == bitmap)
    }

    @Test func `a port is one Service's, until it is given back`() async throws {
        let store = MemoryStore()
        #expect(try await claims(store).claim([30080, 30081]))
        #expect(try await !claims(store).claim([30081, 30082]))
        #expect(try await stored(store) == [30080, 30081])
        try await claims(store).release([30081])
        #expect(try await claims(store).claim([30081, 30082]))
    }

    @Test func `of many who want one port at the same moment, one gets it`() async throws {
        let store = MemoryStore()
        let claims = claims(store)
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<12 { group.addTask { try await claims.claim([30080]) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }

    @Test func `a store without a table begins with what the Services hold`() async throws {
        let (store, held) = (MemoryStore(), Held())
        held.add(30100)
        #expect(try await !claims(store, held).claim([30100]))
        #expect(try await claims(store, held).claim([30101]))
        #expect(try await stored(store) == [30100, 30101])
    }

    @Test func `a port that no Service has for several looks is given back, one that lacks its bit gets it`() async throws {
        let (store, held) = (MemoryStore(), Held())
        #expect(try await claims(store, held).claim([30001, 30002]))
        held.add(30002)
        held.add(30003)
        var suspects: [Int64: Int] = [:]
        try await claims(store, held).repair(&suspects, looks: 3)
        #expect(try await stored(store) == [30001, 30002, 30003] && suspects == [30001: 1])
        for _ in 0..<2 { try await claims(store, held).repair(&suspects, looks: 3) }
        #expect(try await stored(store) == [30002, 30003])
    }
}
