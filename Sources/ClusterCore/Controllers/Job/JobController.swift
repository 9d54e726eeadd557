package import API
package import ControlLoop
import JSON

/// Runs the pods of Jobs and counts how they end, each exactly once.
///
/// A finished pod is noted in the status, then loses its finalizer, then is counted: three decisions, each from what is
/// visible, so that no pod is lost or counted twice whoever stops in between.
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/job/job_controller.go`.
package struct JobController: Controller {
    package static let name = "job-controller"
    /// Pods noted in one status, created or deleted by one decision.
    static let uncountedMax = 500
    static let backoffBase: Duration = .seconds(10)
    static let backoffMax: Duration = .seconds(600)

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Job.self, indexes: [.controllerUID]),
            .owner(of: Pod.self, Job.self, indexes: [.controllerUID, .withoutController, .heldForJob]),
            .onChange(Pod.self) { change, snapshot in
                // A pod without an owner may be adopted, or waits for a Job that let it go.
                guard let pod = change.new, pod.metadata.controller == nil, !pod.metadata.labels.isEmpty else { return [] }
                return snapshot.list(Job.self, namespace: pod.metadata.namespace)
                    .filter { $0.selector.matches(pod.metadata.labels) }.map(\.key)
                    + [JobClaims.holder(of: pod)].compactMap { $0 }
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        let job = snapshot.get(Job.self, key)
        if let job, !["", "kubernetes.io/job-controller"].contains(job.managedBy) { return .settled }
        let leftBehind = JobClaims.leftBehind(key, by: job, in: snapshot)
        guard let job else { return release(leftBehind) }
        let pods = snapshot.list(Pod.self, by: .controllerUID, job.metadata.uid).filter {
            $0.metadata.namespace == key.namespace
        }
        if job.metadata.isBeingDeleted || job.isFinished { return release(pods + leftBehind) }
        guard leftBehind.isEmpty else { return release(leftBehind) }
        // Counting goes on once it is seen who belongs to the Job.
        let claims = JobClaims.writes(job, owned: pods, in: snapshot)
        guard claims.isEmpty else { return Plan(claims) }
        let census = JobCensus(job, pods)
        var plan = Plan()
        var sync = JobSync(job, census, snapshot.now)
        sync.run(&plan)
        for pod in census.released + sync.ignored { plan.add(FinalizerWrites.drop(Job.trackingFinalizer, from: pod)) }
        if sync.status != job.status {
            plan.steps.insert(
                .write(
                    .merge(
                        Job.resource, key, ["status": sync.status.json], subresource: "status",
                        revision: job.metadata.resourceVersion, tolerates: .notFound)), at: 0)
        }
        return plan
    }

    /// Pods of a Job that counts no more must not wait for it.
    private func release(_ pods: [Pod]) -> Plan {
        var plan = Plan()
        plan.addSlowStart(
            pods.filter { $0.metadata.finalizers.contains(Job.trackingFinalizer) }
                .map { FinalizerWrites.drop(Job.trackingFinalizer, from: $0) })
        return plan
    }
}
