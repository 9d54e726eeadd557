import API
import CRI
import JSON
import Testing

@testable import Kubelet

@Suite struct PodActionsTests {
    private func compute(
        _ pod: Pod, _ observed: PodObservation, probes: ProbeVerdicts = ProbeVerdicts(),
        backoff: RestartBackoff = RestartBackoff(),
        now: Timestamp = .noon
    ) -> PodActions {
        PodActions.compute(pod, observed, probes: probes, backoff: backoff, now: now)
    }

    @Test func `a new pod gets a sandbox first`() {
        let actions = compute(.fixture(), .nothing)
        #expect(actions.createSandbox == 0)
        #expect(actions.start.isEmpty)
    }

    @Test func `every container starts in a ready sandbox`() {
        let actions = compute(.fixture(containers: ["a", "b"]), .of([]))
        #expect(actions.start.map(\.container.name) == ["a", "b"])
        #expect(actions.start.allSatisfy { $0.attempt == 0 })
    }

    @Test func `a running pod needs nothing`() {
        #expect(compute(.fixture(), .of([.fixture()])).isIdle)
    }

    @Test func `a sandbox that died is replaced and restart counts go on`() {
        let dead = PodObservation.of([.fixture(attempt: 2, state: .exited, exitCode: 255)], sandboxes: [.fixture(isReady: false)])
        let actions = compute(.fixture(), dead)
        #expect(actions.createSandbox == 1)
        #expect(actions.stopSandboxes == ["s1"])
        let after = PodObservation.of(
            dead.containers, sandboxes: [.fixture("s2", attempt: 1), .fixture(isReady: false)])
        #expect(compute(.fixture(), after).start.first?.attempt == 3)
    }

    @Test func `a runtime without memory goes on from the reported restart count`() {
        let pod = Pod.fixture(status: [
            "containerStatuses": [["name": "web", "containerID": "containerd://x", "restartCount": 4, "state": ["running": [:]]]]
        ])
        #expect(compute(pod, .of([])).start.first?.attempt == 5)
    }

    @Test(arguments: [
        ("Always", Int32(0), true), ("Always", 1, true), ("OnFailure", 0, false), ("OnFailure", 1, true), ("Never", 0, false),
        ("Never", 1, false),
    ])
    func `the restart policy decides about an ended container`(policy: String, exitCode: Int32, restarts: Bool) {
        let actions = compute(
            .fixture(["restartPolicy": .string(policy)]), .of([.fixture(state: .exited, exitCode: exitCode)]))
        #expect(!actions.start.isEmpty == restarts)
        #expect(actions.isFinished == !restarts)
    }

    @Test func `a finished pod whose sandbox died stays finished`() {
        let observed = PodObservation.of([.fixture(state: .exited)], sandboxes: [.fixture(isReady: false)])
        #expect(compute(.fixture(["restartPolicy": "Never"]), observed).isFinished)
    }

    @Test func `a crashing container waits for its back-off`() {
        var backoff = RestartBackoff()
        backoff.tried("web", at: .noon)
        let observed = PodObservation.of([.fixture(state: .exited, exitCode: 1)])
        let early = compute(.fixture(), observed, backoff: backoff, now: Timestamp.noon.adding(.seconds(9)))
        #expect(early.start.isEmpty)
        #expect(early.wakeAt == Timestamp.noon.adding(.seconds(10)))
        let late = compute(.fixture(), observed, backoff: backoff, now: Timestamp.noon.adding(.seconds(10)))
        #expect(late.start.count == 1)
    }

    @Test func `an ephemeral container starts once, also while init containers run, and never again`() {
        let spec: JSONValue = [
            "initContainers": [["name": "i1", "image": "x"]], "ephemeralContainers": [["name": "look", "image": "x"]],
        ]
        #expect(compute(.fixture(spec), .of([.fixture("i1")])).start.map(\.container.name) == ["look"])
        #expect(compute(.fixture(spec), .of([.fixture("i1"), .fixture("look", state: .exited, exitCode: 1)])).isIdle)
        let known = Pod.fixture(
            spec,
            status: ["ephemeralContainerStatuses": [["name": "look", "containerID": "containerd://x", "state": [:]]]])
        #expect(compute(known, .of([.fixture("i1")])).isIdle)
    }

    @Test func `init containers run one after another before the containers`() {
        let pod = Pod.fixture(["initContainers": [["name": "i1", "image": "x"], ["name": "i2", "image": "x"]]])
        #expect(compute(pod, .of([])).start.map(\.container.name) == ["i1"])
        #expect(compute(pod, .of([.fixture("i1")])).isIdle)
        #expect(compute(pod, .of([.fixture("i1", state: .exited)])).start.map(\.container.name) == ["i2"])
        let done = PodObservation.of([.fixture("i1", state: .exited), .fixture("i2", state: .exited)])
        #expect(compute(pod, done).start.map(\.container.name) == ["web"])
    }

