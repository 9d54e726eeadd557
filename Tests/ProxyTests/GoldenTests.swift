import NFTables
import NetworkTypes
import Support
import Testing

@testable import Proxy

@Suite struct GoldenTests {
    /// The table with the chains for one and for four slots; those for other numbers differ by the number only.
    @Test func `the table reads like this in nft`() throws {
        var table = try #require(Demo.ruleset.tables[StaticRuleset.identifier(.ipv4)])
        for count in StaticRuleset.slotCounts where count != 1 && count != 4 {
            for kind in FrontendKind.allCases { table.chains[kind.chain(slots: count)] = nil }
        }
        let outcome = Golden.compare(Printer.print(table), with: "demo.nft")
        if case .updated = outcome { return }
        #expect(outcome == .same)
    }
}
