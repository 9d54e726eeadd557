import CLinux
import Glibc
import NFTables
import Netfilter
import PolicyLab

/// One question to the model: finds the answers with the engine, and with packets where they are wanted.
struct NetpolSession {
    let oracle: LabOracle
    var probeOptions: ProbeOptions
    private let options: NetpolProbeOptions

    init(_ model: LabModel, _ options: NetpolProbeOptions) throws {
        oracle = LabOracle(model, options: options.policyOptions)
        probeOptions = try options.resolved(model)
        self.options = options
    }

    /// Every pair of pods, or one of each kind where there are too many.
    func allPairs() -> [Probe] {
        if options.allPairs || ProbePlan.pairCount(oracle.model, probeOptions) <= ProbePlan.probesMax {
            return ProbePlan.allPairs(oracle.model, probeOptions).probes
        }
        let classes = PodClasses(oracle)
        Console.write(
            "note: \(oracle.model.networkedPods.count) pods: one pair of each of \(classes.count) kinds of pods is tried; "
                + "--all-pairs tries all\n", to: STDERR_FILENO)
        return ProbePlan.representatives(oracle, classes, probeOptions).probes
    }

    func answer(_ probes: [Probe]) throws -> LabRun {
        if options.engineOnly { return LabRun(oracle, probes) }
        return try Self.inLab { runner throws(LabError) in
            try runner.run(oracle, probes, families: probeOptions.families)
        }
    }

    /// Enters a network of its own for the rest of the program.
    static func inLab<Result>(_ body: (LabRunner) throws -> Result) throws -> Result {
        do {
            _ = try LabEntry.enter()
            guard skiff_probe_nftables() == 1 else {
                throw LabError(
                    .rules("this kernel has no nf_tables: load the module (modprobe nf_tables), or use one that has it"))
            }
            let session: KernelSession
            do throws(ApplyError) {
                session = try KernelSession()
            } catch {
                throw LabError(.rules("no access to nf_tables: \(error)"))
            }
            var commits = session
            return try body(LabRunner { transaction throws(ApplyError) in try commits.commit(transaction) })
        } catch let error as LabError {
            throw NetpolFailure(
                NetpolExit.environment,
                "\(error)\nwithout packets, the policy engine answers alone: add --engine-only")
        }
    }

    /// Ends the command when the engine and the packets disagree, for then no other result can be trusted.
    func checkAgreement(_ run: LabRun) throws {
        if !run.disputed.isEmpty { throw NetpolFailure(NetpolExit.disagreement, TextReport().disputes(run)) }
    }
}

extension TextReport {
    /// For standard output: in colour on a terminal.
    static var forOutput: TextReport {
        TextReport(hasColour: isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil)
    }
}
