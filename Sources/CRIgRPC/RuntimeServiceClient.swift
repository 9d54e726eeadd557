package import CRI
package import GRPC
import SwiftProtobuf

/// A container runtime behind its socket.
///
/// Time limits are those of the kubelet: two minutes per call, longer where the runtime waits for the container.
/// - SeeAlso: Kubernetes 1.36 `staging/src/k8s.io/cri-client/pkg/remote_runtime.go`.
package struct RuntimeServiceClient: RuntimeService {
    private static let callTimeout: Duration = .seconds(120)
    /// For calls that a healthy runtime answers from memory.
    private static let lookTimeout: Duration = .seconds(3)
    private let channel: CRIChannel
    private let client: GRPCClient

    package init(client: GRPCClient) {
        self.client = client
        channel = CRIChannel(client: client, service: "runtime.v1.RuntimeService")
    }

    package func version() async throws(RuntimeError) -> RuntimeVersion {
        var request = Runtime_V1_VersionRequest()
        request.version = "0.1.0"
        let answer: Runtime_V1_VersionResponse = try await channel.call("Version", request, timeout: Self.lookTimeout)
        return RuntimeVersion(
            name: answer.runtimeName, version: answer.runtimeVersion, apiVersion: answer.runtimeApiVersion)
    }

    package func status() async throws(RuntimeError) -> [RuntimeCondition] {
        let answer: Runtime_V1_StatusResponse = try await channel.call(
            "Status", Runtime_V1_StatusRequest(), timeout: Self.lookTimeout)
        return answer.status.conditions.map {
            RuntimeCondition(type: $0.type, isMet: $0.status, reason: $0.reason, message: $0.message)
        }
    }

    package func runPodSandbox(_ config: PodSandboxConfig, handler: String) async throws(RuntimeError) -> String {
        var request = Runtime_V1_RunPodSandboxRequest()
        request.config = Runtime_V1_PodSandboxConfig(config)
        request.runtimeHandler = handler
        let answer: Runtime_V1_RunPodSandboxResponse = try await channel.call(
            "RunPodSandbox", request, timeout: Self.callTimeout * 2)
        return answer.podSandboxID
    }

    package func stopPodSandbox(_ id: String) async throws(RuntimeError) {
        var request = Runtime_V1_StopPodSandboxRequest()
        request.podSandboxID = id
        let _: Runtime_V1_StopPodSandboxResponse = try await channel.call(
            "StopPodSandbox", request, timeout: Self.callTimeout)
    }

    package func removePodSandbox(_ id: String) async throws(RuntimeError) {
        var request = Runtime_V1_RemovePodSandboxRequest()
        request.podSandboxID = id
        let _: Runtime_V1_RemovePodSandboxResponse = try await channel.call(
            "RemovePodSandbox", request, timeout: Self.callTimeout)
    }

    package func podSandboxStatus(_ id: String) async throws(RuntimeError) -> PodSandboxStatus {
        var request = Runtime_V1_PodSandboxStatusRequest()
        request.podSandboxID = id
        let answer: Runtime_V1_PodSandboxStatusResponse = try await channel.call(
            "PodSandboxStatus", request, timeout: Self.callTimeout)
        return PodSandboxStatus(answer.status)
    }

    package func listPodSandboxes(labels: [String: String]) async throws(RuntimeError) -> [PodSandbox] {
        var request = Runtime_V1_ListPodSandboxRequest()
        request.filter.labelSelector = labels
        let answer: Runtime_V1_ListPodSandboxResponse = try await channel.call(
            "ListPodSandbox", request, timeout: Self.lookTimeout)
        return answer.items.map(PodSandbox.init)
    }

    package func createContainer(_ config: ContainerConfig, in sandbox: String, sandboxConfig: PodSandboxConfig)
        async throws(RuntimeError) -> String
    {
        var request = Runtime_V1_CreateContainerRequest()
        request.podSandboxID = sandbox
        request.config = Runtime_V1_ContainerConfig(config)
        request.sandboxConfig = Runtime_V1_PodSandboxConfig(sandboxConfig)
        let answer: Runtime_V1_CreateContainerResponse = try await channel.call(
            "CreateContainer", request, timeout: Self.callTimeout)
        return answer.containerID
    }

    package func startContainer(_ id: String) async throws(RuntimeError) {
        var request = Runtime_V1_StartContainerRequest()
        request.containerID = id
        let _: Runtime_V1_StartContainerResponse = try await channel.call(
            "StartContainer", request, timeout: Self.callTimeout)
    }

    package func stopContainer(_ id: String, graceSeconds: Int64) async throws(RuntimeError) {
        var request = Runtime_V1_StopContainerRequest()
        request.containerID = id
        request.timeout = graceSeconds
        let _: Runtime_V1_StopContainerResponse = try await channel.call(
            "StopContainer", request, timeout: Self.callTimeout + .seconds(graceSeconds))
    }

    package func removeContainer(_ id: String) async throws(RuntimeError) {
        var request = Runtime_V1_RemoveContainerRequest()
        request.containerID = id
        let _: Runtime_V1_RemoveContainerResponse = try await channel.call(
            "RemoveContainer", request, timeout: Self.callTimeout)
    }

    package func listContainers(labels: [String: String]) async throws(RuntimeError) -> [RuntimeContainer] {
        var request = Runtime_V1_ListContainersRequest()
        request.filter.labelSelector = labels
        let answer: Runtime_V1_ListContainersResponse = try await channel.call(
            "ListContainers", request, timeout: Self.lookTimeout)
        return answer.containers.map(RuntimeContainer.init)
    }

    package func containerStatus(_ id: String) async throws(RuntimeError) -> RuntimeContainerStatus {
        var request = Runtime_V1_ContainerStatusRequest()
        request.containerID = id
        let answer: Runtime_V1_ContainerStatusResponse = try await channel.call(
            "ContainerStatus", request, timeout: Self.callTimeout)
        return RuntimeContainerStatus(answer.status)
    }

    package func updateResources(_ id: String, _ resources: LinuxResources) async throws(RuntimeError) {
        var request = Runtime_V1_UpdateContainerResourcesRequest()
        request.containerID = id
        request.linux = Runtime_V1_LinuxContainerResources(resources)
        let _: Runtime_V1_UpdateContainerResourcesResponse = try await channel.call(
            "UpdateContainerResources", request, timeout: Self.callTimeout)
    }

    package func execSync(_ id: String, command: [String], timeout: Duration) async throws(RuntimeError) -> ExecResult {
        var request = Runtime_V1_ExecSyncRequest()
        request.containerID = id
        request.cmd = command
        request.timeout = max(1, timeout.components.seconds)
        let answer: Runtime_V1_ExecSyncResponse = try await channel.call(
            "ExecSync", request, timeout: timeout + Self.callTimeout)
        return ExecResult(stdout: Array(answer.stdout), stderr: Array(answer.stderr), exitCode: answer.exitCode)
    }

    package func exec(_ id: String, command: [String], streams: StreamOptions) async throws(RuntimeError) -> String {
        var request = Runtime_V1_ExecRequest()
        request.containerID = id
        request.cmd = command
        request.tty = streams.tty
        request.stdin = streams.stdin
        request.stdout = streams.stdout
        request.stderr = streams.stderr
        let answer: Runtime_V1_ExecResponse = try await channel.call("Exec", request, timeout: Self.callTimeout)
        return answer.url
    }

    package func attach(_ id: String, streams: StreamOptions) async throws(RuntimeError) -> String {
        var request = Runtime_V1_AttachRequest()
        request.containerID = id
        request.tty = streams.tty
        request.stdin = streams.stdin
        request.stdout = streams.stdout
        request.stderr = streams.stderr
        let answer: Runtime_V1_AttachResponse = try await channel.call("Attach", request, timeout: Self.callTimeout)
        return answer.url
    }

    package func portForward(sandbox: String, ports: [Int32]) async throws(RuntimeError) -> String {
        var request = Runtime_V1_PortForwardRequest()
        request.podSandboxID = sandbox
        request.port = ports
        let answer: Runtime_V1_PortForwardResponse = try await channel.call(
            "PortForward", request, timeout: Self.callTimeout)
        return answer.url
    }

    /// containerd's own event service on the same socket; the interface's `GetContainerEvents` is not implemented by 1.6.
    package func wakeups() async throws(RuntimeError) -> AsyncThrowingStream<Void, any Error> {
        var request = Containerd_Services_Events_V1_SubscribeRequest()
        request.filters = [#"topic~="^/tasks/""#]
        let events: AsyncThrowingStream<[UInt8], any Error>
        do {
            events = try await client.serverStream(
                path: "/containerd.services.events.v1.Events/Subscribe", message: try request.serializedBytes(),
                metadata: [("containerd-namespace", "k8s.io")])
        } catch let error as GRPCError {
            throw RuntimeError(error)
        } catch {
            throw RuntimeError(code: .internal, message: "\(error)")
        }
        let iterator = EventIterator(events.makeAsyncIterator())
        return AsyncThrowingStream { try await iterator.next() }
    }
}

/// The next event of containerd's stream that concerns a pod.
private actor EventIterator {
    private var events: AsyncThrowingStream<[UInt8], any Error>.Iterator

    init(_ events: AsyncThrowingStream<[UInt8], any Error>.Iterator) { self.events = events }

    func next() async throws -> Void? {
        while true {
            var copy = events
            let bytes = try await copy.next(isolation: self)
            events = copy
            guard let bytes else { return nil }
            let event = try Containerd_Services_Events_V1_Envelope(serializedBytes: bytes)
            if event.namespace == "k8s.io" { return () }
        }
    }
}
