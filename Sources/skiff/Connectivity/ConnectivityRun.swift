import API
import APIClient
import JSON
import Lab
import NetworkTypes
import NodeNetwork
import Synchronization

/// Sets the scene, has the clients probe, tells what came of it, and clears away.
struct ConnectivityRun: Sendable {
    let client: APIClient
    let console: Console
    let image: String
    let requiresDNS: Bool
    let requiresPolicy: Bool
    let timeout: Duration

    /// Removes the namespace whatever happens: an interruption cancels the probes only.
    func run() async throws -> [ConnectivityResult] {
        let namespace = "skiff-connectivity-\(String(UInt32.random(in: .min ... .max), radix: 16))"
        let stage = ConnectivityStage(
            client: client, manifests: ConnectivityManifests(namespace: namespace, image: image),
            deadline: .now + timeout, progress: console.step)
        do {
            let results = try await Interruption.watch { try await probe(stage) }
            await cleanUp(stage)
            return results
        } catch {
            await cleanUp(stage)
            throw error
        }
    }

    private func cleanUp(_ stage: ConnectivityStage) async {
        let left = await stage.remove()
        console.step(left ? "namespace \(stage.manifests.namespace) is being removed by the cluster" : "cleared away")
    }

    private func probe(_ stage: ConnectivityStage) async throws -> [ConnectivityResult] {
        let (near, far) = try await stage.chooseNodes()
        try await stage.begin()
        console.step("servers on \(near)\(far.map { " and \($0)" } ?? "; the cluster has no other ready node")")
        let scene = try await stage.setScene(near: near, far: far)
        console.step("they are ready; clients begin")
        var results: [ConnectivityResult] = []
        try await withThrowingTaskGroup(of: [ConnectivityResult].self) { group in
            group.addTask {
                try await clients(stage, "client", near, labels: [:]) { ConnectivityPlan.fromPod(scene, client: $0) }
            }
            group.addTask {
                try await clients(stage, "client-host", near, labels: [:], hostNetwork: true) { _ in
                    ConnectivityPlan.fromNode(scene)
                }
            }
            for try await part in group { results += part }
        }
        if far == nil { results.append(skip("pod to pod on another node", "the cluster has one ready node")) }
        if !scene.hasDNS {
            results.append(
                skip(
                    "DNS", "there is no Service kube-dns in kube-system", isRequired: requiresDNS,
                    remedy: "install a name server: skiff dns, or CoreDNS"))
        }
        return results + (try await policy(stage, scene, near))
    }

    private func skip(_ claim: String, _ reason: String, isRequired: Bool = false, remedy: String = "") -> ConnectivityResult {
        let outcome: ConnectivityCheck.Outcome = isRequired ? .failed(reason) : .skipped(reason)
        return show(ConnectivityResult(claim: claim, outcome: outcome, remedy: remedy))
    }

    @discardableResult
    private func show(_ result: ConnectivityResult) -> ConnectivityResult {
        console.line("  " + result.line(console))
        return result
    }

    /// Whether somebody enforces policies is known only when all clients have spoken.
    private func policy(
        _ stage: ConnectivityStage, _ scene: ConnectivityScene, _ near: String
    ) async throws -> [ConnectivityResult] {
        let checks = ConnectivityPlan.policy(scene)
        try await stage.create(stage.manifests.networkPolicy())
        async let denied = clients(stage, "denied", near, labels: ["role": "denied"], isQuiet: true) { _ in checks.denied }
        async let allowed = clients(stage, "allowed", near, labels: ["role": "allowed"], isQuiet: true) { _ in checks.allowed }
        let (kept, letIn) = try await (denied, allowed)
        if kept.allSatisfy(\.isFailed), !requiresPolicy {
            return [skip("policies", "nothing in this cluster enforces NetworkPolicies")]
        }
        for result in kept + letIn { show(result) }
        return kept + letIn
    }

    /// Runs a client that makes the checks, judges what it says, and shows it at once.
    ///
    /// - Parameter checks: Given the client's own addresses, which are known only when it runs: none before that.
    private func clients(
        _ stage: ConnectivityStage, _ name: String, _ node: String, labels: [String: String], hostNetwork: Bool = false,
        isQuiet: Bool = false, _ checks: @escaping @Sendable ([IPAddress]) -> [ConnectivityCheck]
    ) async throws -> [ConnectivityResult] {
        let known = Mutex<[String: ConnectivityResult]>([:])
        let script = ConnectivityCheck.script(checks([]))
        try await stage.runClient(name, node: node, labels: labels, script: script, hostNetwork: hostNetwork) { line, own in
            guard let answer = ConnectivityCheck.parse(line), let check = checks(own).first(where: { $0.id == answer.id })
            else { return }
            let outcome = check.judge(status: answer.status, output: answer.output)
            let result = ConnectivityResult(claim: check.claim, outcome: outcome, remedy: check.remedy)
            let isNew = known.withLock { $0.updateValue(result, forKey: check.id) == nil }
            if isNew, !isQuiet { show(result) }
        }
        return checks([]).map { check in
            known.withLock { $0[check.id] }
                ?? show(
                    ConnectivityResult(
                        claim: check.claim, outcome: .failed("the client said nothing"),
                        remedy: "kubectl describe node \(node): does it have memory and processes to spare?"))
        }
    }
}
