import API
import ControlLoop
import JSON

extension Rollout {
    /// Every wanted pod is of the present template, available, and nothing else is left.
    ///
    /// Upstream: `DeploymentComplete`.
    var isComplete: Bool { Self.isComplete(deployment, counts(deployment.status)) }

    private static func isComplete(_ deployment: Deployment, _ status: Deployment.Status) -> Bool {
        status.updatedReplicas == deployment.replicas && status.replicas == deployment.replicas
            && status.availableReplicas == deployment.replicas && status.observedGeneration >= deployment.metadata.generation
    }

    /// Adds the status to the plan if it changed, and asks to look again at the progress deadline.
    mutating func addStatus() {
        var status = counts(deployment.status)
        status.collisionCount = collisionCount
        setAvailable(&status)
        setProgressing(&status)
        guard status != deployment.status else { return }
        plan.add(
            .merge(
                Deployment.resource, deployment.key, ["status": status.json], subresource: "status",
                revision: isWritingDeployment ? nil : deployment.metadata.resourceVersion, tolerates: .notFound))
    }

    /// The revision changes by this plan's own write before the status is written.
    private var isWritingDeployment: Bool {
        plan.writes.contains { $0.isPatch(of: deployment.key, Deployment.resource) }
    }

    private func counts(_ old: Deployment.Status) -> Deployment.Status {
        var status = old
        let total = allSets.reduce(0) { $0 + $1.status.replicas }
        let available = allSets.reduce(0) { $0 + $1.status.availableReplicas }
        status.observedGeneration = deployment.metadata.generation
        status.replicas = total
        status.updatedReplicas = newSet?.status.replicas ?? 0
        status.readyReplicas = allSets.reduce(0) { $0 + $1.status.readyReplicas }
        status.availableReplicas = available
        status.unavailableReplicas = max(0, size(allSets) - available)
        let terminating = allSets.map(\.status.terminatingReplicas)
        status.terminatingReplicas = terminating.contains(nil) ? nil : terminating.reduce(0) { $0 + ($1 ?? 0) }
        return status
    }

    private func setAvailable(_ status: inout Deployment.Status) {
        let isAvailable = status.availableReplicas >= deployment.replicas - maxUnavailable
        set(
            Condition(
                type: "Available", status: isAvailable ? "True" : "False",
                reason: isAvailable ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
                message: isAvailable ? "Deployment has minimum availability." : "Deployment does not have minimum availability."),
            &status)
    }

    private mutating func setProgressing(_ status: inout Deployment.Status) {
        guard let deadline = deployment.progressDeadlineSeconds, deadline != Int(Int32.max) else {
            status.conditions.removeAll { $0.type == "Progressing" }
            return
        }
        let current = deployment.status.conditions["Progressing"]
        let subject =
            (createdSet ?? newSet?.metadata.name).map { "ReplicaSet \"\($0)\"" }
            ?? "Deployment \"\(deployment.metadata.name)\""
        func progressing(_ value: String, _ reason: String, _ message: String) -> Condition {
            Condition(type: "Progressing", status: value, reason: reason, message: message)
        }
        if deployment.paused {
            if current?.reason != "DeploymentPaused" {
                set(progressing("Unknown", "DeploymentPaused", "Deployment is paused"), &status)
            }
            return
        }
        if current?.reason == "DeploymentPaused" {
            set(progressing("Unknown", "DeploymentResumed", "Deployment is resumed"), &status)
            return
        }
        if createdSet != nil {
            set(progressing("True", "NewReplicaSetCreated", "Created new replica set \"\(createdSet ?? "")\""), &status)
            return
        }
        let isDone = status.replicas == status.updatedReplicas && current?.reason == "NewReplicaSetAvailable"
        if isDone { return }
        if Self.isComplete(deployment, status) {
            set(progressing("True", "NewReplicaSetAvailable", "\(subject) has successfully progressed."), &status)
        } else if hasProgressed(status) || current == nil {
            // A new time of update starts the deadline over.
            status.conditions.removeAll { $0.type == "Progressing" }
            let since = current?.status == "True" ? current?.lastTransitionTime : snapshot.now
            var condition = progressing("True", "ReplicaSetUpdated", "\(subject) is progressing.")
            condition.lastTransitionTime = since
            condition.lastUpdateTime = snapshot.now
            status.conditions.append(condition)
            plan.lookAgain(after: .seconds(deadline))
        } else if let current, current.reason != "ProgressDeadlineExceeded" {
            let left = (current.lastUpdateTime ?? snapshot.now).adding(.seconds(deadline)).duration(since: snapshot.now)
            if left < .zero {
                set(progressing("False", "ProgressDeadlineExceeded", "\(subject) has timed out progressing."), &status)
            } else {
                plan.lookAgain(after: left + .seconds(1))
            }
        }
    }

    /// Upstream: `DeploymentProgressing`.
    private func hasProgressed(_ new: Deployment.Status) -> Bool {
        let old = deployment.status
        return new.updatedReplicas > old.updatedReplicas
            || new.replicas - new.updatedReplicas < old.replicas - old.updatedReplicas
            || new.readyReplicas > old.readyReplicas || new.availableReplicas > old.availableReplicas
    }

    /// Keeps the time of transition while the status stays, and everything while the reason stays too.
    private func set(_ condition: Condition, _ status: inout Deployment.Status) {
        var condition = condition
        let old = status.conditions[condition.type]
        if let old, old.status == condition.status, old.reason == condition.reason { return }
        condition.lastUpdateTime = snapshot.now
        condition.lastTransitionTime = old?.status == condition.status ? old?.lastTransitionTime : snapshot.now
        status.conditions.removeAll { $0.type == condition.type }
        status.conditions.append(condition)
    }
}
