import JSON
package import NFTables
package import NetworkTypes

/// What became of one live packet, from the kernel's own report of it.
package struct TraceStory: Hashable, Sendable {
    package enum Ending: Hashable, Sendable {
        case accepted
        /// Where the packet ended; `isRejected`: the sender is told.
        case ended(table: String, chain: String, rule: Int?, isRejected: Bool)
    }

    package private(set) var events: [KernelTraceEvent]
    package private(set) var ending: Ending
    package let sourcePort: Port?

    /// Events of one packet in order; none is no story.
    package init?(_ events: [KernelTraceEvent]) {
        guard let begin = events.first else { return nil }
        sourcePort = begin.sourcePort
        // What the reporting table itself does is of no interest.
        let events = events.filter { $0.table != begin.table || !begin.isBegin }
        self.events = events
        ending = .accepted
        guard let last = events.last(where: { $0.verdict == .drop }) else { return }
        ending = .ended(
            table: "\(last.family) \(last.table)", chain: last.chain, rule: last.ruleIndex,
            isRejected: last.rule.contains("[ reject"))
    }

    /// Packets in the order in which they began; what came before the first one is left out. The kernel's number of a packet
    /// changes where the packet is copied: a number without a beginning goes on with the packet that began last.
    package static func stories(_ events: [KernelTraceEvent]) -> [TraceStory] {
        var packets: [[KernelTraceEvent]] = []
        var open: [UInt32: Int] = [:]
        for event in events {
            if event.isBegin {
                open[event.packet] = packets.count
                packets.append([])
            }
            guard !packets.isEmpty else { continue }
            packets[open[event.packet] ?? packets.count - 1].append(event)
        }
        return packets.compactMap(TraceStory.init)
    }

    /// Chains of one table in the order in which the packet entered them.
    package func chains(of table: TableIdentifier) -> [String] {
        var chains: [String] = []
        for event in events where event.table == table.name && event.family == table.family.name && chains.last != event.chain {
            chains.append(event.chain)
        }
        return chains
    }

    /// One line per event.
    package var lines: [String] {
        events.map { event in
            let place = "\(event.family) \(event.table) \(event.chain)"
            switch event.kind {
            case .rule: return "\(place) rule \(event.ruleIndex.map(String.init) ?? "?"): \(Self.text(event.verdict))"
            case .returned: return "\(place) ends"
            case .policy: return "\(place) policy: \(Self.text(event.verdict))"
            }
        }
    }

    private static func text(_ verdict: Verdict?) -> String {
        switch verdict {
        case nil: "goes on"
        case .accept: "accept"
        case .drop: "drop"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        case .return: "return"
        }
    }

    /// The packet as findings.
    ///
    /// - Parameters:
    ///   - flow: What connection tracking made of it; nil when nothing is tracked any more.
    ///   - expected: What following the rules says may happen.
    package func findings(flow: Flow?, expected: RuleOutcomes?) -> [Finding] {
        var findings = [
            Finding(
                "packet", .note, "\(events.count) events\(sourcePort.map { ", from port \($0)" } ?? "")", details: lines,
                facts: ["events": JSONValue(lines)])
        ]
        let destination = flow.map { Backend($0.reply.source, $0.reply.sourcePort) }
        switch ending {
        case .accepted:
            let place = destination.map { "sent to \($0.text)" } ?? "let through"
            let answered = flow.map { $0.isAnswered ? ", which answered" : ", which has not answered" } ?? ""
            findings.append(
                Finding(
                    "result", flow?.isAnswered == false ? .note : .passes, place + answered,
                    facts: destination.map { ["destination": .string($0.text)] } ?? [:]))
        case .ended(let table, let chain, let rule, let isRejected):
            let place = "\(table) \(chain)\(rule.map { " rule \($0)" } ?? "")"
            findings.append(
                Finding(
                    "result", .blocks,
                    isRejected ? "refused by \(place)" : "dropped by \(place): the client waits until it gives up",
                    details: events.last.map { $0.rule.isEmpty ? [] : [$0.rule] } ?? [],
                    remedy: table.hasSuffix(" skiff-proxy")
                        ? "skiff explain says why" : "the table is not ours: nft list table \(table)"))
        }
        if let expected { findings.append(agreement(destination, expected)) }
        return findings
    }

    /// Whether the packet went a way that following the rules allows.
    package func agrees(with expected: RuleOutcomes, destination: Backend?) -> Bool {
        expected.ways.contains { way in
            switch (ending, way.outcome) {
            case (.accepted, .accepted): destination == nil || !way.isTranslated || way.destination == destination
            case (.ended(_, _, _, let isRejected), .rejected): isRejected
            case (.ended(_, _, _, let isRejected), .dropped): !isRejected
            default: false
            }
        }
    }

    private func agreement(_ destination: Backend?, _ expected: RuleOutcomes) -> Finding {
        if agrees(with: expected, destination: destination) {
            return Finding("agreement", .passes, "as skiff explain says", facts: ["agrees": .bool(true)])
        }
        let ways = Set(expected.ways.map { $0.outcome == .accepted ? "to \($0.destination.text)" : $0.experience }).sorted()
        return Finding(
            "agreement", .note, "skiff explain says otherwise: \(ways.joined(separator: ", or "))",
            remedy: "another program's rules take part, or the rules changed meanwhile", facts: ["agrees": .bool(false)])
    }
}
