import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct CronJobControllerTests {
    let harness = Harness()
    let controller = CronJobController()

    // 2027-01-15T08:00:00Z, a Friday.
    var start: Timestamp { Timestamp(seconds: 1_800_000_000) }

    @Test(arguments: [
        ("*/1 * * * *", "2027-01-15T08:01:00Z"), ("0 * * * *", "2027-01-15T09:00:00Z"), ("@hourly", "2027-01-15T09:00:00Z"),
        ("30 6 * * *", "2027-01-16T06:30:00Z"), ("0 0 1 * *", "2027-02-01T00:00:00Z"), ("0 0 * * mon", "2027-01-18T00:00:00Z"),
        ("0 0 29 2 *", "2028-02-29T00:00:00Z"), ("15,45 8-10/2 * JAN-MAR *", "2027-01-15T08:15:00Z"),
        ("0 12 13 * fri", "2027-01-15T12:00:00Z"), ("5/20 * * * *", "2027-01-15T08:05:00Z"),
        ("@every 90s", "2027-01-15T08:01:30Z"), ("0 0 31 2 *", ""),
    ])
    func `a schedule says when it is next due`(text: String, next: String) throws {
        let schedule = try CronSchedule(parsing: text)
        #expect(schedule.next(after: start)?.description ?? "" == next)
    }

    @Test(arguments: [
        "", "* * * *", "60 * * * *", "* * 0 * *", "*/0 * * * *", "5-1 * * * *", "a * * * *", "@never", "* * * * * *",
    ])
    func `what is no schedule is none`(text: String) { #expect((try? CronSchedule(parsing: text)) == nil) }

    @Test func `a zone moves the day`() throws {
        let schedule = try CronSchedule(parsing: "0 0 * * *")
        #expect(schedule.next(after: start) { _ in 9 * 3600 }?.description == "2027-01-15T15:00:00Z")
    }

    func putCron(_ spec: JSONValue, last: Timestamp? = nil) {
        var spec = spec
        spec["schedule"] = spec["schedule"] ?? "*/1 * * * *"
        spec["jobTemplate"] = ["metadata": ["labels": ["a": "b"]], "spec": ["template": ["spec": ["restartPolicy": "Never"]]]]
        var cron: JSONValue = ["metadata": ["name": "c", "namespace": "default", "uid": "u-cron"], "spec": spec]
        if let last { cron["status"] = ["lastScheduleTime": .string(last.description)] }
        harness.cluster.put(CronJob.resource, cron)
    }

    var jobs: [Job] { harness.cluster.all(Job.self) }
    var cron: CronJob { harness.cluster.all(CronJob.self)[0] }

    func finish(_ name: String, _ type: String = "Complete") async throws {
        let condition = Condition(type: type, status: "True", lastTransitionTime: harness.cluster.now)
        try await harness.cluster.patch(
            Job.resource, key(name), .merge,
            [
                "status": [
                    "conditions": [condition.json], "startTime": .string(harness.cluster.now.description),
                    "completionTime": .string(harness.cluster.now.description),
                ]
            ], subresource: "status")
    }

    @Test func `a job is made when its minute has come, once`() async {
        putCron([:])
        let first = await harness.settle(controller, key("c"))
        #expect(jobs.isEmpty && first.lookAgainAfter == .milliseconds(60_100))
        harness.cluster.advance(by: .seconds(61))
        await harness.settle(controller, key("c"))
        #expect(jobs.map(\.metadata.name) == ["c-30000001"])
        #expect(jobs[0].metadata.labels == ["a": "b"] && jobs[0].metadata.controller?.uid == "u-cron")
        #expect(jobs[0].metadata.annotations["batch.kubernetes.io/cronjob-scheduled-timestamp"] == "2027-01-15T08:01:00Z")
        #expect(cron.lastScheduleTime?.description == "2027-01-15T08:01:00Z" && cron.active.map(\.name) == ["c-30000001"])
        harness.cluster.advance(by: .seconds(60))
        await harness.settle(controller, key("c"))
        #expect(jobs.count == 2 && cron.active.count == 2)
    }

    @Test func `forbid waits for the running job, replace ends it`() async throws {
        putCron(["concurrencyPolicy": "Forbid"])
        harness.cluster.advance(by: .seconds(60))
        await harness.settle(controller, key("c"))
        harness.cluster.advance(by: .seconds(60))
        await harness.settle(controller, key("c"))
        #expect(jobs.map(\.metadata.name) == ["c-30000001"])
        try await harness.cluster.patch(
            CronJob.resource, key("c"), .merge, ["spec": ["concurrencyPolicy": "Replace"]], subresource: nil)
        await harness.settle(controller, key("c"))
        #expect(jobs.map(\.metadata.name) == ["c-30000002"] && cron.active.map(\.name) == ["c-30000002"])
    }

    @Test(
        arguments: [["suspend": true], ["startingDeadlineSeconds": 20], ["timeZone": "Mars/Base"], ["schedule": "x"]]
            as [JSONValue])
    func `nothing is made when suspended, too late, or not understood`(spec: JSONValue) async {
        putCron(spec)
        harness.cluster.advance(by: .seconds(90))
        await harness.settle(controller, key("c"))
        #expect(jobs.isEmpty)
    }

    @Test func `after a long pause only the last missed time counts`() async {
        putCron([:], last: start.adding(.seconds(-86400 * 30)))
        let plan = controller.plan(for: key("c"), in: harness.snapshot)
        #expect(plan.notices.map(\.reason) == ["TooManyMissedTimes"])
        await harness.settle(controller, key("c"))
        #expect(jobs.map(\.metadata.name) == ["c-30000000"])
    }

    @Test func `finished jobs leave the active ones, and only the newest are kept`() async throws {
        putCron(["successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 0])
        for minute in 1...3 {
            harness.cluster.advance(by: .seconds(60))
            await harness.settle(controller, key("c"))
            try await finish("c-3000000\(minute)", minute == 2 ? "Failed" : "Complete")
        }
        await harness.settle(controller, key("c"))
        #expect(jobs.map(\.metadata.name) == ["c-30000003"] && cron.active.isEmpty)
        #expect(cron.lastSuccessfulTime?.description == "2027-01-15T08:03:00Z")
    }

    @Test func `a finished job goes when its time is over`() async throws {
        harness.cluster.put(
            Job.resource, ["metadata": ["name": "j", "namespace": "default"], "spec": ["ttlSecondsAfterFinished": 30]])
        let ttl = TTLAfterFinishedController()
        #expect(ttl.plan(for: key("j"), in: harness.snapshot) == .settled)
        try await finish("j")
        #expect(ttl.plan(for: key("j"), in: harness.snapshot).lookAgainAfter == .milliseconds(30_010))
        harness.cluster.advance(by: .seconds(31))
        #expect(ttl.plan(for: key("j"), in: harness.snapshot).writes.count == 1)
    }
}
