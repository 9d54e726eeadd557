import API
import ControlLoop
import JSON

/// The pods of one Job, sorted by what they mean to it.
struct JobCensus {
    /// Neither finished nor being deleted.
    private(set) var active: [Pod] = []
    /// Being deleted and not finished.
    private(set) var terminating: [Pod] = []
    /// Finished, not counted yet, and held by the Job's finalizer.
    private(set) var newlySucceeded: [Pod] = []
    private(set) var newlyFailed: [Pod] = []
    /// Held by the finalizer and in the status already: the finalizer may go.
    private(set) var released: [Pod] = []
    /// Pods in the status that are no longer held: they may be counted for good.
    private(set) var countableSucceeded: Set<String> = []
    private(set) var countableFailed: Set<String> = []
    private(set) var all: [Pod]

    init(_ job: Job, _ pods: [Pod]) {
        all = pods
        let succeeded = Set(job.status.uncountedSucceeded)
        let failed = Set(job.status.uncountedFailed)
        var held: Set<String> = []
        for pod in pods {
            let uid = pod.metadata.uid
            let isHeld = pod.metadata.finalizers.contains(Job.trackingFinalizer)
            if isHeld { held.insert(uid) }
            let isKnown = succeeded.contains(uid) || failed.contains(uid)
            if isHeld, isKnown { released.append(pod) }
            let isEnding = pod.metadata.isBeingDeleted && !pod.isFinished
            if isEnding { terminating.append(pod) }
            if pod.isActive { active.append(pod) }
            guard isHeld, !isKnown else { continue }
            if pod.status.phase == "Succeeded" {
                newlySucceeded.append(pod)
            } else if pod.status.phase == "Failed" || (isEnding && job.podReplacementPolicy != "Failed") {
                newlyFailed.append(pod)
            }
        }
        countableSucceeded = succeeded.subtracting(held)
        countableFailed = failed.subtracting(held)
    }

    static func index(of pod: Pod) -> Int? { pod.metadata.annotations[Job.completionIndexAnnotation].flatMap { Int($0) } }

    /// Restarts inside of pods, for Jobs whose pods restart their containers themselves.
    var restarts: Int64 {
        active.filter { ["Running", "Pending"].contains($0.status.phase) }.reduce(0) { sum, pod in
            (pod.status.initContainerStatuses + pod.status.containerStatuses).reduce(sum) { $0 + $1.restartCount }
        }
    }
}
