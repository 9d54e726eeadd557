import API
import APIClient
import JSON
import Lab
import NetworkTypes
import NodeNetwork

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
            deadline: .now + timeout)
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
            results.append(skip("DNS", "there is no Service kube-dns in kube-system", isRequired: requiresDNS))
        }
        return results + (try await policy(stage, scene, near))
    }

    private func skip(_ claim: String, _ reason: String, isRequired: Bool = false) -> ConnectivityResult {
        let result = ConnectivityResult(claim: claim, outcome: isRequired ? .failed(reason) : .skipped(reason))
        console.line("  " + result.line(console))
        return result
    }

    private func policy(
        _ stage: ConnectivityStage, _ scene: ConnectivityScene, _ near: String
    ) async throws -> [ConnectivityResult] {
        let checks = ConnectivityPlan.policy(scene.far ?? scene.near)
        try await stage.create(stage.manifests.networkPolicy())
        async let denied = clients(stage, "denied", near, labels: ["role": "denied"], isQuiet: true) { _ in checks.denied }
        async let allowed = clients(stage, "allowed", near, labels: ["role": "allowed"], isQuiet: true) { _ in checks.allowed }
        let (kept, letIn) = try await (denied, allowed)
        if kept.allSatisfy(\.isFailed), !requiresPolicy {
            return [skip("policies", "nothing in this cluster enforces NetworkPolicies")]
        }
        for result in kept + letIn { console.line("  " + result.line(console)) }
        return kept + letIn
    }

    /// Runs a client that makes the checks, and judges what it says.
    ///
    /// - Parameter checks: Given the client's own addresses, which are known only when it runs: none before that.
    private func clients(
        _ stage: ConnectivityStage, _ name: String, _ node: String, labels: [String: String], hostNetwork: Bool = false,
        isQuiet: Bool = false, _ checks: @Sendable ([IPAddress]) -> [ConnectivityCheck]
    ) async throws -> [ConnectivityResult] {
        let said = try await stage.runClient(
            name, node: node, labels: labels, script: Self.script(checks([])), hostNetwork: hostNetwork)
        let answers = said.lines.compactMap { ConnectivityCheck.parse($0) }
        let results = checks(said.addresses).map { check in
            let found = answers.first { $0.id == check.id }
            let outcome = found.map { check.judge(status: $0.status, output: $0.output) }
            return ConnectivityResult(claim: check.claim, outcome: outcome ?? .failed("the client said nothing"))
        }
        if !isQuiet { for result in results { console.line("  " + result.line(console)) } }
        return results
    }

    /// All checks at once, but datagrams one after the other: busybox's `traceroute` takes a neighbour's answer for its own.
    private static func script(_ checks: [ConnectivityCheck]) -> String {
        let together = checks.filter { !$0.isDatagram }.map { "\($0.shell) &\n" }
        let inTurn = checks.filter(\.isDatagram).map { "\($0.shell)\n" }
        return ConnectivityCheck.prelude + together.joined() + "{\n:\n" + inTurn.joined() + "} &\nwait\n"
    }
}
