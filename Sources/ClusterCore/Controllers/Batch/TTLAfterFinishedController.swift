package import API
package import ControlLoop

/// Deletes finished Jobs when the time is over that they ask to be kept.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/ttlafterfinished/ttlafterfinished_controller.go`.
package struct TTLAfterFinishedController: Controller {
    package static let name = "ttl-after-finished-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] { [.itself(Job.self)] }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let job = snapshot.get(Job.self, key), !job.metadata.isBeingDeleted, let ending = job.ending,
            let seconds = job.ttlSecondsAfterFinished, let since = ending.lastTransitionTime
        else { return .settled }
        let left = since.adding(.seconds(seconds)).duration(since: snapshot.now)
        if left > .zero { return Plan(lookAgainAfter: left + .milliseconds(10)) }
        return Plan([
            .delete(
                Job.resource, key,
                DeletionOptions(
                    propagation: .foreground, uid: job.metadata.uid, resourceVersion: job.metadata.resourceVersion),
                tolerates: [.notFound, .conflict])
        ])
    }
}
