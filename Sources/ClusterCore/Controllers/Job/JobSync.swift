import API
import ControlLoop
import JSON

/// One look at a Job that has not ended: what its status becomes, and which pods are made or deleted.
struct JobSync {
    private(set) var status: Job.Status
    private let job: Job
    private let census: JobCensus
    private let now: Timestamp
    private var completed: IndexList
    private var failedIndexes: IndexList
    /// Failed pods that a rule says not to count; nothing holds them.
    private(set) var ignored: [Pod] = []

    init(_ job: Job, _ census: JobCensus, _ now: Timestamp) {
        self.job = job
        self.census = census
        self.now = now
        status = job.status
        completed = IndexList(parsing: job.status.completedIndexes)
        failedIndexes = IndexList(parsing: job.status.failedIndexes ?? "")
    }

    mutating func run(_ plan: inout Plan) {
        if status.startTime == nil, !job.suspend { status.startTime = now }
        count()
        note()
        status.ready = census.active.count { $0.isReady }
        status.terminating = census.terminating.count
        status.active = census.active.count
        if let failure = pendingFailure ?? self.failure() {
            set("FailureTarget", failure.reason, failure.message)
            deletePods(census.active, &plan)
            finish("Failed", failure)
            return
        }
        if isDone {
            let reached = ("CompletionsReached", "Reached expected number of succeeded pods")
            let why = successPolicyMet ? ("SuccessPolicy", "Matched rules at index 0") : reached
            set("SuccessCriteriaMet", why.0, why.1)
            deletePods(census.active, &plan)
            finish("Complete", why)
            return
        }
        suspendOrResume(&plan)
        if !job.suspend { manage(&plan) }
        if let deadline = job.activeDeadlineSeconds, let start = status.startTime, !job.suspend {
            plan.lookAgain(after: max(start.adding(.seconds(deadline)).duration(since: now), .zero) + .milliseconds(10))
        }
    }

    // MARK: Counting

    /// Pods that lost their finalizer count for good.
    private mutating func count() {
        status.uncountedSucceeded.removeAll(where: census.countableSucceeded.contains)
        status.uncountedFailed.removeAll(where: census.countableFailed.contains)
        if !job.isIndexed { status.succeeded += census.countableSucceeded.count }
        status.failed += census.countableFailed.count
    }

    /// Pods that ended are written down before their finalizer goes. An index counts as soon as it is written down.
    private mutating func note() {
        let room = JobController.uncountedMax - status.uncountedSucceeded.count - status.uncountedFailed.count
        let policy = PodFailurePolicy(rules: job.podFailureRules)
        for pod in (census.newlySucceeded + census.newlyFailed).prefix(max(0, room)) {
            if pod.status.phase == "Succeeded" {
                if job.isIndexed, let index = JobCensus.index(of: pod), index < job.completions ?? 0 { completed.insert(index) }
                status.uncountedSucceeded.append(pod.metadata.uid)
            } else {
                if job.backoffLimitPerIndex != nil, let index = JobCensus.index(of: pod), failsIndex(pod, index, policy) {
                    failedIndexes.insert(index)
                }
                if policy.verdict(on: pod) == .ignore {
                    ignored.append(pod)
                } else {
                    status.uncountedFailed.append(pod.metadata.uid)
                }
            }
        }
        guard job.isIndexed else { return }
        status.completedIndexes = completed.description
        status.succeeded = completed.count
        if job.backoffLimitPerIndex != nil { status.failedIndexes = failedIndexes.description }
    }

    private static let failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count"

    private func failures(of pod: Pod) -> Int {
        pod.metadata.annotations[Self.failureCountAnnotation].flatMap { Int($0) } ?? 0
    }

    private func failsIndex(_ pod: Pod, _ index: Int, _ policy: PodFailurePolicy) -> Bool {
        switch policy.verdict(on: pod) {
        case .failIndex: true
        case .ignore: false
        case .count, .failJob: failures(of: pod) >= job.backoffLimitPerIndex ?? .max
        }
    }

    /// Failed pods so far, whether counted for good or not.
    private var failedCount: Int { status.failed + status.uncountedFailed.count }
    private var succeededCount: Int { job.isIndexed ? completed.count : status.succeeded + status.uncountedSucceeded.count }

    // MARK: Endings

