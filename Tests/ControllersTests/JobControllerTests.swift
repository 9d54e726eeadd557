import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct JobControllerTests {
    let harness = Harness()
    let controller = JobController()

    func putJob(_ spec: JSONValue) {
        var spec = spec
        if spec["template"] == nil {
            spec["template"] = [
                "metadata": ["labels": ["job-name": "j"]],
                "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "i"]]],
            ]
        }
        spec["selector"] = ["matchLabels": ["job-name": "j"]]
        harness.cluster.put(
            Job.resource, ["metadata": ["name": "j", "namespace": "default", "uid": "u-job"], "spec": spec])
    }

    var job: Job { harness.cluster.all(Job.self)[0] }
    var active: [Pod] { harness.pods().filter(\.isActive) }
    func settle() async { await harness.settle(controller, key("j"), roundsMax: 20) }

    /// Plays kubelet: the pod ends.
    func end(_ pod: Pod, _ phase: String = "Succeeded", exitCode: Int64 = 0) async throws {
        try await harness.cluster.patch(
            Pod.resource, pod.key, .merge,
            [
                "status": [
                    "phase": .string(phase),
                    "containerStatuses": [
                        [
                            "name": "c",
                            "state": [
                                "terminated": [
                                    "exitCode": .int(exitCode), "finishedAt": .string(harness.cluster.now.description),
                                ]
                            ],
                        ]
                    ],
                ]
            ], subresource: "status")
    }

    func ending() -> String { job.ending.map { "\($0.type) \($0.reason)" } ?? "" }

    @Test func `a job runs as many pods at once as it may, until enough have succeeded`() async throws {
        putJob(["parallelism": 2, "completions": 3])
        await settle()
        #expect(active.count == 2 && job.status.active == 2 && job.status.startTime == harness.cluster.now)
        #expect(active.allSatisfy { $0.metadata.finalizers == ["batch.kubernetes.io/job-tracking"] })
        for pod in active { try await end(pod) }
        await settle()
        #expect(job.status.succeeded == 2 && active.count == 1 && ending() == "")
        #expect(harness.pods().filter(\.isFinished).allSatisfy { $0.metadata.finalizers.isEmpty })
        try await end(active[0])
        await settle()
        #expect(job.status.succeeded == 3 && ending() == "Complete CompletionsReached")
        #expect(job.status.completionTime == harness.cluster.now && job.status.active == 0)
        #expect(job.status.conditions.map(\.type) == ["SuccessCriteriaMet", "Complete"])
    }

    @Test func `a work queue ends with its first success once all pods are done`() async throws {
        putJob(["parallelism": 2])
        await settle()
        let pods = active
        try await end(pods[0])
        await settle()
        #expect(ending() == "" && active.count == 1)
        try await end(pods[1])
        await settle()
        #expect(ending() == "Complete CompletionsReached" && job.status.succeeded == 2)
    }

    @Test func `failures wait longer each time and end the job at the limit`() async throws {
        putJob(["completions": 1, "backoffLimit": 1])
        await settle()
        try await end(active[0], "Failed", exitCode: 1)
        await settle()
        #expect(job.status.failed == 1 && active.isEmpty && ending() == "")
        harness.cluster.advance(by: .seconds(10))
        await settle()
        #expect(active.count == 1)
        try await end(active[0], "Failed", exitCode: 1)
        await settle()
        #expect(job.status.failed == 2 && ending() == "Failed BackoffLimitExceeded")
        #expect(job.ending?.message == "Job has reached the specified backoff limit")
        #expect(job.status.conditions.map(\.type) == ["FailureTarget", "Failed"])
    }

    @Test func `indexed pods know their index, and each index is done once`() async throws {
        putJob(["parallelism": 2, "completions": 3, "completionMode": "Indexed"])
        await settle()
        #expect(Set(active.compactMap { $0.metadata.annotations["batch.kubernetes.io/job-completion-index"] }) == ["0", "1"])
        #expect(
            active.allSatisfy { $0.spec.hostname.hasPrefix("j-") && $0.spec.containers[0].env[0].name == "JOB_COMPLETION_INDEX" })
        for pod in active { try await end(pod) }
        await settle()
        #expect(job.status.completedIndexes == "0,1" && active.compactMap(\.spec.hostname) == ["j-2"])
        try await end(active[0])
        await settle()
        #expect(job.status.completedIndexes == "0-2" && job.status.succeeded == 3 && ending() == "Complete CompletionsReached")
    }

    @Test func `an index that fails too often fails alone`() async throws {
        putJob(["parallelism": 2, "completions": 2, "completionMode": "Indexed", "backoffLimitPerIndex": 0])
        await settle()
        let pods = active.sorted { $0.spec.hostname < $1.spec.hostname }
        try await end(pods[0], "Failed", exitCode: 1)
        try await end(pods[1])
        await settle()
        #expect(job.status.failedIndexes == "0" && job.status.completedIndexes == "1")
        #expect(ending() == "Failed FailedIndexes" && job.ending?.message == "Job has failed indexes")
    }

    @Test(arguments: [
        ("FailJob", "Failed PodFailurePolicy", 0), ("Ignore", "", 0), ("Count", "", 1),
    ])
    func `a rule decides what an exit code means`(action: String, expected: String, failed: Int) async throws {
        putJob([
            "completions": 1, "backoffLimit": 3,
            "podFailurePolicy": [
                "rules": [
                    ["action": .string(action), "onExitCodes": ["containerName": "c", "operator": "In", "values": [42]]]
                ]
            ],
        ])
        await settle()
        try await end(active[0], "Failed", exitCode: 42)
        await settle()
        #expect(ending() == expected)
        if action != "FailJob" { #expect(job.status.failed == failed) }
        if action == "FailJob" {
            #expect(job.ending?.message.hasSuffix("failed with exit code 42 matching FailJob rule at index 0") == true)
        }
    }

    @Test func `a deadline ends the job and its pods`() async throws {
        putJob(["completions": 1, "activeDeadlineSeconds": 30])
        let plan = await harness.settle(controller, key("j"), roundsMax: 20)
        #expect(plan.lookAgainAfter == .milliseconds(30_010))
        harness.cluster.advance(by: .seconds(31))
        await settle()
        #expect(harness.pods().isEmpty && ending() == "Failed DeadlineExceeded")
    }

    @Test func `an orphan that matches is taken on again, and a pod that matches no more is let go`() async throws {
        putJob(["parallelism": 2, "completions": 4])
        await settle()
        let pod = active[0]
        try await harness.cluster.patch(
            Pod.resource, pod.key, .merge, ["metadata": ["ownerReferences": nil, "finalizers": nil]], subresource: nil)
        await settle()
        let adopted = try #require(harness.pods().first { $0.key == pod.key })
        #expect(adopted.metadata.controller?.uid == "u-job" && adopted.metadata.controller?.kind == "Job")
        #expect(adopted.metadata.finalizers == ["batch.kubernetes.io/job-tracking"] && active.count == 2)
        try await harness.cluster.patch(
            Pod.resource, pod.key, .merge, ["metadata": ["labels": ["job-name": "other"]]], subresource: nil)
        await settle()
        let released = try #require(harness.pods().first { $0.key == pod.key })
        #expect(released.metadata.ownerReferences.isEmpty && released.metadata.finalizers.isEmpty)
        #expect(active.count { $0.metadata.controller != nil } == 2)
    }

    @Test(arguments: [true, false])
    func `pods of a job that is gone are not held any longer`(keepsOwner: Bool) async throws {
        putJob(["parallelism": 2, "completions": 4])
        await settle()
        harness.cluster.remove(Job.resource, key("j"))
        for pod in active where !keepsOwner {
            try await harness.cluster.patch(
                Pod.resource, pod.key, .merge,
                ["metadata": ["ownerReferences": nil, "labels": ["batch.kubernetes.io/job-name": "j"]]], subresource: nil)
        }
        await settle()
        #expect(harness.pods().count == 2 && harness.pods().allSatisfy { $0.metadata.finalizers.isEmpty })
    }

    @Test func `a job of the same name does not hold its predecessor's pods`() async throws {
        putJob(["parallelism": 1, "completions": 1])
        await settle()
        let old = active[0]
        harness.cluster.put(
            Job.resource,
            [
                "metadata": ["name": "j", "namespace": "default", "uid": "u-next"],
                "spec": ["parallelism": 0, "selector": ["matchLabels": ["job-name": "next"]], "template": job.template],
            ])
        await settle()
        #expect(harness.pods().first { $0.key == old.key }?.metadata.finalizers == [])
    }

    @Test func `a suspended job has no pods, and starts anew when resumed`() async throws {
        putJob(["completions": 1, "suspend": true])
        await settle()
        #expect(harness.pods().isEmpty && job.status.startTime == nil)
        #expect(job.status.conditions["Suspended"]?.isTrue == true)
        try await harness.cluster.patch(Job.resource, key("j"), .merge, ["spec": ["suspend": false]], subresource: nil)
        await settle()
        #expect(active.count == 1 && job.status.conditions["Suspended"]?.reason == "JobResumed")
    }

    @Test(arguments: [(Set([0, 1, 2, 5]), "0-2,5"), ([1, 2], "1,2"), ([], ""), ([7], "7")] as [(Set<Int>, String)])
    func `indexes are written as ranges`(indexes: Set<Int>, text: String) {
        #expect(IndexList(indexes).description == text)
        #expect(IndexList(parsing: text).indexes == indexes)
    }
}
