import API
import JSON
import NFTables
import NetworkTypes

/// Holds the rules of a node against what the objects ask for.
package enum RulesFinding {
    /// - Parameter candidates: Who may answer by the objects; empty when they block the connection already.
    package static func findings(
        _ question: ConnectionQuestion, _ candidates: [Candidate], _ rules: NodeRuleset
    ) -> [Finding] {
        let table = StaticRuleset.identifier(question.family)
        guard rules.ruleset.tables[table] != nil else {
            guard question.service != nil else { return neighbours(rules, question) }
            return [
                Finding(
                    "rules", .blocks,
                    "\(rules.nodeName) has no table '\(table)': the proxy there has not run, or its rules were removed",
                    remedy: "is the agent of \(rules.nodeName) up? skiff status; it puts its table back within a second")
            ] + neighbours(rules, question)
        }
        let outcomes = RuleOutcomes(question, through: rules)
        return [compare(question, candidates, rules, outcomes)] + neighbours(rules, question)
    }

    private static func compare(
        _ question: ConnectionQuestion, _ candidates: [Candidate], _ rules: NodeRuleset, _ outcomes: RuleOutcomes
    ) -> Finding {
        let expected = Set(candidates.map(\.backend))
        let found = Set(outcomes.destinations)
        let first = outcomes.ways.first
        var details = outcomes.ways.prefix(1).map { "path: \($0.chains.joined(separator: " > "))" }
        if let why = masqueradeText(outcomes) { details.append(why) }
        if case .model(let reason) = rules.origin { details.append("computed from the objects: \(reason)") }
        let facts: JSONObject = [
            "node": .string(rules.nodeName), "source": .string(rules.origin == .kernel ? "kernel" : "model"),
            "destinations": .array(found.sorted().map { .string($0.text) }),
            "outcomes": JSONValue(Set(outcomes.ways.map(\.experience)).sorted()),
            "path": JSONValue(first?.chains ?? []),
        ]
        func finding(_ verdict: Finding.Verdict, _ summary: String, remedy: String? = nil) -> Finding {
            Finding("rules", verdict, summary, details: details, remedy: remedy, facts: facts)
        }
        if let way = outcomes.ways.first(where: { if case .undecided = $0.outcome { true } else { false } }) {
            return finding(
                .unknown, "a rule of \(rules.nodeName) \(way.experience)",
                remedy: "skiff trace shows what really happens to a packet")
        }
        if question.service == nil {
            guard let first, first.outcome == .accepted else {
                return finding(.blocks, "on \(rules.nodeName) the packet is \(first?.experience ?? "lost")")
            }
            return finding(.passes, "no rule of the proxy on \(rules.nodeName) touches it")
        }
        if expected.isEmpty {
            let seen = outcomes.ways.first { $0.outcome != .accepted } ?? first
            return finding(.note, "on \(rules.nodeName) the packet is \(seen?.experience ?? "lost")")
        }
        return agreement(expected, found, rules, first, isSettled: isSettled(question), finding)
    }

    private static func agreement(
        _ expected: Set<Backend>, _ found: Set<Backend>, _ rules: NodeRuleset, _ first: RuleOutcomes.Way?,
        isSettled: Bool, _ finding: (Finding.Verdict, String, String?) -> Finding
    ) -> Finding {
        let behind = "the proxy of \(rules.nodeName) is behind: curl http://127.0.0.1:10256/healthz there, and its log"
        if found.isEmpty {
            let seen = first.map { $0.isTranslated ? $0.experience : $0.outcome == .accepted ? "not translated" : $0.experience }
            return finding(
                .blocks, "there are endpoints, but on \(rules.nodeName) the packet is \(seen ?? "lost")", behind)
        }
        func list(_ backends: Set<Backend>) -> String { backends.sorted().prefix(8).map(\.text).joined(separator: ", ") }
        let stale = found.subtracting(expected)
        let missing = expected.subtracting(found)
        if found.isDisjoint(with: expected) {
            return finding(.blocks, "the rules of \(rules.nodeName) send it to \(list(found)), which is no endpoint", behind)
        }
        if !stale.isEmpty {
            return finding(.note, "the rules of \(rules.nodeName) also send to \(list(stale)), which is no endpoint", behind)
        }
        if isSettled, found.count == 1 {
            return finding(.passes, "\(rules.nodeName) sends this client to \(list(found)), as long as that is an endpoint", nil)
        }
        if !missing.isEmpty, expected.count <= RuleOutcomes.drawsMax / 2 {
            return finding(.note, "the rules of \(rules.nodeName) never send to \(list(missing))", behind)
        }
        return finding(
            .passes,
            "\(rules.nodeName) sends it to \(found.count == 1 ? "" : "one of ")\(list(found))\(found.count > 8 ? ", ..." : "")",
            nil)
    }

    /// A client that the rules remember, or that a hash sends, meets one endpoint of those that may answer.
    private static func isSettled(_ question: ConnectionQuestion) -> Bool {
        guard let service = question.service else { return false }
        return service.spec.sessionAffinity == "ClientIP" || ServiceOptions(service.metadata).hashesSource
    }

    private static func masqueradeText(_ outcomes: RuleOutcomes) -> String? {
        let translated = outcomes.ways.filter { $0.outcome == .accepted && $0.isTranslated }
        guard !translated.isEmpty else { return nil }
        let masqueraded = translated.filter(\.isMasqueraded)
        if masqueraded.isEmpty { return "the endpoint sees the source's own address" }
        let why = masqueraded.contains { way in way.chains.contains { $0.hasPrefix("node-port") || $0.hasPrefix("external") } }
        let reason = why ? "so that answers come back through this node" : "the source is no pod, or reaches itself"
        return masqueraded.count == translated.count
            ? "the endpoint sees an address of the node: \(reason)"
            : "\(masqueraded.count) of \(translated.count) endpoints see an address of the node: \(reason)"
    }

    /// Chains of others that see the packet too, where they could end it.
    private static func neighbours(_ rules: NodeRuleset, _ question: ConnectionQuestion) -> [Finding] {
        let family = question.family == .ipv4 ? "ip" : "ip6"
        let others = rules.hooks.filter { hook in
            (hook.family == family || hook.family == "inet") && !hook.table.hasPrefix("skiff-")
                && (hook.ruleCount > 0 || !hook.base.acceptsByDefault)
        }
        guard !others.isEmpty else { return [] }
        let dropping = others.filter { !$0.base.acceptsByDefault }
        let lines = others.map {
            "\($0.family) \($0.table) \($0.name): \($0.base.hook.name) at \($0.base.priority), \($0.ruleCount) rules, "
                + "policy \($0.base.acceptsByDefault ? "accept" : "drop")"
        }
        return [
            Finding(
                "neighbours", .note,
                dropping.isEmpty
                    ? "other programs' rules see the packet too, and are not followed here"
                    : "other programs' rules drop what they do not accept, and are not followed here",
                details: lines, remedy: "skiff trace shows whether they let the packet pass")
        ]
    }
}
