package import API
package import ControlLoop
import JSON

/// Replaces the pods of a Deployment, template by template, through ReplicaSets.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/deployment/deployment_controller.go`, `rolling.go`, `recreate.go`, `sync.go`.
package struct DeploymentController: Controller {
    package static let name = "deployment-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Deployment.self),
            .owner(of: ReplicaSet.self, Deployment.self, indexes: [.controllerUID]),
            .onChange(ReplicaSet.self) { change, snapshot in
                guard let set = change.new, set.metadata.controller == nil, !set.metadata.labels.isEmpty else { return [] }
                return snapshot.list(Deployment.self, namespace: set.metadata.namespace)
                    .filter { $0.selector.matches(set.metadata.labels) }.map(\.key)
            },
            .onChange(Pod.self, indexes: [.controllerUID]) { change, snapshot in
                // Recreate waits for the last old pod to be gone.
                guard change.isDeletion || change.object.isFinished, let owner = change.object.metadata.controller,
                    owner.kind == ReplicaSet.kind
                else { return [] }
                let name = NamespacedName(namespace: change.key.namespace, name: owner.name)
                guard let deployment = snapshot.get(ReplicaSet.self, name)?.metadata.controller else { return [] }
                return [NamespacedName(namespace: change.key.namespace, name: deployment.name)]
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let deployment = snapshot.get(Deployment.self, key) else { return .settled }
        var rollout = Rollout(deployment, snapshot)
        if deployment.selector.isEverything {
            rollout.plan.notices.append(
                Plan.Notice(
                    ObjectReference(to: deployment), type: "Warning", reason: "SelectingAll",
                    message: "This deployment is selecting all pods. A non-empty selector is required."))
            return rollout.plan
        }
        if deployment.metadata.isBeingDeleted {
            rollout.addStatus()
            return rollout.plan
        }
        rollout.adopt()
        if deployment.paused {
            rollout.scaleProportionally()
            rollout.trimHistory()
            rollout.addStatus()
            return rollout.plan
        }
        if rollout.isScalingEvent {
            rollout.scaleProportionally()
            rollout.addStatus()
            return rollout.plan
        }
        if deployment.strategy == "Recreate" { rollout.recreate() } else { rollout.roll() }
        return rollout.plan
    }
}