    @Test func `a failed init container ends a pod that never restarts`() {
        let pod = Pod.fixture(["restartPolicy": "Never", "initContainers": [["name": "i", "image": "x"]]])
        let actions = compute(pod, .of([.fixture("i", state: .exited, exitCode: 1)]))
        #expect(actions.isFinished)
        #expect(actions.start.isEmpty)
    }

    @Test func `init containers run again in a new sandbox`() {
        let pod = Pod.fixture(["initContainers": [["name": "i", "image": "x"]]])
        let observed = PodObservation.of(
            [.fixture("web", state: .exited, exitCode: 1), .fixture("i", state: .exited)],
            sandboxes: [.fixture("s2", attempt: 1), .fixture(isReady: false)])
        #expect(compute(pod, observed).start.map(\.container.name) == ["i"])
    }

    @Test func `a sidecar starts before the containers and holds them until it has started`() {
        let pod = Pod.fixture(["initContainers": [["name": "side", "image": "x", "restartPolicy": "Always"]]])
        #expect(compute(pod, .of([])).start.map(\.container.name) == ["side"])
        #expect(compute(pod, .of([.fixture("side", image: "x")])).start.map(\.container.name) == ["web"])
    }

    @Test func `a failed liveness probe and a changed image end the container`() {
        var probes = ProbeVerdicts()
        probes.livenessFailed = ["web-0"]
        #expect(compute(.fixture(), .of([.fixture()]), probes: probes).kill.map(\.reason) == [.livenessFailed])
        #expect(compute(.fixture(), .of([.fixture(image: "busybox:0")])).kill.map(\.reason) == [.definitionChanged])
    }
}

@Suite struct RestartBackoffTests {
    @Test func `doubles from ten seconds to five minutes`() {
        var backoff = RestartBackoff()
        var now = Timestamp.noon
        #expect(backoff.blocked("a", since: now, now: now) == nil)
        var delays: [Duration] = []
        for _ in 0..<7 {
            backoff.tried("a", at: now)
            delays.append(backoff.delay("a"))
            now = now.adding(.seconds(1))
        }
        #expect(delays == [10, 20, 40, 80, 160, 300, 300].map { .seconds($0) })
    }

    @Test func `forgets after ten quiet minutes`() {
        var backoff = RestartBackoff()
        backoff.tried("a", at: .noon)
        let later = Timestamp.noon.adding(.seconds(601))
        #expect(backoff.blocked("a", since: later, now: later) == nil)
        backoff.tried("a", at: later)
        #expect(backoff.delay("a") == .seconds(10))
    }
}

@Suite struct PodWorkerStateMachineTests {
    private func deleted(grace: Int64) -> Pod {
        var pod = Pod.fixture()
        pod.metadata.deletionTimestamp = .noon
        pod.metadata.deletionGracePeriodSeconds = grace
        return pod
    }

    private func expectNext(
        _ machine: inout PodWorkerStateMachine, _ order: PodWorkerStateMachine.Order,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let next = machine.next()
        #expect(next == order, sourceLocation: sourceLocation)
    }

    @Test func `a deleted pod is killed, taken down, removed, then deleted`() {
        var machine = PodWorkerStateMachine()
        expectNext(&machine, .sync)
        machine.observed(deleted(grace: 5))
        expectNext(&machine, .kill(graceSeconds: 5))
        machine.killed()
        expectNext(&machine, .cleanUp(remove: false))
        machine.cleanedUp()
        expectNext(&machine, .cleanUp(remove: true))
        machine.cleanedUp()
        expectNext(&machine, .deleteObject)
        machine.objectDeleted()
        expectNext(&machine, .end)
    }

    @Test func `a completed pod rests with its containers until it is deleted`() {
        var machine = PodWorkerStateMachine()
        machine.completed(graceSeconds: 30)
        machine.killed()
        _ = machine.next()
        machine.cleanedUp()
        expectNext(&machine, .rest)
        machine.observed(deleted(grace: 1))
        expectNext(&machine, .cleanUp(remove: true))
    }

    @Test func `a pod that the API server does not have is taken down without a deletion`() {
        var machine = PodWorkerStateMachine()
        machine.observed(nil, graceSeconds: 3)
        expectNext(&machine, .kill(graceSeconds: 3))
        machine.killed()
        _ = machine.next()
        machine.cleanedUp()
        _ = machine.next()
        machine.cleanedUp()
        expectNext(&machine, .end)
    }

    @Test func `a second deletion only shortens the grace period`() {
        var machine = PodWorkerStateMachine()
        machine.observed(deleted(grace: 10))
        machine.observed(deleted(grace: 20))
        expectNext(&machine, .kill(graceSeconds: 10))
        machine.observed(deleted(grace: 1))
        expectNext(&machine, .kill(graceSeconds: 1))
    }
}
