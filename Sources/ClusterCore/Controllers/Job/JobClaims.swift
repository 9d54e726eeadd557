import API
import ControlLoop
import JSON

/// Which pods belong to a Job: what it takes on, what it lets go, and what an earlier Job left behind.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/controller_ref_manager.go`, `ClaimPods`; `job_controller.go`, `syncOrphanPod`.
enum JobClaims {
    /// Adopts pods that match and have no owner, releases pods that match no longer; empty when there is nothing to do.
    static func writes(_ job: Job, owned: [Pod], in snapshot: Snapshot) -> [Write] {
        let released = owned.filter { !job.selector.matches($0.metadata.labels) }.map { pod in
            replace(
                pod, owners: pod.metadata.ownerReferences.filter { $0.uid != job.metadata.uid },
                finalizers: pod.metadata.finalizers.filter { $0 != Job.trackingFinalizer })
        }
        let adopted = snapshot.list(Pod.self, by: .withoutController, job.metadata.namespace)
            .filter { !$0.metadata.isBeingDeleted && job.selector.matches($0.metadata.labels) }
            .map { pod in
                replace(
                    pod, owners: pod.metadata.ownerReferences + [OwnerReferences.controller(job)],
                    finalizers: pod.metadata.finalizers.filter { $0 != Job.trackingFinalizer } + [Job.trackingFinalizer])
            }
        return released + adopted
    }

    /// Pods held by the finalizer for a Job of this name that is no more: nobody will count them.
    ///
    /// - Parameter job: The Job of that name; nil when there is none.
    static func leftBehind(_ key: NamespacedName, by job: Job?, in snapshot: Snapshot) -> [Pod] {
        snapshot.list(Pod.self, by: .heldForJob, key.description).filter { pod in
            guard let owner = pod.metadata.controller else {
                return !(job.map { $0.selector.matches(pod.metadata.labels) && !pod.metadata.isBeingDeleted } ?? false)
            }
            return owner.uid != job?.metadata.uid
        }
    }

    /// Whose finalizer a pod carries: its owner's, or the Job's that its label names where the owner was taken away.
    static func holder(of pod: Pod) -> NamespacedName? {
        guard pod.metadata.finalizers.contains(Job.trackingFinalizer) else { return nil }
        let name: String? =
            if let owner = pod.metadata.controller {
                owner.kind == Job.kind ? owner.name : nil
            } else {
                pod.metadata.labels["batch.kubernetes.io/job-name"]
            }
        return name.map { NamespacedName(namespace: pod.metadata.namespace, name: $0) }
    }

    private static func replace(_ pod: Pod, owners: [OwnerReference], finalizers: [String]) -> Write {
        .merge(
            Pod.resource, pod.key,
            [
                "metadata": [
                    "uid": .string(pod.metadata.uid), "ownerReferences": .array(owners.map(\.json)),
                    "finalizers": JSONValue(finalizers),
                ]
            ], revision: pod.metadata.resourceVersion, tolerates: .notFound)
    }
}

extension CacheIndex where Object == Pod {
    /// Pods that nobody manages, by namespace: those that may be adopted.
    static var withoutController: CacheIndex<Pod> {
        CacheIndex("withoutController") { pod in
            pod.metadata.controller == nil && !pod.metadata.labels.isEmpty ? [pod.metadata.namespace] : []
        }
    }

    /// Pods that a Job's finalizer keeps, by the Job's namespace and name.
    static var heldForJob: CacheIndex<Pod> {
        CacheIndex("heldForJob") { pod in JobClaims.holder(of: pod).map { [$0.description] } ?? [] }
    }
}
