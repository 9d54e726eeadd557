package import API
package import ControlLoop
import JSON

/// Notices nodes whose kubelet went silent: conditions, taints, and pods that no longer count as ready.
///
/// Silence is measured against this machine's clock, so the clocks of nodes must agree within a few seconds. It is counted
/// from the controller's own start at the earliest: after a pause of the control plane every lease looks old.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/nodelifecycle/node_lifecycle_controller.go`.
package struct NodeLifecycleController: Controller {
    package static let name = "node-lifecycle-controller"
    static let leaseNamespace = "kube-node-lease"
    static let notReady = "node.kubernetes.io/not-ready"
    static let unreachable = "node.kubernetes.io/unreachable"

    private let startedAt: Timestamp
    private let grace: Duration

    package init(startedAt: Timestamp, grace: Duration = .seconds(40)) {
        self.startedAt = startedAt
        self.grace = grace
    }

    package var triggers: [Trigger<NamespacedName>] {
        [
            // One node's fate depends on whether any other is alive.
            .onChange(Node.self) { change, snapshot in
                change.old?.isReady == change.new?.isReady ? [change.key] : snapshot.list(Node.self).map(\.key)
            },
            .onChange(Lease.self, scope: ListScope(namespace: Self.leaseNamespace)) { change, snapshot in
                let key = NamespacedName(name: change.key.name)
                // A node that is well is looked at again by its own timer; renewals need not wake anything.
                let condition = snapshot.get(Node.self, key)?.conditions["Ready"]
                return condition?.status == "Unknown" || change.isAddition ? [key] : []
            },
            .on(Pod.self, indexes: [.nodeName]) { $0.spec.nodeName.isEmpty ? [] : [NamespacedName(name: $0.spec.nodeName)] },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let node = snapshot.get(Node.self, key), !node.metadata.isBeingDeleted else { return .settled }
        var plan = Plan()
        let silentSince = lastSign(of: node, snapshot)
        let deadline = silentSince.adding(grace)
        var ready = node.conditions["Ready"]
        if snapshot.now > deadline {
            if ready?.status != "Unknown" {
                ready = markUnknown(node, snapshot.now, &plan)
            }
        } else {
            plan.lookAgain(after: deadline.duration(since: snapshot.now) + .milliseconds(100))
        }
        taint(node, readyStatus: ready?.status ?? "Unknown", snapshot, &plan)
        if ready?.status == "Unknown" { markPodsNotReady(on: node, snapshot, &plan) }
        return plan
    }

    private func lastSign(of node: Node, _ snapshot: Snapshot) -> Timestamp {
        let lease = snapshot.get(Lease.self, NamespacedName(namespace: Self.leaseNamespace, name: node.metadata.name))
        let signs = [
            startedAt, lease?.renewTime, node.conditions["Ready"].flatMap { $0.status == "Unknown" ? nil : $0.lastHeartbeatTime },
            node.metadata.creationTimestamp,
        ]
        return signs.compactMap { $0 }.max() ?? startedAt
    }

    private func markUnknown(_ node: Node, _ now: Timestamp, _ plan: inout Plan) -> Condition {
        var conditions = node.conditions
        for type in ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"] {
            let index = conditions.firstIndex { $0.type == type }
            let old = index.map { conditions[$0] }
            guard old?.status != "Unknown" else { continue }
            let new = Condition(
                type: type, status: "Unknown", reason: old == nil ? "NodeStatusNeverUpdated" : "NodeStatusUnknown",
                message: old == nil ? "Kubelet never posted node status." : "Kubelet stopped posting node status.",
                lastTransitionTime: now, lastHeartbeatTime: old?.lastHeartbeatTime ?? node.metadata.creationTimestamp)
            if let index { conditions[index] = new } else { conditions.append(new) }
        }
        plan.add(
            .merge(
                Node.resource, node.key, ["status": ["conditions": .array(conditions.map(\.json))]], subresource: "status",
                revision: node.metadata.resourceVersion, tolerates: .notFound))
        plan.notices.append(
            Plan.Notice(
                ObjectReference(to: node), reason: "NodeNotReady",
                message: "Node \(node.metadata.name) status is now: NodeNotReady"))
        guard let ready = conditions["Ready"] else { preconditionFailure("Ready was just set") }
        return ready
    }

    private func taint(_ node: Node, readyStatus: String, _ snapshot: Snapshot, _ plan: inout Plan) {
        var wanted: [Taint] = []
        switch readyStatus {
        case "True": break
        case "False": wanted += both(Self.notReady, node, snapshot)
        default: wanted += both(Self.unreachable, node, snapshot)
        }
        let pressures = [
            ("MemoryPressure", "memory-pressure"), ("DiskPressure", "disk-pressure"), ("PIDPressure", "pid-pressure"),
            ("NetworkUnavailable", "network-unavailable"),
        ]
        for (condition, key) in pressures where node.conditions[condition]?.isTrue == true {
            wanted.append(Taint(key: "node.kubernetes.io/\(key)", effect: "NoSchedule"))
        }
        if node.unschedulable { wanted.append(Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")) }
        let ours = Set(
            [Self.notReady, Self.unreachable, "node.kubernetes.io/unschedulable"] + pressures.map { "node.kubernetes.io/\($0.1)" }
        )
        var result = node.taints.filter { taint in
            !ours.contains(taint.key) || wanted.contains { $0.key == taint.key && $0.effect == taint.effect }
        }
        for taint in wanted where !result.contains(where: { $0.key == taint.key && $0.effect == taint.effect }) {
            var taint = taint
            taint.timeAdded = snapshot.now
            result.append(taint)
        }
        guard result != node.taints else { return }
        // The status write before this one has changed the revision; the conflict check is then the executor's retry.
        plan.add(
            .merge(
                Node.resource, node.key, ["spec": ["taints": result.isEmpty ? .null : .array(result.map(\.json))]],
                revision: plan.isSettled ? node.metadata.resourceVersion : nil, tolerates: .notFound))
    }

    /// When no node at all is well, the fault is likely here: then nothing is driven away.
    private func both(_ key: String, _ node: Node, _ snapshot: Snapshot) -> [Taint] {
        var taints = [Taint(key: key, effect: "NoSchedule")]
        let someoneIsWell = snapshot.list(Node.self).contains { $0.isReady && $0.key != node.key }
        let wasSet = node.taints.contains { $0.key == key && $0.effect == "NoExecute" }
        if someoneIsWell || wasSet { taints.append(Taint(key: key, effect: "NoExecute")) }
        return taints
    }

    private func markPodsNotReady(on node: Node, _ snapshot: Snapshot, _ plan: inout Plan) {
        for pod in snapshot.list(Pod.self, by: .nodeName, node.metadata.name) where pod.isReady {
            let conditions = pod.status.conditions.map { condition in
                guard condition.type == "Ready" else { return condition }
                var condition = condition
                condition.status = "False"
                condition.lastTransitionTime = snapshot.now
                return condition
            }
            plan.add(
                .merge(
                    Pod.resource, pod.key, ["status": ["conditions": .array(conditions.map(\.json))]], subresource: "status",
                    revision: pod.metadata.resourceVersion, tolerates: .notFound))
            plan.notices.append(
                Plan.Notice(ObjectReference(to: pod), type: "Warning", reason: "NodeNotReady", message: "Node is not ready"))
        }
    }
}
