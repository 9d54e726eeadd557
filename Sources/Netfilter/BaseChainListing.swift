import CNFTNL
package import NFTables

/// Every base chain of a network namespace, whoever made it: what a packet meets beside our own tables.
package enum BaseChainListing {
    package struct Entry: Hashable, Sendable {
        /// `ip`, `inet`, ... with the table's name: `inet firewalld`.
        package var table: String
        package var chain: String
        /// As the kernel names it: `filter`, `nat`, `route`.
        package var kind: String
        /// In the numbers of `NF_INET_*`: 0 prerouting, 1 input, 2 forward, 3 output, 4 postrouting.
        package var hook: UInt32
        package var acceptsByDefault: Bool
    }

    private static let subsystem: UInt16 = 10  // NFNL_SUBSYS_NFTABLES
    private static let dump: UInt16 = 0x300  // NLM_F_DUMP

    /// Blocks. Opens a socket in the namespace of the calling thread.
    ///
    /// - Throws: `ApplyError` when the kernel has no nf_tables.
    package static func list() throws(ApplyError) -> [Entry] {
        let socket = try NetfilterSocket()
        var writer = NetlinkWriter(reservingBytes: 64)
        let type = subsystem << 8 | UInt16(NFT_MSG_GETCHAIN.rawValue)
        writer.begin(type: type, flags: dump, sequence: 1, family: 0)
        writer.end()
        return try socket.ask(writer.words, sequence: 1, detail: "list chains").messages.compactMap(entry)
    }

    private static func entry(_ message: NetlinkMessage) -> Entry? {
        let attributes = message.attributes
        guard let hook = attributes[UInt16(NFTA_CHAIN_HOOK.rawValue)]?.nested[UInt16(NFTA_HOOK_HOOKNUM.rawValue)]?.number,
            let table = attributes[UInt16(NFTA_CHAIN_TABLE.rawValue)]?.text,
            let chain = attributes[UInt16(NFTA_CHAIN_NAME.rawValue)]?.text, let family = message.payload.first
        else { return nil }
        let families: [UInt8: String] = [1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"]
        return Entry(
            table: "\(families[family] ?? "?") \(table)", chain: chain,
            kind: attributes[UInt16(NFTA_CHAIN_TYPE.rawValue)]?.text ?? "", hook: hook,
            acceptsByDefault: attributes[UInt16(NFTA_CHAIN_POLICY.rawValue)]?.number != 0)
    }
}
