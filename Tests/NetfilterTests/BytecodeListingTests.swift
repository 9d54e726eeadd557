import NFTables
import NetworkTypes
import Support
import Testing

@testable import Netfilter

/// Rules as text and as libnftnl 1.2.4 shows their bytes; the bytes equal `nft --debug=netlink` of nft 1.0.6 for the same text.
@Suite struct BytecodeListingTests {
    static let key: [Field] = [.destinationAddress, .transport, .destinationPort]
    static let prefix = CIDR(parsing: "10.96.0.0/16")
    static let odd = CIDR(parsing: "10.96.0.0/14")

    static var rules: [Rule] {
        guard let prefix, let odd else { return [] }
        return [
            Rule(.verdictMap(key, map: "services")),
            Rule(.destinationNAT(key + [.random(modulus: 4)], map: "endpoints")),
            Rule(.match(.isLocal(.destination)), .verdict(.goto("other"))),
            Rule(.match(.address(.destination, in: prefix)), .counter, .verdict(.drop)),
            Rule(.match(.addressNot(.source, in: odd)), .setMark(bits: 0x4000)),
            Rule(.match(.anyMark(bits: 0x4000)), .clearMark(bits: 0x4000), .masquerade),
            Rule(
                .match(.destinationTranslated), .match(.member([.sourceAddress, .destinationAddress], of: "hairpins")),
                .masquerade),
            Rule(.match(.isNewConnection), .match(.notMember([.sourceAddress], of: "friends")), .verdict(.jump("other"))),
            Rule(.match(.transport(.tcp)), .reject(.tcpReset)),
            Rule(.reject(.portUnreachable)),
            Rule(.destinationNATTo(.v4(IPv4Address(10, 0, 0, 1)), 80)),
            Rule(.verdict(.accept)),
            Rule(.verdict(.return)),
        ]
    }

    @Test func `instructions are those of nft`() {
        var text = "# libnftnl 1.2.4\n"
        for rule in Self.rules {
            text += "\n" + Printer.print(rule, family: .ipv4) + "\n"
            text += BytecodeListing.list(rule, in: .ip).map { "  " + $0 + "\n" }.joined()
        }
        let outcome = Golden.compare(text, with: "rules-ip.txt")
        #expect(outcome == .same || outcome.isUpdate, "\(outcome)")
    }

    @Test func `IPv6 keys take four registers for an address`() {
        var text = "# libnftnl 1.2.4\n"
        for rule in [
            Rule(.verdictMap(Self.key, map: "services")),
            Rule(.destinationNAT(Self.key + [.random(modulus: 4)], map: "endpoints")),
            Rule(.match(.member([.sourceAddress, .destinationAddress], of: "hairpins")), .masquerade),
            Rule(.reject(.portUnreachable)),
        ] {
            text += "\n" + Printer.print(rule, family: .ipv6) + "\n"
            text += BytecodeListing.list(rule, in: .ip6).map { "  " + $0 + "\n" }.joined()
        }
        let outcome = Golden.compare(text, with: "rules-ip6.txt")
        #expect(outcome == .same || outcome.isUpdate, "\(outcome)")
    }
}

extension Golden.Outcome {
    var isUpdate: Bool { if case .updated = self { true } else { false } }
}
