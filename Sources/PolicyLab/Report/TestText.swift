/// The result of a test run for a terminal.
extension TextReport {
    /// Failures with their explanation, then one line of counts.
    ///
    /// - Parameter isVerbose: Lists what passed too.
    package func test(_ outcome: TestOutcome, isVerbose: Bool = false) -> String {
        var lines: [String] = []
        let explainer = Explainer(outcome.run.oracle)
        for test in outcome.cases where isVerbose || !test.passed {
            let word = test.passed ? painted("ok  ", .allowed) : painted("FAIL", .denied)
            lines.append("\(word) \(test.title)   \(painted("(\(test.place))", .faint))")
            guard !test.passed else { continue }
            if !test.because.isEmpty { lines.append("     because: \(test.because)") }
            lines += failures(test, outcome, explainer)
        }
        if !lines.isEmpty { lines.append("") }
        let failed = outcome.cases.count - outcome.passedCount
        let verdict = failed == 0 ? painted("passed", .allowed) : painted("failed", .denied)
        lines.append(
            "\(verdict): \(Self.count(outcome.cases.count, "expectation")), \(outcome.passedCount) passed, \(failed) failed")
        return lines.joined(separator: "\n")
    }

    private static let explainedMax = 3

    /// What stays the same between replicas of a workload.
    package static func kind(_ run: LabRun, _ index: Int) -> [String] {
        func workload(_ host: LabHost) -> String {
            if case .pod(let pod) = host { "\(run.oracle.model.pods[pod].workload)" } else { run.oracle.name(host) }
        }
        let probe = run.probes[index]
        return [
            workload(probe.source), workload(probe.destination), "\(probe.service?.port ?? probe.port)", "\(probe.port)",
            "\(probe.family)", run.mark(index).words,
        ]
    }

    private func failures(_ test: TestOutcome.Case, _ outcome: TestOutcome, _ explainer: Explainer) -> [String] {
        var lines: [String] = []
        var kinds: Set<[String]> = []
        // Replicas fail alike: the first of each kind is explained.
        let telling = test.failures.filter { kinds.insert(Self.kind(outcome.run, $0)).inserted }.prefix(Self.explainedMax)
        for index in telling {
            let packets = outcome.run.packets
            let text = explanation(
                explainer.explain(outcome.run.probes[index]), packet: packets?[index],
                microseconds: packets == nil ? 0 : outcome.run.durations[index])
            lines += text.split(separator: "\n").map { "     " + $0 }
        }
        let rest = test.failures.filter { !telling.contains($0) }
        if !rest.isEmpty {
            let names = rest.prefix(5).map { outcome.run.oracle.name(outcome.run.probes[$0]) }.joined(separator: ", ")
            lines.append("     and \(rest.count) more: \(names)\(rest.count > 5 ? ", ..." : "")")
        }
        return lines
    }
}
