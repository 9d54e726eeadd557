import API
import ArgumentParser
import Glibc
import JSON
import Lab
import NFTables
import NetworkTypes
import Proxy

/// Walks from a pod or an address to a Service or an address: objects, policies, rules, tracked connections.
struct ExplainConnection: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connection",
        abstract: "Walk from a pod or an address to a Service or an address, step by step.",
        discussion: "Ends with 0 when an endpoint may answer, 1 when none does, 2 when that cannot be told.")

    @OptionGroup var question: ExplainQuestionOptions
    @Option(name: .shortAndLong, help: "text or json.") var output = OutputFormat.text

    private var source: ExplainSource { question.source }

    func run() async throws {
        try await Refusal.reported {
            let objects = try await source.withListWatch { try await ExplainObjects.load($0) }
            let explanation = try await explain(objects)
            Console.output(output == .json ? JSONWriter.text(explanation.json) : explanation.text)
            if explanation.exitStatus != 0 { throw ExitCode(explanation.exitStatus) }
        }
    }

    func explain(_ objects: ExplainObjects) async throws -> Explanation {
        let asked = question
        let (resolved, known) = asked.resolve(objects.cluster)
        guard let question = resolved else { return Explanation("\(asked.from) -> \(asked.to)", known, reachable: "") }
        var findings = known
        var candidates = directCandidates(question, objects.cluster)
        if let traffic = TrafficFindings(question, objects.cluster) {
            findings += traffic.findings
            candidates = traffic.candidates
        }
        findings += PolicyFindings(objects: objects.policyObjects).findings(question, candidates)
        let rules = try await rules(for: question, objects.cluster)
        if let ejected = EjectionFinding.finding(question, &candidates, rules) { findings.append(ejected) }
        findings += RulesFinding.findings(question, candidates, rules)
        if let flows = FlowsFinding.finding(question, candidates, rules) { findings.append(flows) }
        findings += await listeners(question, candidates)
        let names = candidates.prefix(4).map(\.text).joined(separator: ", or ")
        let rest = candidates.count > 4 ? ", or one of \(candidates.count - 4) more" : ""
        return Explanation(question.text, findings, reachable: "\(names)\(rest) may answer")
    }

    /// An address that is no Service's answers for itself.
    private func directCandidates(_ question: ConnectionQuestion, _ objects: ClusterObjects) -> [Candidate] {
        let pod = objects.pod(at: question.address)
        return [
            Candidate(
                backend: Backend(question.address, question.port), pod: pod?.key,
                nodeName: pod?.spec.nodeName ?? objects.node(at: question.address)?.metadata.name)
        ]
    }

    // MARK: Rules

    private func rules(for question: ConnectionQuestion, _ objects: ClusterObjects) async throws -> NodeRuleset {
        let name = question.nodeName ?? "this node"
        let reason: String
        do {
            let reader = try source.reader(for: question)
            return try await BlockingWork.run { try reader.read(question) }
        } catch let refusal as ExplainSource.NoKernel {
            reason = refusal.reason
        } catch {
            guard source.rules == .auto else { throw error }
            reason = "the kernel of \(name) cannot be read (\(error)); run it as root"
        }
        return model(question, objects, name, reason)
    }

    private func model(
        _ question: ConnectionQuestion, _ objects: ClusterObjects, _ name: String, _ reason: String
    ) -> NodeRuleset {
        let node = objects.node(name)
        let configuration = source.configuration(of: node, named: name)
        var tracker = ServiceChangeTracker()
        tracker.servicesListed(Array(objects.services.values))
        tracker.slicesListed(objects.slices)
        var model = ProxyModel(family: question.family, configuration: configuration)
        _ = model.update(tracker.takeChanges())
        return NodeRuleset(
            nodeName: name, origin: .model(reason), ruleset: Ruleset([model.desired()]),
            localAddresses: Set(configuration.nodeAddresses))
    }

    /// What listens in pods that run on this machine.
    private func listeners(_ question: ConnectionQuestion, _ candidates: [Candidate]) async -> [Finding] {
        guard source.rules != .model, geteuid() == 0 else { return [] }
        var found: [Finding] = []
        for candidate in candidates.prefix(Self.listenersMax) {
            let listeners = try? await BlockingWork.run {
                PodSockets.listeners(at: candidate.backend.address, question.transport)
            }
            if let listeners = listeners.flatMap(\.self) { found.append(listeners.finding(candidate)) }
        }
        let silent = found.filter { $0.verdict == .blocks }
        guard !silent.isEmpty, silent.count < candidates.count else {
            return Array(silent.prefix(1)) + Array(found.filter { $0.verdict == .passes }.prefix(1))
        }
        // Others answer: worth knowing only.
        return silent.prefix(3).map { finding in
            var finding = finding
            finding.verdict = .note
            return finding
        }
    }

    private static let listenersMax = 8
}
