import ArgumentParser
import PolicyLab

struct NetpolMatrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matrix", _superCommandName: NetpolCommand.title,
        abstract: "Show who can reach whom, by workload.",
        discussion: """
            Every pod is tried with every other pod, on each port that the other one declares (80/tcp for one that declares none).
            Workloads that behave alike share a row. Rows are sources, columns are destinations.
            """)

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Flag(help: "Give each workload a row of its own.") var noMerge = false
    @Option(name: .shortAndLong, help: "text, json, markdown or html.") var output = NetpolFormat.text

    func run() throws {
        let model = try input.model()
        try input.requirePods(model)
        let session = try NetpolSession(model, probing)
        let run = try session.answer(session.allPairs())
        input.report(model)
        switch output {
        case .text:
            let report = TextReport.forOutput
            Console.output(report.matrix(run, isMerging: !noMerge))
            Console.output("")
            Console.output(report.summary(run))
        case .json: Console.output(JSONReport.matrix(run))
        case .markdown: Console.output(MarkdownReport.matrix(run, isMerging: !noMerge))
        case .html: Console.output(HTMLReport.page(run, nil))
        }
        try session.checkAgreement(run)
    }
}

enum NetpolFormat: String, ExpressibleByArgument, CaseIterable { case text, json, markdown, html }
