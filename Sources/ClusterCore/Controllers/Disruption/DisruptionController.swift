package import API
package import ControlLoop
import JSON

/// Keeps the status of PodDisruptionBudgets: how many pods are well, and how many of them may go.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/disruption/disruption.go`.
package struct DisruptionController: Controller {
    package static let name = "disruption-controller"
    /// A granted eviction that did not come about within this time no longer counts.
    static let deletionTimeout: Duration = .seconds(120)
    static let conditionType = "DisruptionAllowed"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(PodDisruptionBudget.self),
            .onChange(Pod.self) { change, snapshot in
                snapshot.list(PodDisruptionBudget.self, namespace: change.key.namespace).filter { budget in
                    [change.old, change.new].contains { $0.map { budget.selector.matches($0.metadata.labels) } ?? false }
                }.map(\.key)
            },
            Self.scale(ReplicaSet.self, \.replicas), Self.scale(ReplicationController.self, \.replicas),
            Self.scale(Deployment.self, \.replicas), Self.scale(StatefulSet.self, \.replicas),
        ]
    }

    /// A share of the pods is a share of what their owners want.
    private static func scale<Owner: APIObject>(
        _ type: Owner.Type, _ replicas: @escaping @Sendable (Owner) -> Int
    ) -> Trigger<NamespacedName> {
        .onChange(type) { change, snapshot in
            guard change.old.map(replicas) != change.new.map(replicas) else { return [] }
            return snapshot.list(PodDisruptionBudget.self, namespace: change.key.namespace).map(\.key)
        }
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let budget = snapshot.get(PodDisruptionBudget.self, key), !budget.metadata.isBeingDeleted else {
            return .settled
        }
        let pods = snapshot.list(Pod.self, namespace: key.namespace).filter { budget.selector.matches($0.metadata.labels) }
        var plan = Plan()
        guard let expected = expectation(of: budget, pods, snapshot) else {
            let stray = pods.first {
                $0.metadata.controller.map { scale(of: $0, $0.uid, in: key.namespace, snapshot) == nil } ?? false
            }
            fail(budget, "found no controllers for pod \"\(stray?.metadata.name ?? "")\"", snapshot.now, &plan)
            return plan
        }
        var status = PodDisruptionBudget.Status()
        status.observedGeneration = budget.metadata.generation
        status.expectedPods = expected.pods
        status.desiredHealthy = expected.healthy
        for pod in pods where !pod.metadata.isBeingDeleted {
            guard let since = budget.status.disruptedPods[pod.metadata.name] else { continue }
            let left = since.adding(Self.deletionTimeout).duration(since: snapshot.now)
            guard left >= .zero else { continue }
            status.disruptedPods[pod.metadata.name] = since
            plan.lookAgain(after: left + .milliseconds(10))
        }
        status.currentHealthy = pods.count { pod in
            !pod.metadata.isBeingDeleted && status.disruptedPods[pod.metadata.name] == nil && pod.isReady
        }
        let spare = status.currentHealthy - status.desiredHealthy
        status.disruptionsAllowed = expected.pods > 0 ? max(0, spare) : 0
        write(budget, status, snapshot.now, &plan)
        return plan
    }

    // MARK: What is expected

    /// Nil when a pod's owner is of a kind whose scale nobody knows.
    private func expectation(
        of budget: PodDisruptionBudget, _ pods: [Pod], _ snapshot: Snapshot
    ) -> (pods: Int, healthy: Int)? {
        if let most = budget.maxUnavailable {
            guard let count = ownersScale(of: pods, snapshot) else { return nil }
            return (count, max(0, count - (most.scaled(of: count, roundingUp: true) ?? 0)))
        }
        switch budget.minAvailable {
        case .int(let number): return (pods.count, number)
        case .string:
            guard let count = ownersScale(of: pods, snapshot) else { return nil }
            return (count, budget.minAvailable?.scaled(of: count, roundingUp: true) ?? 0)
        case nil: return (0, 0)
        }
    }

    /// The sum over every owner of the pods, each once.
    private func ownersScale(of pods: [Pod], _ snapshot: Snapshot) -> Int? {
        var scales: [String: Int] = [:]
        for pod in pods {
            guard let owner = pod.metadata.controller, scales[owner.uid] == nil else { continue }
            guard let found = scale(of: owner, owner.uid, in: pod.metadata.namespace, snapshot) else { return nil }
            scales[found.uid] = found.replicas
            scales[owner.uid] = scales[owner.uid] ?? 0
        }
        return scales.values.reduce(0, +)
    }

    /// A ReplicaSet of a Deployment counts as the Deployment.
    private func scale(
        of owner: OwnerReference, _ uid: String, in namespace: String, _ snapshot: Snapshot
    ) -> (uid: String, replicas: Int)? {
        let key = NamespacedName(namespace: namespace, name: owner.name)
        let group = GroupVersionKind(apiVersion: owner.apiVersion, kind: owner.kind).group
        switch (group, owner.kind) {
        case ("", ReplicationController.kind):
            guard let found = snapshot.get(ReplicationController.self, key), found.metadata.uid == uid else { return nil }
            return (uid, found.replicas)
        case ("apps", StatefulSet.kind):
            guard let found = snapshot.get(StatefulSet.self, key), found.metadata.uid == uid else { return nil }
            return (uid, found.replicas)
        case ("apps", ReplicaSet.kind):
            guard let found = snapshot.get(ReplicaSet.self, key), found.metadata.uid == uid else { return nil }
            guard let above = found.metadata.controller, above.kind == Deployment.kind else { return (uid, found.replicas) }
            let parent = snapshot.get(Deployment.self, NamespacedName(namespace: namespace, name: above.name))
            guard let parent, parent.metadata.uid == above.uid else { return nil }
            return (above.uid, parent.replicas)
        default: return nil
        }
    }

    // MARK: Writes

    private func write(
        _ budget: PodDisruptionBudget, _ status: PodDisruptionBudget.Status, _ now: Timestamp, _ plan: inout Plan
    ) {
        let isAllowed = status.disruptionsAllowed > 0
        let conditions = condition(
            budget, isTrue: isAllowed, reason: isAllowed ? "SufficientPods" : "InsufficientPods", message: "",
            generation: status.observedGeneration, now)
        guard status != budget.status || conditions != budget.conditions else { return }
        var disrupted = JSONValue(status.disruptedPods.mapValues(\.description))
        for name in budget.status.disruptedPods.keys where status.disruptedPods[name] == nil { disrupted[name] = .null }
        let body: JSONValue = [
            "observedGeneration": .int(status.observedGeneration), "currentHealthy": .int(Int64(status.currentHealthy)),
            "desiredHealthy": .int(Int64(status.desiredHealthy)), "expectedPods": .int(Int64(status.expectedPods)),
            "disruptionsAllowed": .int(Int64(status.disruptionsAllowed)), "disruptedPods": disrupted,
            "conditions": .array(conditions),
        ]
        plan.add(merge(budget, body))
    }

    /// When nothing is known, nothing may go.
    private func fail(_ budget: PodDisruptionBudget, _ message: String, _ now: Timestamp, _ plan: inout Plan) {
        let conditions = condition(
            budget, isTrue: false, reason: "SyncFailed", message: message, generation: budget.status.observedGeneration, now)
        guard budget.status.disruptionsAllowed != 0 || conditions != budget.conditions else { return }
        plan.add(merge(budget, ["disruptionsAllowed": 0, "conditions": .array(conditions)]))
    }

    private func merge(_ budget: PodDisruptionBudget, _ status: JSONValue) -> Write {
        .merge(
            PodDisruptionBudget.resource, budget.key, ["status": status], subresource: "status",
            revision: budget.metadata.resourceVersion, tolerates: .notFound)
    }

    private func condition(
        _ budget: PodDisruptionBudget, isTrue: Bool, reason: String, message: String, generation: Int64, _ now: Timestamp
    ) -> [JSONValue] {
        let status = isTrue ? "True" : "False"
        let old = budget.conditions.first { $0["type"]?.string == Self.conditionType }
        let isSame = old?["status"]?.string == status
        let time = isSame ? old?["lastTransitionTime"] ?? .string(now.description) : .string(now.description)
        let new: JSONValue = [
            "type": .string(Self.conditionType), "status": .string(status), "observedGeneration": .int(generation),
            "lastTransitionTime": time, "reason": .string(reason), "message": .string(message),
        ]
        return budget.conditions.filter { $0["type"]?.string != Self.conditionType } + [new]
    }
}
