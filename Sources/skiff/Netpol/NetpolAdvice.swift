import ArgumentParser
import Glibc
import JSON
import Lab
import Policy
import PolicyLab

struct NetpolLint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", _superCommandName: NetpolCommand.title,
        abstract: "Find policies that do not do what they look like.",
        discussion: "Rules:\n"
            + LintRule.allCases.map { "  \($0.level.rawValue)  \($0.rawValue): \($0.summary)" }.joined(separator: "\n")
            + "\n\nEnds with 1 when there is a warning; with --strict also for notes.")

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Flag(help: "Notes count as warnings.") var strict = false
    @Option(help: "Leave out a rule. Repeatable.") var ignore: [String] = []
    @Option(help: "Write SARIF 2.1.0 here.") var sarif: String?
    @Option(name: .shortAndLong, help: "text or json.") var output = NetpolFormat.text

    func validate() throws {
        for name in ignore where LintRule(rawValue: name) == nil {
            let known = LintRule.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--ignore: there is no rule '\(name)'; the rules are \(known)")
        }
    }

    func run() throws {
        let model = try input.model()
        input.report(model)
        let session = try NetpolSession(model, probing)
        let findings = Linter.findings(
            session.oracle, podNetworks: try input.networks(), options: session.probeOptions
        ).filter { !ignore.contains($0.rule.rawValue) }
        if let sarif { try NetpolReports.write(SARIFReport.text(findings.map(\.sarif)), to: sarif) }
        if output == .json {
            Console.output(
                JSONWriter.text(
                    .array(
                        findings.map {
                            [
                                "rule": .string($0.rule.rawValue), "level": .string($0.rule.level.rawValue),
                                "message": .string($0.message), "file": .string($0.place.file), "line": JSONValue($0.place.line),
                            ]
                        })))
        } else {
            for finding in findings {
                Console.output("\(finding.place): \(finding.rule.level.rawValue): \(finding.message) [\(finding.rule.rawValue)]")
            }
            let warnings = findings.count { $0.rule.level == .warning }
            Console.output("\(warnings) warnings, \(findings.count - warnings) notes in \(model.policies.count) policies")
        }
        if findings.contains(where: { strict || $0.rule.level == .warning }) { throw NetpolFailure(NetpolExit.failed) }
    }
}

struct NetpolCover: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cover", _superCommandName: NetpolCommand.title,
        abstract: "Show which rules, peers and ports the expectations exercise.",
        discussion: """
            A part is exercised when some connection of an expectation is allowed by it. What nothing exercises can be broken
            without a test failing. Lines that only 'default' speaks of do not count. --minimum fails below a share.
            """)

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Option(name: [.customShort("e"), .long], help: "The expectations file. Repeatable.") var expectations: [String] = []
    @Option(help: "End with 1 when fewer percent are exercised.") var minimum = 0

    func run() throws {
        let (session, plan) = try NetpolExpectations.plan(input, probing, expectations)
        input.report(session.oracle.model)
        let lines = Set(plan.probesOfLine.joined()).sorted().map { plan.plan.probes[$0] }
        let coverage = Coverage(session.oracle, lines)
        for item in coverage.items where input.verbose || item.uses == 0 {
            Console.output("\(item.place): \(item.uses == 0 ? "never exercised" : "exercised \(item.uses) times"): \(item.name)")
        }
        for policy in coverage.idlePolicies {
            Console.output("\(policy.place): no expectation reaches a pod that \(policy.key) selects")
        }
        let percent = coverage.items.isEmpty ? 100 : coverage.usedCount * 100 / coverage.items.count
        Console.output("\(coverage.usedCount) of \(coverage.items.count) rules, peers and ports exercised: \(percent) %")
        if percent < minimum { throw NetpolFailure(NetpolExit.failed) }
    }
}

struct NetpolMutate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mutate", _superCommandName: NetpolCommand.title,
        abstract: "Break the policies in small ways and see whether the expectations notice.",
        discussion: """
            Each mutant drops a policy, a rule, a peer or a port, or opens a selector. A mutant that changes reachability while every
            expectation still passes has survived: an expectation is missing. Mutants that change nothing do not count.
            Ends with 1 when one survived.
            """)

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Option(name: [.customShort("e"), .long], help: "The expectations file. Repeatable.") var expectations: [String] = []

    func run() throws {
        let (session, plan) = try NetpolExpectations.plan(input, probing, expectations)
        let model = session.oracle.model
        input.report(model)
        let failed = TestOutcome(plan, LabRun(session.oracle, plan.plan.probes)).failed
        if let first = failed.first {
            throw NetpolFailure(NetpolExit.badInput, "the expectations fail already: \(first.title); see 'skiff netpol test'")
        }
        let pairs = ProbePlan.everything(model, session.probeOptions, outsidePorts: model.blockPorts).probes + plan.plan.probes
        let original = LabRun(session.oracle, pairs).marks.map { $0.isAllowed }
        var killed = 0
        var survivors = 0
        for mutant in Mutation.mutants(model) {
            let outcome = Mutation.judge(
                mutant, plan, pairs: pairs, original: original, options: session.oracle.engine.options, model: model)
            switch outcome.fate {
            case .killed(let title):
                killed += 1
                if input.verbose { Console.output("killed    \(mutant.title) (\(mutant.place)) by: \(title)") }
            case .survived(let witness):
                survivors += 1
                Console.output("SURVIVED  \(mutant.title) (\(mutant.place)): \(witness)")
            case .equivalent:
                if input.verbose { Console.output("no change \(mutant.title) (\(mutant.place))") }
            }
        }
        let total = killed + survivors
        Console.output("\(killed) of \(total) mutants noticed: \(total == 0 ? 100 : killed * 100 / total) %")
        if survivors > 0 { throw NetpolFailure(NetpolExit.failed) }
    }
}

struct NetpolInit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", _superCommandName: NetpolCommand.title,
        abstract: "Write today's reachability as an expectations file, to standard output.")

    @OptionGroup var input: NetpolInputOptions
    @OptionGroup var probing: NetpolProbeOptions
    @Flag(help: "Include a host for each prefix that a policy names.") var outside = false

    func run() throws {
        var model = try input.model()
        try input.requirePods(model)
        input.report(model)
        if outside { model.outside = model.blockHosts() }
        let session = try NetpolSession(model, probing)
        let plan = ProbePlan.everything(model, session.probeOptions, outsidePorts: model.blockPorts)
        let run = try session.answer(plan.probes)
        try session.checkAgreement(run)
        Console.output(ExpectationDraft.text(run, outside: model.outside))
    }
}

/// Reports in files.
enum NetpolReports {
    /// - Parameter path: `-` is standard output.
    static func write(_ text: String, to path: String) throws {
        if path == "-" { return Console.output(text) }
        let bytes = Array((text + "\n").utf8)
        do throws(SystemError) {
            // A pipe, a terminal or what a link leads to is written to; only a file of its own is replaced.
            var status = stat()
            if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
                try FileTree.writeInPlace(path, bytes, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            } else {
                try FileTree.write(path, bytes)
            }
        } catch {
            throw NetpolFailure(NetpolExit.badInput, "\(error)")
        }
    }
}
