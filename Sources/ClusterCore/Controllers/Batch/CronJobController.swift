package import API
package import ControlLoop
import JSON

/// Makes Jobs when their time has come, and forgets old ones.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/cronjob/cronjob_controllerv2.go`.
package struct CronJobController: Controller {
    package static let name = "cronjob-controller"
    /// Missed times beyond this are worth a warning.
    static let missedMax = 100

    /// Seconds ahead of UTC in a zone at an instant; nil for a zone that nobody knows.
    package typealias ZoneOffset = @Sendable (_ zone: String, _ at: Timestamp) -> Int64?

    private let zoneOffset: ZoneOffset

    package init(zoneOffset: @escaping ZoneOffset = CronJobController.utcOnly) { self.zoneOffset = zoneOffset }

    package static let utcOnly: ZoneOffset = { zone, _ in ["UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(zone) ? 0 : nil }

    package var triggers: [Trigger<NamespacedName>] {
        [.itself(CronJob.self), .owner(of: Job.self, CronJob.self, indexes: [.controllerUID])]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let cron = snapshot.get(CronJob.self, key), !cron.metadata.isBeingDeleted else { return .settled }
        let jobs = snapshot.list(Job.self, by: .controllerUID, cron.metadata.uid).filter {
            $0.metadata.namespace == key.namespace
        }
        var plan = Plan()
        var status = Status(cron)
        follow(cron, jobs, &status, &plan)
        forget(cron, jobs, &plan)
        schedule(cron, jobs, snapshot, &status, &plan)
        if let write = status.write(over: cron) { plan.add(write) }
        return plan
    }

    /// What the status will say.
    private struct Status {
        var active: [ObjectReference]
        var lastScheduleTime: Timestamp?
        var lastSuccessfulTime: Timestamp?

        init(_ cron: CronJob) {
            active = cron.active
            lastScheduleTime = cron.lastScheduleTime
            lastSuccessfulTime = cron.lastSuccessfulTime
        }

        func write(over cron: CronJob) -> Write? {
            guard
                active != cron.active || lastScheduleTime != cron.lastScheduleTime
                    || lastSuccessfulTime != cron.lastSuccessfulTime
            else { return nil }
            func time(_ instant: Timestamp?) -> JSONValue { instant.map { .string($0.description) } ?? .null }
            let body: JSONValue = [
                "active": active.isEmpty ? .null : .array(active.map(\.json)), "lastScheduleTime": time(lastScheduleTime),
                "lastSuccessfulTime": time(lastSuccessfulTime),
            ]
            return .merge(
                CronJob.resource, cron.key, ["status": body], subresource: "status", tolerates: [.notFound, .conflict])
        }
    }

    // MARK: What is there

    private func follow(_ cron: CronJob, _ jobs: [Job], _ status: inout Status, _ plan: inout Plan) {
        for job in jobs {
            let isKnown = status.active.contains { $0.uid == job.metadata.uid }
            if let ending = job.ending {
                if ending.type == "Complete", let time = job.status.completionTime {
                    status.lastSuccessfulTime = max(status.lastSuccessfulTime ?? time, time)
                }
                guard isKnown else { continue }
                status.active.removeAll { $0.uid == job.metadata.uid }
                plan.notices.append(
                    Plan.Notice(
                        ObjectReference(to: cron), reason: "SawCompletedJob",
                        message: "Saw completed job: \(job.metadata.name), condition: \(ending.type)"))
            } else if !isKnown, !job.metadata.isBeingDeleted {
                status.active.append(reference(to: job))
            }
        }
        let uids = Set(jobs.map(\.metadata.uid))
        status.active.removeAll { !uids.contains($0.uid) }
    }

    private func reference(to job: Job) -> ObjectReference {
        var reference = ObjectReference(to: job)
        reference.fieldPath = ""
        return reference
    }

    /// Finished Jobs beyond the limits go, oldest first.
    private func forget(_ cron: CronJob, _ jobs: [Job], _ plan: inout Plan) {
        func drop(_ type: String, keep limit: Int?) {
            guard let limit else { return }
            let finished = jobs.filter { $0.ending?.type == type && !$0.metadata.isBeingDeleted }.sorted { left, right in
                let starts = (left.status.startTime, right.status.startTime)
                guard let first = starts.0, let second = starts.1, first != second else {
                    return (starts.0 != nil ? 0 : 1, left.metadata.name) < (starts.1 != nil ? 0 : 1, right.metadata.name)
                }
                return first < second
            }
            for job in finished.prefix(max(0, finished.count - limit)) { plan.add(delete(job, of: cron)) }
        }
        drop("Complete", keep: cron.successfulJobsHistoryLimit)
        drop("Failed", keep: cron.failedJobsHistoryLimit)
    }

    private func delete(_ job: Job, of cron: CronJob) -> Write {
        .delete(
            Job.resource, job.key, DeletionOptions(propagation: .background, uid: job.metadata.uid),
            report: Write.Report(
                about: ObjectReference(to: cron), success: ("SuccessfulDelete", "Deleted job "),
                failure: ("FailedDelete", "Deleted job: ")))
    }

    // MARK: What is due

    private func schedule(
        _ cron: CronJob, _ jobs: [Job], _ snapshot: Snapshot, _ status: inout Status, _ plan: inout Plan
    ) {
        let about = ObjectReference(to: cron)
        func warn(_ reason: String, _ message: String) {
            plan.notices.append(Plan.Notice(about, type: "Warning", reason: reason, message: message))
        }
        if cron.suspend { return }
        guard let schedule = try? CronSchedule(parsing: cron.schedule) else {
            return warn("UnparseableSchedule", "unparseable schedule: \"\(cron.schedule)\"")
        }
        let zoneName = cron.timeZone ?? schedule.timeZone
        if let name = zoneName, zoneOffset(name, snapshot.now) == nil {
            return warn("UnknownTimeZone", "invalid timeZone: \"\(name)\": unknown time zone \(name)")
        }
        let zone: (Timestamp) -> Int64 = { [zoneOffset] time in zoneName.flatMap { zoneOffset($0, time) } ?? 0 }
        let due = Due(cron, schedule, zone, now: snapshot.now, missedMax: Self.missedMax)
        if let next = due.next {
            plan.lookAgain(after: max(next.duration(since: snapshot.now), .zero) + .milliseconds(100))
        }
        if due.hasMissedMany {
            warn(
                "TooManyMissedTimes",
                "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew")
        }
        guard let time = due.last else { return }
        if let deadline = cron.startingDeadlineSeconds, time.adding(.seconds(deadline)) < snapshot.now {
            return warn("MissSchedule", "Missed scheduled time to start a job: \(time)")
        }
        let name = "\(cron.metadata.name)-\(time.seconds / 60)"
        let isMade =
            jobs.contains { $0.metadata.name == name } || status.active.contains { $0.name == name }
            || cron.lastScheduleTime == time
        if isMade { return }
        if cron.concurrencyPolicy == "Forbid", !status.active.isEmpty {
            plan.notices.append(
                Plan.Notice(
                    about, reason: "JobAlreadyActive",
                    message: "Not starting job because prior execution is running and concurrency policy is Forbid"))
            return
        }
        if cron.concurrencyPolicy == "Replace" {
            for job in jobs where status.active.contains(where: { $0.uid == job.metadata.uid }) {
                plan.add(delete(job, of: cron))
                status.active.removeAll { $0.uid == job.metadata.uid }
            }
        }
        plan.add(create(name, at: time, cron, about))
        // The new Job joins the active ones when it is seen; its time is noted at once.
        status.lastScheduleTime = time
    }

    private func create(_ name: String, at time: Timestamp, _ cron: CronJob, _ about: ObjectReference) -> Write {
        let template = cron.jobTemplate
        var metadata: JSONValue = ["name": .string(name), "namespace": .string(cron.metadata.namespace)]
        for member in ["labels", "annotations"] { metadata[member] = template["metadata"]?[member] }
        metadata[path: ["annotations", CronJob.timestampAnnotation]] = .string(time.description)
        metadata["ownerReferences"] = [OwnerReferences.controller(cron).json]
        let job: JSONValue = [
            "apiVersion": .string(Job.apiVersion), "kind": .string(Job.kind), "metadata": metadata,
            "spec": template["spec"] ?? [:],
        ]
        return .create(
            Job.resource, namespace: cron.metadata.namespace, job, tolerates: .alreadyExists,
            report: Write.Report(
                about: about, success: ("SuccessfulCreate", "Created job "), failure: ("FailedCreate", "Error creating job: ")))
    }
}

/// When a CronJob was last due, and when it is next.
struct Due {
    private(set) var last: Timestamp?
    private(set) var next: Timestamp?
    private(set) var hasMissedMany = false

    /// - SeeAlso: Kubernetes 1.36 `pkg/controller/cronjob/utils.go`, `mostRecentScheduleTime`.
    init(_ cron: CronJob, _ schedule: CronSchedule, _ zone: (Timestamp) -> Int64, now: Timestamp, missedMax: Int) {
        var earliest = cron.lastScheduleTime ?? cron.metadata.creationTimestamp ?? now
        if let deadline = cron.startingDeadlineSeconds {
            earliest = max(earliest, now.adding(.seconds(-deadline)))
        }
        next = schedule.next(after: now, zone: zone)
        guard var time = schedule.next(after: earliest, zone: zone), time <= now else { return }
        var missed = 1
        // A schedule that was idle for long is asked close to now instead of once per missed time.
        if let second = schedule.next(after: time, zone: zone), second <= now {
            let gap = max(second.seconds - time.seconds, 60)
            let skipped = (now.seconds - time.seconds) / gap - 2
            missed = Int((now.seconds - time.seconds) / gap) + 1
            if skipped > Int64(missedMax),
                let later = schedule.next(after: Timestamp(seconds: time.seconds + skipped * gap - 1), zone: zone),
                later <= now
            {
                time = later
            }
        }
        var count = 0
        while let following = schedule.next(after: time, zone: zone), following <= now, count < 100_000 {
            time = following
            count += 1
        }
        last = time
        hasMissedMany = missed > missedMax
    }
}
