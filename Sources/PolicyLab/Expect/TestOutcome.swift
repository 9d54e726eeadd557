/// What became of every expectation in a run.
package struct TestOutcome: Sendable {
    /// One line of the expectations file, or one pair of workloads that only `default` speaks of.
    package struct Case: Sendable {
        package var title: String
        package var because: String
        package var expected: Expectations.Verdict
        package var place: SourcePlace
        /// Positions of its probes in the run.
        package var probes: [Int]
        /// Those with another verdict than expected.
        package var failures: [Int]

        package var passed: Bool { failures.isEmpty }
    }

    package let run: LabRun
    package let cases: [Case]

    /// - Parameter run: The answers to `plan.plan.probes`, in order.
    package init(_ plan: ExpectationPlan, _ run: LabRun) {
        self.run = run
        let expectations = plan.expectations
        var cases: [Case] = []
        for (line, probes) in zip(expectations.lines, plan.probesOfLine) {
            cases.append(
                Self.judge(line.title, line.because, line.verdict, line.place, probes, run))
        }
        if let otherwise = expectations.otherwise {
            cases += Self.others(plan, otherwise, run)
        }
        self.cases = cases
    }

    package var failed: [Case] { cases.filter { !$0.passed } }
    package var passedCount: Int { cases.count { $0.passed } }

    private static func judge(
        _ title: String, _ because: String, _ expected: Expectations.Verdict, _ place: SourcePlace, _ probes: [Int], _ run: LabRun
    ) -> Case {
        Case(
            title: title, because: because, expected: expected, place: place, probes: probes,
            failures: probes.filter { run.marks[$0].isAllowed != (expected == .allow) })
    }

    /// One case a failing pair of workloads, and one for all pairs that are as expected.
    private static func others(_ plan: ExpectationPlan, _ expected: Expectations.Verdict, _ run: LabRun) -> [Case] {
        struct Pair: Hashable { var source, destination: LabPod.Workload }
        let pods = run.oracle.model.pods
        var failing: [Pair: [Int]] = [:]
        var fine: [Int] = []
        for index in plan.otherProbes {
            guard run.marks[index].isAllowed != (expected == .allow), case .pod(let source) = run.probes[index].source,
                case .pod(let destination) = run.probes[index].destination
            else {
                fine.append(index)
                continue
            }
            failing[Pair(source: pods[source].workload, destination: pods[destination].workload), default: []].append(index)
        }
        let place = plan.expectations.place
        let title = "default \(expected.rawValue)"
        var cases = failing.sorted { ($0.key.source, $0.key.destination) < ($1.key.source, $1.key.destination) }.map {
            pair, indices in
            judge("\(title): \(pair.source) -> \(pair.destination)", "", expected, place, indices, run)
        }
        if !fine.isEmpty {
            cases.append(judge("\(title): every other connection (\(fine.count))", "", expected, place, fine, run))
        }
        return cases
    }
}

/// How a command ends, for scripts.
package enum NetpolExit {
    package static let ok: Int32 = 0
    /// An expectation failed, something changed, a mutant survived, or lint found something.
    package static let failed: Int32 = 1
    /// The input cannot be read, or a server would refuse it; also wrong arguments.
    package static let badInput: Int32 = 2
    /// The engine and the packets disagree: a defect of this program.
    package static let disagreement: Int32 = 3
    /// This machine cannot send packets through rules.
    package static let environment: Int32 = 4

    package static let table = """
        Exit status:
          0  all is well
          1  an expectation failed (diff: something changed; lint: a warning;
             mutate: a survivor; cover: below --minimum)
          2  the input or the arguments are wrong
          3  engine and packets disagree: a defect of this program
          4  this machine cannot enforce policies: the message says what is
             missing, and --engine-only answers without packets
        """
}
