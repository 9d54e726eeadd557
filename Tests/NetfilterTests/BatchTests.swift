import NFTables
import NetworkTypes
import Testing

@testable import Netfilter

@Suite struct BatchTests {
    let table = TableIdentifier(.ip, "t")

    func messages(_ transaction: Transaction) -> [NetlinkMessage] {
        let batch = BatchEncoder.encode(transaction, firstSequence: 100)
        return NetlinkMessage.split(batch.words.withUnsafeBytes { Array($0) })
    }

    @Test func `each message has its own sequence number between the ends of the batch`() {
        let found = messages(
            Transaction([.addTable(table), .addChain(table, Chain("c")), .addRule(table, chain: "c", Rule(.verdict(.drop)))]))
        #expect(found.map(\.sequence) == [99, 100, 101, 102, 103])
        #expect(found.map(\.type) == [16, 10 << 8, 10 << 8 | 3, 10 << 8 | 6, 17])
    }

    @Test func `a long list of elements is cut below 64 kB`() {
        let elements = (0..<5000).map { Element(KeyBytes(.v4(IPv4Address(UInt32($0)))), .verdict(.goto("chain"))) }
        let found = messages(Transaction([.addElements(table, set: "m", elements)]))
        #expect(found.count > 3)
        #expect(found.map(\.sequence) == (0..<found.count).map { 99 + UInt32($0) })
        #expect(found.allSatisfy { $0.payload.count < 65_000 })
        let keys = found.dropFirst().dropLast().flatMap { message in
            (message.attributes[3]?.nested.map(\.value.count)) ?? []
        }
        #expect(keys.count == elements.count)
    }

    @Test func `a dump of a hash that repeats an element is refused, of intervals it is not`() throws {
        let elements = (0..<600).map { Element(KeyBytes(.v4(IPv4Address(UInt32($0)))), .none) }
        let dump = Array(messages(Transaction([.addElements(table, set: "s", elements)])).dropFirst().dropLast())
        var listing = RulesetReader.ElementListing()
        for message in dump { listing.add(message) }
        #expect(listing.elements.count == 600)
        try listing.check()
        for message in dump.suffix(1) { listing.add(message) }
        let repeated = listing
        #expect(throws: ApplyError(errno: 4, detail: "list elements: one stands twice")) { try repeated.check() }
        #expect(listing.elements.count == 600)
    }

    @Test func `a datagram that ends early gives no message beyond its end`() {
        let whole = BatchEncoder.encode(Transaction([.addTable(table)]), firstSequence: 1).words.withUnsafeBytes { Array($0) }
        for length in 0..<whole.count {
            #expect(NetlinkMessage.split(Array(whole[..<length])).count < 3)
        }
    }

    @Test func `attributes with impossible lengths end the list`() {
        #expect(Array(NetlinkAttributes([2, 0, 1, 0])).isEmpty)
        #expect(Array(NetlinkAttributes([200, 0, 1, 0])).isEmpty)
        #expect(Array(NetlinkAttributes([8, 0, 1])).isEmpty)
    }
}
