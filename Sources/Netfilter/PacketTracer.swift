import CLinux
import CMNL
import CNFTNL
import Glibc
package import NFTables
import NetworkTypes

/// Has the kernel report what its rules do to some packets, by a table of its own that ends with this object.
///
/// The table is owned by our socket (`NFT_TABLE_F_OWNER`, Linux 5.12): whatever becomes of this process, nothing stays.
/// Calls block, and belong on one thread of their own in the namespace to look at.
package struct PacketTracer {
    private static let table = "skiff-trace"
    private static let group: Int32 = 9  // NFNLGRP_NFTRACE
    /// Before connection tracking and before every translation.
    private static let priority: Int32 = -350
    private static let families: [UInt8: String] = [1: "inet", 2: "ip", 10: "ip6"]

    private let listener: NetfilterSocket
    /// Owns the table.
    private let owner: NetfilterSocket
    private let family: TableFamily

    /// Begins to trace.
    package init(_ selector: TraceSelector) throws(ApplyError) {
        family = TableFamily(selector.destination.family)
        listener = try NetfilterSocket()
        owner = try NetfilterSocket()
        try listener.bindForGroups()
        try listener.join(Self.group)
        try install(selector)
    }

    /// What was reported since the last call; waits up to `milliseconds` for the first event.
    package func events(milliseconds: Int32) throws(ApplyError) -> [KernelTraceEvent] {
        var waiting = pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) > 0 else { return [] }
        return try listener.receiveWaiting().compactMap(Self.event)
    }

    /// Names the rules of events by what stands in the kernel now.
    package func describe(_ events: [KernelTraceEvent]) throws(ApplyError) -> [KernelTraceEvent] {
        var reader = RulesetReader(socket: owner, sequence: 100)
        var known: [String: (index: Int, text: String)] = [:]
        for table in Set(events.map { TablePlace(family: $0.family, name: $0.table) }) {
            guard let number = Self.families.first(where: { $0.value == table.family })?.key else { continue }
            for (index, rule) in try reader.rules(family: number, table: table.name) {
                known["\(table.family) \(table.name) \(rule.handle)"] = (index, rule.text)
            }
        }
        return events.map { event in
            guard case .rule(let handle) = event.kind, let found = known["\(event.family) \(event.table) \(handle)"] else {
                return event
            }
            var event = event
            (event.ruleIndex, event.rule) = (found.index, found.text)
            return event
        }
    }

    private struct TablePlace: Hashable {
        var family: String
        var name: String
    }

    private static func event(_ message: NetlinkMessage) -> KernelTraceEvent? {
        guard message.type & 0xff == UInt16(NFT_MSG_TRACE.rawValue) else { return nil }
        let attributes = message.attributes
        func number(_ type: some BinaryInteger) -> UInt32? { attributes[UInt16(type)]?.number }
        guard let packet = number(NFTA_TRACE_ID.rawValue), let table = attributes[UInt16(NFTA_TRACE_TABLE.rawValue)]?.text,
            let chain = attributes[UInt16(NFTA_TRACE_CHAIN.rawValue)]?.text,
            let family = message.payload.first.flatMap({ Self.families[$0] })
        else { return nil }
        let nested = attributes[UInt16(NFTA_TRACE_VERDICT.rawValue)]?.nested
        let code = nested?[UInt16(NFTA_VERDICT_CODE.rawValue)]?.number
        var verdict = code.flatMap {
            VerdictCode.verdict(Int32(bitPattern: $0), chain: nested?[UInt16(NFTA_VERDICT_CHAIN.rawValue)]?.text)
        }
        let kind: KernelTraceEvent.Kind
        switch number(NFTA_TRACE_TYPE.rawValue) {
        case NFT_TRACETYPE_RULE.rawValue?:
            let bytes = attributes[UInt16(NFTA_TRACE_RULE_HANDLE.rawValue)]?.value ?? []
            kind = .rule(handle: bytes.reduce(0) { $0 << 8 | UInt64($1) })
        case NFT_TRACETYPE_RETURN.rawValue?: kind = .returned
        case NFT_TRACETYPE_POLICY.rawValue?:
            kind = .policy
            verdict = number(NFTA_TRACE_POLICY.rawValue).flatMap { VerdictCode.verdict(Int32(bitPattern: $0), chain: nil) }
        default: return nil
        }
        let header = attributes[UInt16(NFTA_TRACE_TRANSPORT_HEADER.rawValue)]?.value
        let sourcePort = header.flatMap { bytes in
            bytes.count >= 4 ? Port(UInt16(bytes[bytes.startIndex]) << 8 | UInt16(bytes[bytes.startIndex + 1])) : nil
        }
        return KernelTraceEvent(
            packet: packet, family: family, table: table, chain: chain, kind: kind, verdict: verdict, sourcePort: sourcePort,
            isBegin: table == Self.table && sourcePort != nil)
    }

    // MARK: The table

    private func install(_ selector: TraceSelector) throws(ApplyError) {
        var writer = NetlinkWriter(reservingBytes: 4096)
        var sequence: UInt32 = 1
        let subsystem: UInt16 = 10 << 8
        func begin(_ type: UInt32, _ flags: UInt16 = 0x400) {
            sequence += 1
            writer.begin(type: subsystem | UInt16(type), flags: flags, sequence: sequence, family: family.rawValue)
        }
        writer.begin(type: UInt16(NFNL_MSG_BATCH_BEGIN), flags: 0, sequence: sequence, family: 0, resource: 10)
        begin(NFT_MSG_NEWTABLE.rawValue)
        writer.put(UInt16(NFTA_TABLE_NAME.rawValue), Self.table)
        writer.put(UInt16(NFTA_TABLE_FLAGS.rawValue), 2)  // NFT_TABLE_F_OWNER
        for hook in selector.source == nil ? [BaseChain.Hook.output] : [.prerouting, .output] {
            begin(NFT_MSG_NEWCHAIN.rawValue)
            writer.put(UInt16(NFTA_CHAIN_TABLE.rawValue), Self.table)
            writer.put(UInt16(NFTA_CHAIN_NAME.rawValue), hook.name)
            let nest = writer.nest(UInt16(NFTA_CHAIN_HOOK.rawValue))
            writer.put(UInt16(NFTA_HOOK_HOOKNUM.rawValue), hook.rawValue)
            writer.put(UInt16(NFTA_HOOK_PRIORITY.rawValue), UInt32(bitPattern: Self.priority))
            writer.close(nest)
            writer.put(UInt16(NFTA_CHAIN_TYPE.rawValue), BaseChain.Kind.filter.rawValue)
            sequence += 1
            append(rule(selector, chain: hook.name), sequence, to: &writer)
        }
        sequence += 1
        writer.begin(type: UInt16(NFNL_MSG_BATCH_END), flags: 0, sequence: sequence, family: 0, resource: 10)
        writer.end()
        try owner.send(writer.words)
        for message in try owner.receiveWaiting() where message.type == NetlinkMessage.error && message.errno != 0 {
            throw ApplyError(errno: message.errno, detail: "add table \(Self.table)")
        }
    }

    /// `ip saddr S ip daddr D meta l4proto P th dport N meta nftrace set 1`
    private func rule(_ selector: TraceSelector, chain: String) -> OpaquePointer {
        guard let rule = nftnl_rule_alloc(), let trace = nftnl_expr_alloc("meta") else { preconditionFailure("out of memory") }
        nftnl_rule_set_u32(rule, UInt16(NFTNL_RULE_FAMILY.rawValue), UInt32(family.rawValue))
        nftnl_rule_set_str(rule, UInt16(NFTNL_RULE_TABLE.rawValue), Self.table)
        nftnl_rule_set_str(rule, UInt16(NFTNL_RULE_CHAIN.rawValue), chain)
        let register = Register(0)
        let source = selector.source.map { [Statement.match(.address(.source, in: CIDR(host: $0)))] } ?? []
        let matches = Lowering.lower(
            Rule(
                source + [
                    .match(.address(.destination, in: CIDR(host: selector.destination))), .match(.transport(selector.transport)),
                ]), in: family)
        let port: [Instruction] = [
            .payload(.transport, offset: 2, length: 2, into: register), .compare(register, .equal, selector.port.bytes),
            .immediate([1], into: register),
        ]
        InstructionEncoder.append(matches + port, to: rule, family: family, asReported: false)
        nftnl_expr_set_u32(trace, UInt16(NFTNL_EXPR_META_KEY), NFT_META_NFTRACE.rawValue)
        nftnl_expr_set_u32(trace, UInt16(NFTNL_EXPR_META_SREG), register.number)
        nftnl_rule_add_expr(rule, trace)
        return rule
    }

    private func append(_ rule: OpaquePointer, _ sequence: UInt32, to writer: inout NetlinkWriter) {
        defer { nftnl_rule_free(rule) }
        // SAFETY: libnftnl checks no bounds; the rule has ten instructions of less than 100 bytes.
        let capacity = 4096
        withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { buffer in
            guard let start = buffer.baseAddress else { return }
            memset(start, 0, capacity)
            let header = nftnl_nlmsg_build_hdr(
                start.assumingMemoryBound(to: CChar.self), UInt16(NFT_MSG_NEWRULE.rawValue), UInt16(family.rawValue),
                0x400 | 0x800, sequence)
            nftnl_rule_nlmsg_build_payload(header, rule)
            let length = Int(header?.pointee.nlmsg_len ?? 0)
            precondition(length <= capacity, "a rule of \(length) bytes")
            writer.append(message: UnsafeRawBufferPointer(start: start, count: length))
        }
    }
}

extension RulesetReader {
    /// The rules of any table with their place in their chain and their handle.
    mutating func rules(family: UInt8, table: String) throws(ApplyError) -> [(index: Int, rule: (handle: UInt64, text: String))] {
        let messages = try request(
            NFT_MSG_GETRULE.rawValue, family: family, flags: Self.dump, detail: "list rules"
        ) { $0.put(UInt16(NFTA_RULE_TABLE.rawValue), table) }
        var counts: [String: Int] = [:]
        return messages.compactMap { message in
            guard let bytes = message.attributes[UInt16(NFTA_RULE_HANDLE.rawValue)]?.value,
                let parsed = Self.listing(of: message)
            else { return nil }
            let index = counts[parsed.chain, default: 0]
            counts[parsed.chain] = index + 1
            return (index, (bytes.reduce(0) { $0 << 8 | UInt64($1) }, parsed.lines.joined(separator: " ")))
        }
    }
}