    /// A Job that is to fail fails for the first reason that was found.
    private var pendingFailure: (reason: String, message: String)? {
        status.conditions["FailureTarget"].flatMap { $0.isTrue ? ($0.reason, $0.message) : nil }
    }

    private func failure() -> (reason: String, message: String)? {
        let policy = PodFailurePolicy(rules: job.podFailureRules)
        for pod in census.newlyFailed {
            if case .failJob(let message) = policy.verdict(on: pod) { return ("PodFailurePolicy", message) }
        }
        let restartsInPlace = job.template["spec"]?["restartPolicy"]?.string == "OnFailure"
        let isPastRestarts =
            restartsInPlace
            && (job.backoffLimit == 0 ? census.restarts > 0 : census.restarts >= Int64(job.backoffLimit))
        if job.backoffLimitPerIndex == nil, failedCount > job.backoffLimit || isPastRestarts {
            return ("BackoffLimitExceeded", "Job has reached the specified backoff limit")
        }
        if let deadline = job.activeDeadlineSeconds, let start = status.startTime, !job.suspend,
            start.adding(.seconds(deadline)) <= now
        {
            return ("DeadlineExceeded", "Job was active longer than specified deadline")
        }
        guard job.backoffLimitPerIndex != nil, let completions = job.completions else { return nil }
        if let most = job.maxFailedIndexes, failedIndexes.count > most {
            return ("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
        }
        if failedIndexes.count > 0, failedIndexes.count + completed.count >= completions {
            return ("FailedIndexes", "Job has failed indexes")
        }
        return nil
    }

    private var isDone: Bool {
        if status.conditions["SuccessCriteriaMet"]?.isTrue == true || successPolicyMet { return true }
        guard let completions = job.completions else { return succeededCount > 0 && census.active.isEmpty }
        return succeededCount >= completions
    }

    private var successPolicyMet: Bool {
        guard job.isIndexed, let completions = job.completions else { return false }
        return job.successRules.contains { rule in
            let asked = rule["succeededIndexes"]?.string.map { IndexList(parsing: $0).indexes } ?? Set(0..<completions)
            let reached = asked.intersection(completed.indexes).count
            return rule["succeededCount"]?.int.map { reached >= Int($0) } ?? (reached == asked.count)
        }
    }

    /// The last word waits until no pod runs and every pod is counted.
    private mutating func finish(_ type: String, _ why: (reason: String, message: String)) {
        let isWaiting = !census.active.isEmpty || !census.terminating.isEmpty
        guard !isWaiting, status.uncountedSucceeded.isEmpty, status.uncountedFailed.isEmpty else { return }
        set(type, why.reason, why.message)
        status.active = 0
        if type == "Complete" { status.completionTime = now }
    }

    private mutating func set(_ type: String, _ reason: String, _ message: String, status value: String = "True") {
        if let index = status.conditions.firstIndex(where: { $0.type == type }) {
            guard status.conditions[index].status != value else { return }
            status.conditions[index] = condition(type, value, reason, message)
        } else {
            status.conditions.append(condition(type, value, reason, message))
        }
    }

    private func condition(_ type: String, _ value: String, _ reason: String, _ message: String) -> Condition {
        Condition(type: type, status: value, reason: reason, message: message, lastTransitionTime: now)
    }

    // MARK: Pods

    private mutating func suspendOrResume(_ plan: inout Plan) {
        if job.suspend {
            deletePods(census.active, &plan)
            if status.conditions["Suspended"]?.isTrue != true {
                set("Suspended", "JobSuspended", "Job suspended")
                status.startTime = nil
            }
        } else if status.conditions["Suspended"]?.isTrue == true {
            set("Suspended", "JobResumed", "Job resumed", status: "False")
            status.startTime = now
        }
    }

    private mutating func manage(_ plan: inout Plan) {
        let running = census.active.count
        var wanted = job.parallelism
        if let completions = job.completions {
            wanted = min(
                max(0, completions - succeededCount - (job.backoffLimitPerIndex == nil ? 0 : failedIndexes.count)), wanted)
        } else if succeededCount > 0 {
            wanted = min(running, wanted)
        }
        let surplus = running - wanted
        if surplus > 0 {
            let ranking = PodDeletionRanking(siblings: census.active, now: now)
            return deletePods(Array(ranking.sorted(census.active).prefix(surplus)), &plan)
        }
        let waits = job.podReplacementPolicy == "Failed" ? census.terminating.count : 0
        let missing = min(-surplus - waits, JobController.uncountedMax)
        guard missing > 0 else { return }
        if let delay = backoff, delay > .zero { return plan.lookAgain(after: delay) }
        let report = Write.Report(
            about: ObjectReference(to: job), success: ("SuccessfulCreate", "Created pod: "),
            failure: ("FailedCreate", "Error creating: "))
        let pods = job.isIndexed ? indexedPods(missing) : Array(repeating: pod(nil), count: missing)
        plan.addSlowStart(pods.map { .create(Pod.resource, namespace: job.metadata.namespace, $0, report: report) })
    }

    /// After each failure the next pod waits longer: 10 s, 20 s, 40 s... up to ten minutes.
    private var backoff: Duration? {
        let failed = census.all.filter { $0.status.phase == "Failed" }
        let ends = failed.compactMap { pod in
            pod.status.containerStatuses.compactMap { status -> Timestamp? in
                if case .terminated(let ended) = status.state { ended.finishedAt } else { nil }
            }.max() ?? pod.status.conditions["Ready"]?.lastTransitionTime ?? pod.metadata.creationTimestamp
        }
        guard let last = ends.max() else { return nil }
        let lastSuccess = census.all.filter { $0.status.phase == "Succeeded" }.compactMap(\.metadata.creationTimestamp).max()
        let streak = ends.count { lastSuccess == nil || $0 > lastSuccess ?? $0 }
        guard streak > 0 else { return nil }
        let delay = min(JobController.backoffBase * (1 << min(streak - 1, 6)), JobController.backoffMax)
        return last.adding(delay).duration(since: now)
    }

    private func indexedPods(_ count: Int) -> [JSONValue] {
        let taken = Set(census.active.compactMap(JobCensus.index))
            .union(job.podReplacementPolicy == "Failed" ? Set(census.terminating.compactMap(JobCensus.index)) : [])
        let free = (0..<(job.completions ?? 0)).lazy.filter {
            !taken.contains($0) && !completed.contains($0) && !failedIndexes.contains($0)
        }
        return free.prefix(count).map { pod($0) }
    }

    private func pod(_ index: Int?) -> JSONValue {
        var pod = PodTemplate.pod(from: job.template, owner: job)
        let finalizers = pod["metadata"]?["finalizers"]?.array ?? []
        pod[path: ["metadata", "finalizers"]] = .array(finalizers + [.string(Job.trackingFinalizer)])
        guard let index else { return pod }
        let text = JSONValue.string(String(index))
        pod[path: ["metadata", "generateName"]] = .string("\(job.metadata.name)-\(index)-")
        pod[path: ["metadata", "annotations", Job.completionIndexAnnotation]] = text
        pod[path: ["metadata", "labels", Job.completionIndexAnnotation]] = text
        if job.backoffLimitPerIndex != nil {
            let failures = census.all.filter { JobCensus.index(of: $0) == index && $0.status.phase == "Failed" }
            let count = (failures.map { self.failures(of: $0) }.max() ?? -1) + 1
            pod[path: ["metadata", "annotations", Self.failureCountAnnotation]] = .string(String(count))
        }
        pod[path: ["spec", "hostname"]] = .string("\(job.metadata.name)-\(index)")
        for list in ["containers", "initContainers"] {
            guard var containers = pod["spec"]?[list]?.array else { continue }
            for place in containers.indices {
                let env = containers[place]["env"]?.array ?? []
                if env.contains(where: { $0["name"]?.string == "JOB_COMPLETION_INDEX" }) { continue }
                containers[place]["env"] = .array(env + [Self.indexVariable])
            }
            pod[path: ["spec", list]] = .array(containers)
        }
        return pod
    }

    private static let indexVariable: JSONValue = [
        "name": "JOB_COMPLETION_INDEX",
        "valueFrom": ["fieldRef": ["fieldPath": .string("metadata.labels['\(Job.completionIndexAnnotation)']")]],
    ]

    private func deletePods(_ pods: [Pod], _ plan: inout Plan) {
        let report = Write.Report(
            about: ObjectReference(to: job), success: ("SuccessfulDelete", "Deleted pod: "),
            failure: ("FailedDelete", "Error deleting: "))
        plan.addSlowStart(
            pods.map { .delete(Pod.resource, $0.key, DeletionOptions(uid: $0.metadata.uid), report: report) })
    }
}
