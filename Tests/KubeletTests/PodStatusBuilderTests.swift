import API
import CRI
import JSON
import Testing

@testable import Kubelet

@Suite struct PodStatusBuilderTests {
    private func build(
        _ pod: Pod, _ observed: PodObservation, probes: ProbeVerdicts = ProbeVerdicts(), waiting: [String: WaitingReason] = [:],
        isTerminal: Bool = false
    ) -> PodStatus {
        PodStatusBuilder(
            pod: pod, observed: observed, probes: probes, waiting: waiting, nodeAddresses: ["172.18.0.11"],
            isTerminal: isTerminal,
            failure: nil, now: .noon
        ).build()
    }

    @Test func `a new pod is pending and says what it waits for`() {
        let status = build(.fixture(), .nothing)
        #expect(status.phase == "Pending")
        #expect(status.containerStatuses[0].state == .waiting(reason: "ContainerCreating", message: ""))
        #expect(status.conditions["PodReadyToStartContainers"]?.status == "False")
        #expect(status.conditions["Ready"]?.message == "containers with unready status: [web]")
        #expect(status.hostIP == "172.18.0.11" && status.startTime == .noon && status.qosClass == "BestEffort")
    }

    @Test func `a running pod is ready and has its addresses`() {
        let status = build(.fixture(), .of([.fixture()]))
        #expect(status.phase == "Running")
        #expect(status.podIP == "10.244.1.2")
        #expect(
            status.conditions.map { "\($0.type)=\($0.status)" } == [
                "PodReadyToStartContainers=True", "Initialized=True", "Ready=True", "ContainersReady=True", "PodScheduled=True",
            ])
    }

    @Test func `an ephemeral container is reported and counts for nothing`() throws {
        let pod = Pod.fixture(["ephemeralContainers": [["name": "look", "image": "x"]]])
        let status = build(pod, .of([.fixture(), .fixture("look", state: .exited, exitCode: 3)]))
        #expect(status.phase == "Running" && status.conditions["Ready"]?.isTrue == true)
        let look = try #require(status.ephemeralContainerStatuses.first)
        #expect(look.ready == false && look.started == nil)
        guard case .terminated(let ended) = look.state else {
            Issue.record("\(look.state)")
            return
        }
        #expect(ended.exitCode == 3)
    }

    @Test func `an undecided readiness probe keeps a pod unready`() {
        let pod = Pod.fixture(["containers": [["name": "web", "image": "x", "readinessProbe": ["tcpSocket": ["port": 80]]]]])
        #expect(!build(pod, .of([.fixture()])).containerStatuses[0].ready)
        var probes = ProbeVerdicts()
        probes.ready["web-0"] = true
        #expect(build(pod, .of([.fixture()]), probes: probes).containerStatuses[0].ready)
    }

    @Test func `a crashing container waits, remembers how it ended, and its pod still runs`() {
        let status = build(
            .fixture(), .of([.fixture(attempt: 1, state: .exited, exitCode: 3), .fixture(state: .exited, exitCode: 3)]),
            waiting: ["web": WaitingReason(reason: "CrashLoopBackOff", message: "back-off")])
        #expect(status.phase == "Running")
        #expect(status.containerStatuses[0].restartCount == 1)
        #expect(status.containerStatuses[0].state == .waiting(reason: "CrashLoopBackOff", message: "back-off"))
        guard case .terminated(let ended)? = status.containerStatuses[0].lastState else {
            Issue.record("no last state")
            return
        }
        #expect(ended.exitCode == 3)
    }

    @Test(arguments: [(Int32(0), "Succeeded", "PodCompleted"), (1, "Failed", "PodFailed")])
    func `a pod that never restarts ends as its container does`(exitCode: Int32, phase: String, reason: String) {
        let status = build(.fixture(["restartPolicy": "Never"]), .of([.fixture(state: .exited, exitCode: exitCode)]))
        #expect(status.phase == phase)
        #expect(status.conditions["Ready"]?.reason == reason)
    }

    @Test func `an init container that has not ended keeps the pod pending`() {
        let pod = Pod.fixture(["initContainers": [["name": "i", "image": "x"]]])
        let status = build(pod, .of([.fixture("i")]))
        #expect(status.phase == "Pending")
        #expect(status.containerStatuses[0].state == .waiting(reason: "PodInitializing", message: ""))
        #expect(status.conditions["Initialized"]?.message == "containers with incomplete status: [i]")
    }

    @Test func `transition times move only with the status, and foreign conditions stay`() {
        let pod = Pod.fixture(status: [
            "conditions": [
                ["type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"],
                ["type": "example.com/gate", "status": "True"],
            ]
        ])
        let status = build(pod, .of([.fixture()]))
        #expect(status.conditions["Ready"]?.lastTransitionTime == Timestamp(parsing: "2026-01-01T00:00:00Z"))
        #expect(status.conditions["ContainersReady"]?.lastTransitionTime == .noon)
        #expect(status.conditions["example.com/gate"]?.isTrue == true)
    }

    @Test func `building twice from its own result changes nothing`() {
        var pod = Pod.fixture()
        let first = build(pod, .of([.fixture()]))
        pod.status = first
        #expect(build(pod, .of([.fixture()])) == first)
    }

    @Test func `a pod on the node's network has the node's address`() {
        let observed = PodObservation(sandboxes: [.fixture()], addresses: [], containers: [.fixture()])
        #expect(build(.fixture(["hostNetwork": true]), observed).podIP == "172.18.0.11")
    }
}
