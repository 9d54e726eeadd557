import ArgumentParser
import JSON
import NetworkTypes
import PolicyLab

struct NetpolDiff: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", _superCommandName: NetpolCommand.title,
        abstract: "Show what a change opens and what it closes.",
        discussion: """
              skiff netpol diff main:k8s k8s/         a Git revision and the working tree
              skiff netpol diff HEAD~1:k8s HEAD:k8s   two revisions
              skiff netpol diff old/ new.yaml

            Compares reachability, not text: by workload, port and family, and for one host of each prefix that a policy names.
            Ends with 1 when something differs.
            """)

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Argument(help: "What was: a file, a directory, or REVISION:PATH.") var old: String
    @Argument(help: "What is.") var new: String
    @Option(name: .shortAndLong, help: "text, json or markdown.") var output = NetpolFormat.text

    func run() throws {
        var (before, after) = (try input.model([old]), try input.model([new]))
        let hosts = before.blockHosts() + after.blockHosts()
        var outside: [OutsideHost] = []
        for host in hosts where !outside.contains(where: { $0.name == host.name }) { outside.append(host) }
        before.outside = outside
        after.outside = outside
        let ports = Set(before.blockPorts + after.blockPorts).sorted()
        let families = Set(try probing.resolved(before).families + (try probing.resolved(after).families)).sorted()
        let runs = try [before, after].map { model in
            var session = try NetpolSession(model, probing)
            session.probeOptions.families = families
            let plan = ProbePlan.everything(model, session.probeOptions, outsidePorts: ports)
            let run = try session.answer(plan.probes)
            try session.checkAgreement(run)
            return run
        }
        input.report(after)
        let diff = ReachabilityDiff(from: runs[0], to: runs[1])
        show(diff, runs[1])
        if !diff.changes.isEmpty { throw NetpolFailure(NetpolExit.failed) }
    }

    private func show(_ diff: ReachabilityDiff, _ run: LabRun) {
        switch output {
        case .json:
            let changes = diff.changes.map { change -> JSONValue in
                [
                    "kind": .string(change.kind.rawValue), "connection": .string(change.connection),
                    "before": .string(change.before), "after": .string(change.after),
                ]
            }
            Console.output(
                JSONWriter.text([
                    "schema": .string(JSONReport.schema), "compared": JSONValue(diff.comparedCount), "changes": .array(changes),
                ]))
        case .markdown, .html: Console.output(MarkdownReport.diff(diff))
        case .text: Console.output(TextReport.forOutput.diff(diff, isChecked: run.packets != nil))
        }
    }
}
