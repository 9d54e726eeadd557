import NetworkTypes
import Support
import Testing

@testable import Policy

@Suite struct AddressRangeTests {
    private func range(_ first: UInt32, _ last: UInt32) -> AddressRange {
        AddressRange(.v4(IPv4Address(first)), .v4(IPv4Address(last)))
    }

    @Test(arguments: 1...50 as ClosedRange<UInt64>)
    func `unions, differences and segments hold exactly the same addresses`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func number(_ bound: UInt32) -> UInt32 { UInt32.random(in: 0..<bound, using: &random) }
        let ranges = (0..<6).map { _ in
            let first = number(64)
            return range(first, min(63, first + number(12)))
        }
        let union = AddressRange.union(ranges)
        let whole = try #require(CIDR(.v4(IPv4Address(0)), prefixLength: 26))
        let holes = (0..<4).compactMap { _ in CIDR(.v4(IPv4Address(number(64))), prefixLength: 28 + Int(number(5))) }
        let rest = AddressRange.difference(whole, holes)
        let labelled = ranges.enumerated().map { (ranges: [$0.element], label: $0.offset) }
        let segments = AddressRange.segments(labelled)
        func has(_ range: AddressRange, _ address: IPAddress) -> Bool { range.first <= address && address <= range.last }
        for value in 0..<UInt32(64) {
            let address = IPAddress.v4(IPv4Address(value))
            #expect(union.contains { has($0, address) } == ranges.contains { has($0, address) }, "seed \(seed)")
            #expect(rest.contains { has($0, address) } == !holes.contains { $0.contains(address) }, "seed \(seed)")
            let labels = segments.filter { has($0.range, address) }
            #expect(labels.count <= 1, "seed \(seed)")
            #expect(labels.first?.labels ?? [] == Set(ranges.indices.filter { has(ranges[$0], address) }), "seed \(seed)")
        }
        for (left, right) in zip(union, union.dropFirst()) { #expect(left.last.advanced(by: 1).map { $0 < right.first } == true) }
    }

    @Test func `the highest address has no end behind it`() throws {
        let all = try #require(CIDR(parsing: "0.0.0.0/0"))
        let upper = try #require(CIDR(parsing: "128.0.0.0/1"))
        #expect(AddressRange.difference(all, [upper]) == [range(0, 0x7fff_ffff)])
        #expect(AddressRange.union([AddressRange(upper), AddressRange(all)]) == [AddressRange(all)])
        #expect(AddressRange.segments([(ranges: [AddressRange(upper)], label: 1)]).map(\.range) == [AddressRange(upper)])
    }
}
