import NetworkTypes
import Support
import Testing

@testable import Proxy

@Suite struct SlotTableTests {
    func backends(_ count: Int, from first: UInt32 = 1) -> [Backend] {
        (0..<count).map { Backend(.v4(IPv4Address(0x0af4_0000 + first + UInt32($0))), 8080) }
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (1000, 1024), (16384, 16384)])
    func `the table is the next power of two`(count: Int, slots: Int) {
        #expect(SlotTable(backends(count)).slotCount == slots)
    }

    @Test(arguments: [1, 2, 3, 5, 8, 33, 500])
    func `every endpoint has one slot, and slot 0 is filled`(count: Int) {
        let table = SlotTable(backends(count))
        #expect(Set(table.slots.map(\.backend)) == Set(backends(count)))
        #expect(Set(table.slots.map(\.slot)).count == count)
        #expect(table.slots.first?.slot == 0)
        #expect(table.slots.allSatisfy { $0.slot < table.slotCount })
    }

    @Test func `the order of endpoints does not matter`() {
        var random = SeededRandom(seed: 5)
        let all = backends(40)
        #expect(SlotTable(all.shuffled(using: &random)) == SlotTable(all))
    }

    @Test func `one endpoint less moves few others`() {
        let all = backends(100)
        let before = Dictionary(SlotTable(all).slots.map { ($0.backend, $0.slot) }) { first, _ in first }
        var moved = 0
        for gone in all {
            let after = SlotTable(all.filter { $0 != gone })
            moved += after.slots.count { before[$0.backend] != $0.slot }
        }
        // Of 100 endpoints in 128 slots, two or three at most on average.
        #expect(moved < 300, "moved \(moved) in 100 removals")
    }

    @Test func `endpoints above the limit are left out`() {
        let table = SlotTable(backends(SlotTable.slotsMax + 10))
        #expect(table.slots.count == SlotTable.slotsMax)
    }
}
