import ArgumentParser
import PolicyLab

struct NetpolTest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", _superCommandName: NetpolCommand.title,
        abstract: "Check the expectations of a file: what must be reachable, and what must not.",
        discussion: """
            An expectations file:

              apiVersion: netpol.skiff/v1
              kind: Expectations
              outside: {internet: 203.0.113.10, office: 198.51.100.0/24}
              default: deny                          # what no line allows must be unreachable; or: ignore
              allow:
                - shop/web -> shop/api:8080/tcp
                - "* -> kube-system/coredns:53/udp,tcp"
                - monitoring/* -> */*:metrics         # a named port
                - shop/web -> service:shop/api:80     # through a Service
                - shop/web -> internet:443
              deny:
                - shop/web -> shop/db                 # on every port
                - {flow: "office -> shop/db:5432", because: PCI-7}

            Each line is one test. Without -e, documents of kind Expectations among the manifests are taken.
            """)

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Option(name: [.customShort("e"), .long], help: "The expectations file. Repeatable.") var expectations: [String] = []
    @Option(help: "Write JUnit XML here.") var junit: String?
    @Option(help: "Write JSON here.") var json: String?
    @Option(help: "Write SARIF 2.1.0 here, with the line of the responsible rule.") var sarif: String?
    @Option(help: "Write Markdown here, for a comment on a change.") var markdown: String?
    @Option(help: "Write one HTML file with the matrix and a picture here.") var html: String?
    @Flag(help: "Print annotations for GitHub Actions.") var github = false

    func run() throws {
        let (session, plan) = try NetpolExpectations.plan(input, probing, expectations)
        let run = try session.answer(plan.plan.probes)
        let outcome = TestOutcome(plan, run)
        input.report(session.oracle.model)
        try write(outcome)
        let report = TextReport.forOutput
        Console.output(report.test(outcome, isVerbose: input.verbose))
        Console.output(report.summary(run))
        if github { Console.output(GitHubReport.annotations(outcome)) }
        try session.checkAgreement(run)
        if !outcome.failed.isEmpty { throw NetpolFailure(NetpolExit.failed) }
    }

    /// Pairs that no expectation is about, for the picture; nil where they are too many.
    private func whole(_ run: LabRun) -> LabRun? {
        let model = run.oracle.model
        guard run.disputed.isEmpty, let options = try? probing.resolved(model),
            ProbePlan.pairCount(model, options) <= ProbePlan.probesMax / 10
        else {
            return nil
        }
        return LabRun(run.oracle, ProbePlan.allPairs(model, options).probes)
    }

    private func write(_ outcome: TestOutcome) throws {
        let reports: [(path: String?, text: () -> String)] = [
            (junit, { JUnitReport.text(outcome) }), (json, { JSONReport.test(outcome) }), (sarif, { SARIFReport.text(outcome) }),
            (markdown, { MarkdownReport.test(outcome) }),
            (html, { HTMLReport.page(outcome.run, outcome, whole: whole(outcome.run)) }),
        ]
        for (path, text) in reports {
            guard let path else { continue }
            try NetpolReports.write(text(), to: path)
        }
    }
}

/// Reads manifests together with expectations.
enum NetpolExpectations {
    /// Expectations over the model that they are about.
    static func plan(
        _ input: NetpolInputOptions, _ probing: NetpolProbeOptions, _ files: [String]
    ) throws -> (NetpolSession, ExpectationPlan) {
        var (model, expectations) = try load(input, files)
        model.outside = expectations.outside
        for line in expectations.lines { model.nameAddresses(of: line.flow) }
        let session = try NetpolSession(model, probing)
        do throws(InputRefusal) {
            return (session, try ExpectationPlan(expectations, model, session.probeOptions))
        } catch {
            throw NetpolFailure(NetpolExit.badInput, error.description)
        }
    }

    /// Several documents are one: their lines and outside hosts together.
    static func load(_ input: NetpolInputOptions, _ files: [String]) throws -> (LabModel, Expectations) {
        let model = try input.model()
        try input.requirePods(model)
        do throws(InputRefusal) {
            var objects = files.isEmpty ? model.expectations : []
            for file in try NetpolSources.texts(of: files) {
                let read = try ManifestReader.read(file.text, file: file.name)
                let found = read.objects.filter { $0.kind == Expectations.kind }
                if found.isEmpty {
                    throw InputRefusal(
                        "no document with kind: \(Expectations.kind) and apiVersion: \(Expectations.apiVersion)",
                        at: SourcePlace(file: file.name, line: 1))
                }
                objects += found
            }
            guard let first = objects.first else {
                throw InputRefusal(
                    "no expectations: give a file with -e; 'skiff netpol init -f ... > expect.yaml' writes one of what holds today"
                )
            }
            var all = try Expectations(first)
            for object in objects.dropFirst() { all.append(try Expectations(object)) }
            return (model, all)
        } catch {
            throw NetpolFailure(NetpolExit.badInput, error.description)
        }
    }
}
