import JSON
import Testing

@testable import API

@Suite struct BatchRulesTests {
    private static let pod: JSONValue = [
        "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "busybox"]]]
    ]

    private func job(_ spec: JSONValue = [:]) throws -> RuleFixture {
        var spec = spec
        spec["template"] = Self.pod
        return try RuleFixture("batch", "jobs", ["spec": spec])
    }

    @Test func `a job is filled and selects its pods by itself`() throws {
        let made = try job().made()
        let spec = made["spec"] ?? [:]
        for (name, value) in [
            ("completions", JSONValue.int(1)), ("parallelism", 1), ("backoffLimit", 6), ("completionMode", "NonIndexed"),
            ("suspend", false), ("manualSelector", false), ("podReplacementPolicy", "TerminatingOrFailed"),
        ] {
            #expect(spec[name] == value, "\(name)")
        }
        let uid: JSONValue = "11111111-2222-4333-8444-555555555555"
        #expect(spec["selector"] == ["matchLabels": ["batch.kubernetes.io/controller-uid": uid]])
        #expect(
            spec["template"]?["metadata"]?["labels"] == [
                "job-name": "sample", "batch.kubernetes.io/job-name": "sample", "controller-uid": uid,
                "batch.kubernetes.io/controller-uid": uid,
            ])
        #expect(made["metadata"]?["generation"] == 1)
        #expect(
            try job(["completionMode": "Indexed", "completions": 3, "backoffLimitPerIndex": 1]).made()["spec"]?["backoffLimit"]
                == 2_147_483_647)
        #expect(try job().creating([]) == [])
    }

    static let jobs = [
        RuleCase("spec/parallelism", -1, "spec.parallelism: Invalid value: -1: must be greater than or equal to 0"),
        RuleCase(
            "spec/template/spec/restartPolicy", "Always",
            "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""),
        RuleCase(
            "spec/managedBy", "me",
            "spec.managedBy: Invalid value: \"me\": must be a domain-prefixed path (such as \"acme.io/foo\")"),
        RuleCase(
            "spec/completionMode", "Other",
            "spec.completionMode: Unsupported value: \"Other\": supported values: \"NonIndexed\", \"Indexed\""),
        RuleCase(
            [Change("spec/completionMode", "Indexed"), Change("spec/completions", nil), Change("spec/parallelism", 2)],
            "spec.completions: Required value: when completion mode is Indexed"),
        RuleCase("spec/backoffLimitPerIndex", 1, "spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode"),
        RuleCase(
            [Change("spec/completionMode", "Indexed"), Change("spec/completions", 2), Change("spec/maxFailedIndexes", 3)],
            "spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified",
            "spec.maxFailedIndexes: Invalid value: 3: must be less than or equal to completions"),
        RuleCase(
            "spec/podFailurePolicy",
            ["rules": [["action": "FailIndex", "onExitCodes": ["operator": "In", "values": [3, 0, 3]]]]],
            "spec.podFailurePolicy.rules[0].action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be set",
            "spec.podFailurePolicy.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator",
            "spec.podFailurePolicy.rules[0].onExitCodes.values[2]: Duplicate value: 3",
            "spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered"),
        RuleCase(
            "spec/podFailurePolicy", ["rules": [["action": "Ignore"]]],
            "spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required"),
        RuleCase(
            [
                Change("spec/completionMode", "Indexed"), Change("spec/completions", 5),
                Change("spec/successPolicy", ["rules": [["succeededIndexes": "0,2-9", "succeededCount": 1]]]),
            ],
            "spec.successPolicy.rules[0].succeededIndexes: Invalid value: \"0,2-9\": error parsing succeededIndexes: too large index: \"9\"",
            "spec.successPolicy.rules[0].succeededCount: Invalid value: 1: must be less than or equal to 0 (the number of indexes in the specified succeededIndexes field)"
        ),
        RuleCase(
            "spec/template/metadata", ["labels": ["job-name": "other"]],
            "spec.template.metadata.labels[job-name]: Invalid value: {\"batch.kubernetes.io/controller-uid\":\"11111111-2222-4333-8444-555555555555\",\"batch.kubernetes.io/job-name\":\"sample\",\"controller-uid\":\"11111111-2222-4333-8444-555555555555\",\"job-name\":\"other\"}: must be 'sample'"
        ),
    ]

    @Test(arguments: jobs)
    func `refuses a job with upstream's causes`(entry: RuleCase) throws {
        #expect(try job().creating(entry.changes) == entry.errors)
    }

    static let jobUpdates = [
        RuleCase("spec/parallelism", 3),
        RuleCase("spec/completions", 3, "spec.completions: Invalid value: 3: field is immutable"),
        RuleCase("spec/suspend", true),
        RuleCase("spec/completionMode", "Indexed", "spec.completionMode: Invalid value: \"Indexed\": field is immutable"),
        RuleCase("spec/managedBy", "acme.io/foo", "spec.managedBy: Invalid value: \"acme.io/foo\": field is immutable"),
    ]

    @Test(arguments: jobUpdates)
    func `fixes most of a job`(entry: RuleCase) throws {
        #expect(try job().updating(entry.changes) == entry.errors)
    }

    @Test func `a suspended job may be placed anew`() throws {
        let place = [Change("spec/template/spec/nodeSelector", ["disk": "fast"])]
        #expect(try job(["suspend": true]).updating(place) == [])
        #expect(try job().updating(place).first?.hasSuffix("field is immutable") ?? false)
        let image = [Change("spec/template/spec/containers/0/image", "other")]
        #expect(try job(["suspend": true]).updating(image).count == 1)
    }

    static let jobStatus: [(changes: [Change], before: [Change], errors: [String])] = [
        ([Change("status", ["active": 1, "startTime": "2026-11-21T08:00:00Z"])], [], []),
        (
            [Change("status", ["conditions": [["type": "Complete", "status": "True"]], "startTime": "2026-11-21T08:00:00Z"])], [],
            [
                "status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
                "status.completionTime: Required value: completionTime is required for Complete jobs",
            ]
        ),
        (
            [Change("status/failed", 1)], [Change("status", ["failed": 2])],
            ["status.failed: Invalid value: 1: cannot decrease the failed counter"]
        ),
        (
            [Change("status/conditions", [])],
            [Change("status", ["conditions": [["type": "FailureTarget", "status": "True"]]])],
            ["status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition"]
        ),
        (
            [Change("status", ["completedIndexes": "1,0"])], [],
            [
                "status.completedIndexes: Invalid value: \"1,0\": error parsing completedIndexes: too large index: \"1\"",
                "status.completedIndexes: Invalid value: \"1,0\": cannot set non-empty completedIndexes when non-indexed completion mode",
            ]
        ),
    ]

    @Test(arguments: jobStatus)
    func `takes only plausible statuses of jobs`(changes: [Change], before: [Change], errors: [String]) throws {
        #expect(try job().updatingStatus(changes, before: before) == errors)
    }

    private func cronJob() throws -> RuleFixture {
        try RuleFixture(
            "batch", "cronjobs", ["spec": ["schedule": "*/5 * * * *", "jobTemplate": ["spec": ["template": Self.pod]]]])
    }

    static let cronJobs = [
        RuleCase("spec/schedule", "", "spec.schedule: Required value"),
        RuleCase(
            "spec/schedule", "* * *", "spec.schedule: Invalid value: \"* * *\": expected exactly 5 fields, found 3: [* * *]"),
        RuleCase(
            "spec/schedule", "61 * * * *",
            "spec.schedule: Invalid value: \"61 * * * *\": end of range (61) above maximum (59): 61"),
        RuleCase(
            "spec/schedule", "CRON_TZ=UTC 0 * * * *",
            "spec.schedule: Invalid value: \"CRON_TZ=UTC 0 * * * *\": cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        ),
        RuleCase("spec/timeZone", "Europe/Berlin"),
        RuleCase(
            "spec/timeZone", "Amerika/New_York",
            "spec.timeZone: Invalid value: \"Amerika/New_York\": unknown time zone Amerika/New_York"),
        RuleCase("spec/timeZone", "", "spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty string"),
        RuleCase(
            "spec/concurrencyPolicy", "Never",
            "spec.concurrencyPolicy: Unsupported value: \"Never\": supported values: \"Allow\", \"Forbid\", \"Replace\""),
        RuleCase(
            "spec/failedJobsHistoryLimit", -1,
            "spec.failedJobsHistoryLimit: Invalid value: -1: must be greater than or equal to 0"),
        RuleCase(
            "spec/jobTemplate/spec/manualSelector", true,
            "spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: \"nil\", \"false\""),
        RuleCase(
            "metadata/name", .string(String(repeating: "a", count: 53)),
            "metadata.name: Invalid value: \"\(String(repeating: "a", count: 53))\": must be no more than 52 bytes"),
    ]

    @Test(arguments: cronJobs)
    func `refuses a CronJob with upstream's causes`(entry: RuleCase) throws {
        #expect(try cronJob().creating(entry.changes) == entry.errors)
    }

    @Test func `prints a CronJob`() throws {
        let cells = try cronJob().cells([Change("status", ["lastScheduleTime": "2026-11-21T08:03:00Z"])])
        #expect(cells == ["sample", "*/5 * * * *", "<none>", "False", 0, "2m", "5m", "c", "busybox", "<none>"])
    }

    static let schedules: [(text: String, problem: String?)] = [
        ("@hourly", nil), ("@every 1h30m", nil), ("0 9-17/2 * JAN-mar mon", nil), ("0,30 * 1 * ?", nil),
        ("@often", "unrecognized descriptor: @often"),
        ("@every x", "failed to parse duration @every x: time: invalid duration \"x\""),
        ("a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"), ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("5-1 * * * *", "beginning of range (5) beyond end of range (1): 5-1"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
    ]

    @Test(arguments: schedules)
    func `reads schedules as upstream does`(text: String, problem: String?) {
        do throws(CronSchedule.Problem) {
            _ = try CronSchedule(parsing: text)
            #expect(problem == nil)
        } catch {
            #expect(error.description == problem)
        }
    }

    @Test func `a schedule knows its minutes and days`() throws {
        guard case .fields(let minute, let hour, _, let month, let day) = try CronSchedule(parsing: "*/20 3 * feb 1-5").kind
        else {
            Issue.record("no fields")
            return
        }
        #expect((0..<60).filter(minute.contains) == [0, 20, 40])
        #expect((0..<24).filter(hour.contains) == [3])
        #expect((1...12).filter(month.contains) == [2])
        #expect((0...6).filter(day.contains) == [1, 2, 3, 4, 5])
        #expect(try CronSchedule(parsing: "@every 90s").kind == .every(seconds: 90))
    }
}
