import ArgumentParser
import PolicyLab

struct NetpolExplain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", _superCommandName: NetpolCommand.title,
        abstract: "Say why a connection is allowed or denied, and what would change it.",
        discussion: """
              skiff netpol explain -f k8s/ 'shop/web -> shop/db:5432'
              skiff netpol explain -f k8s/ shop/web shop/db:5432/tcp
              skiff netpol explain -f k8s/ 'shop/web -> 203.0.113.9:443'

            An endpoint is NAMESPACE/WORKLOAD, NAMESPACE/POD, [label=value], an address, node, or service:NAMESPACE/NAME.
            Without a port, each port that the destination declares is explained. Ends with 0 also where the answer is "denied".
            """)

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Option(name: [.customShort("e"), .long], help: "An expectations file, for the names of hosts outside.") var expectations:
        [String] = []
    @Argument(help: "'SOURCE -> DESTINATION[:PORT[/PROTOCOL]]', or source and destination as two words.") var flow: [String]

    func run() throws {
        let words = flow.filter { $0 != "->" }
        guard words.count == 1 || words.count == 2 else {
            throw ValidationError("expected \(FlowPattern.grammar)")
        }
        var model = expectations.isEmpty ? try input.model() : try withOutside()
        try input.requirePods(model)
        let probes: [Probe]
        let session: NetpolSession
        do throws(FlowPatternError) {
            let pattern = try FlowPattern(
                parsing: words.joined(separator: " -> "), outside: Set(model.outside.map(\.name)))
            model.nameAddresses(of: pattern)
        } catch { throw NetpolFailure(NetpolExit.badInput, error.description) }
        session = try NetpolSession(model, probing)
        do throws(FlowPatternError) {
            let pattern = try FlowPattern(
                parsing: words.joined(separator: " -> "), outside: Set(model.outside.map(\.name)))
            probes = try FlowExpansion(model, session.probeOptions).probes(of: pattern)
        } catch { throw NetpolFailure(NetpolExit.badInput, error.description) }
        let run = try session.answer(probes)
        input.report(model)
        show(run)
        try session.checkAgreement(run)
    }

    private func withOutside() throws -> LabModel {
        var (model, expectations) = try NetpolExpectations.load(input, expectations)
        model.outside = expectations.outside
        return model
    }

    private static let shownMax = 20

    private func show(_ run: LabRun) {
        let report = TextReport.forOutput
        let explainer = Explainer(run.oracle)
        // Replicas have the same explanation: the first of each kind stands for the rest.
        var seen: Set<[String]> = []
        var left = 0
        for index in run.probes.indices {
            guard seen.count < Self.shownMax, seen.insert(TextReport.kind(run, index)).inserted else {
                left += 1
                continue
            }
            let explanation = explainer.explain(run.probes[index])
            if seen.count > 1 { Console.output("") }
            Console.output(
                report.explanation(
                    explanation, packet: run.packets?[index], microseconds: run.packets == nil ? 0 : run.durations[index]))
        }
        if left > 0 { Console.output("\nand \(left) more between other replicas, with the same answers") }
    }
}
