import CNFTNL
import NFTables

extension RulesetReader {
    /// Chains, and which rule leads where; nil when there is no such table. Asks again when a commit disturbs.
    mutating func foreignTable(_ identifier: TableIdentifier) throws(ApplyError) -> ForeignTable? {
        guard try ownership(of: identifier) != nil else { return nil }
        let family = identifier.family.rawValue
        let chains = try request(NFT_MSG_GETCHAIN.rawValue, family: family, flags: Self.dump, detail: "list chains") { _ in }
        let rules = try request(NFT_MSG_GETRULE.rawValue, family: family, flags: Self.dump, detail: "list rules") {
            $0.put(UInt16(NFTA_RULE_TABLE.rawValue), identifier.name)
        }
        return ForeignTable(
            identifier,
            chains: chains.compactMap { message in
                let attributes = message.attributes
                guard attributes[UInt16(NFTA_CHAIN_TABLE.rawValue)]?.text == identifier.name else { return nil }
                return attributes[UInt16(NFTA_CHAIN_NAME.rawValue)]?.text
            },
            rules: rules.compactMap(Self.foreignRule))
    }

    private static func foreignRule(_ message: NetlinkMessage) -> ForeignTable.Rule? {
        let attributes = message.attributes
        guard let chain = attributes[UInt16(NFTA_RULE_CHAIN.rawValue)]?.text,
            let handle = attributes[UInt16(NFTA_RULE_HANDLE.rawValue)]?.value, handle.count == 8
        else { return nil }
        var targets: Set<String> = []
        for item in attributes[UInt16(NFTA_RULE_EXPRESSIONS.rawValue)].map({ Array($0.nested) }) ?? [] {
            let expression = item.nested
            guard expression[UInt16(NFTA_EXPR_NAME.rawValue)]?.text == "immediate",
                let verdict = expression[UInt16(NFTA_EXPR_DATA.rawValue)]?.nested[UInt16(NFTA_IMMEDIATE_DATA.rawValue)]?
                    .nested[UInt16(NFTA_DATA_VERDICT.rawValue)]?.nested,
                let target = verdict[UInt16(NFTA_VERDICT_CHAIN.rawValue)]?.text
            else { continue }
            targets.insert(target)
        }
        return ForeignTable.Rule(chain: chain, handle: handle.reduce(0) { $0 << 8 | UInt64($1) }, targets: targets)
    }
}
