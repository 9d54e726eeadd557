import API
import CRI
import JSON

@testable import Kubelet

extension Timestamp {
    static let noon = Timestamp(seconds: 1_800_000_000)
}

extension Pod {
    /// A pod of one or more containers named as given, read from JSON so that defaults are those of the views.
    static func fixture(_ spec: JSONValue = [:], containers: [String] = ["web"], status: JSONValue = [:]) -> Pod {
        var spec = spec
        if spec["containers"] == nil {
            spec["containers"] = .array(containers.map { ["name": .string($0), "image": "busybox:1"] })
        }
        spec["nodeName"] = "node1"
        return Pod(json: [
            "metadata": ["name": "pod", "namespace": "default", "uid": "u1", "labels": ["app": "web"]], "spec": spec,
            "status": status,
        ])
    }
}

extension PodSandbox {
    static func fixture(_ id: String = "s1", attempt: UInt32 = 0, isReady: Bool = true) -> PodSandbox {
        PodSandbox(
            id: id, metadata: SandboxMetadata(name: "pod", uid: "u1", namespace: "default", attempt: attempt), isReady: isReady,
            createdAt: Int64(attempt) + 1)
    }
}

extension ObservedContainer {
    static func fixture(
        _ name: String = "web", id: String? = nil, attempt: UInt32 = 0, state: RuntimeContainerState = .running,
        exitCode: Int32 = 0, sandbox: String = "s1", finishedAt: Timestamp = .noon, image: String = "busybox:1"
    ) -> ObservedContainer {
        var status = RuntimeContainerStatus(
            id: id ?? "\(name)-\(attempt)", name: name, attempt: attempt, state: state, createdAt: Int64(attempt) + 1)
        status.startedAt = Timestamp.noon.seconds * 1_000_000_000
        status.exitCode = exitCode
        status.reason = state == .exited ? exitCode == 0 ? "Completed" : "Error" : ""
        if state == .exited { status.finishedAt = finishedAt.seconds * 1_000_000_000 }
        status.annotations[PodLabels.containerHash] = ContainerHash.of(Container(name: name, image: image))
        return ObservedContainer(sandbox: sandbox, status: status)
    }
}

extension PodObservation {
    static func of(_ containers: [ObservedContainer], sandboxes: [PodSandbox] = [.fixture()]) -> PodObservation {
        PodObservation(sandboxes: sandboxes, addresses: ["10.244.1.2"], containers: containers)
    }
}
