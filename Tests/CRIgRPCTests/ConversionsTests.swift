import CRI
import SwiftProtobuf
import Testing

@testable import CRIgRPC

@Suite struct ConversionsTests {
    @Test func `a sandbox keeps its fields on the wire`() throws {
        var config = PodSandboxConfig(metadata: SandboxMetadata(name: "web", uid: "u1", namespace: "default", attempt: 2))
        config.hostname = "web"
        config.cgroupParent = "/kubepods/podu1"
        config.namespaces = NamespaceOptions(network: .node, pid: .container, ipc: .pod)
        config.seccomp = .localhost("/x.json")
        config.labels = ["a": "b"]
        let message = try Runtime_V1_PodSandboxConfig(
            serializedBytes: Runtime_V1_PodSandboxConfig(config).serializedBytes() as [UInt8])
        #expect(message.metadata.attempt == 2)
        #expect(message.linux.cgroupParent == "/kubepods/podu1")
        #expect(message.linux.securityContext.namespaceOptions.network == .node)
        #expect(message.linux.securityContext.namespaceOptions.pid == .container)
        #expect(message.linux.securityContext.seccomp.localhostRef == "/x.json")
        #expect(message.labels == ["a": "b"])
    }

    @Test func `field numbers are those of the interface`() throws {
        var security = LinuxSecurity()
        security.runAsUser = 7
        security.noNewPrivileges = true
        security.seccomp = .unconfined
        let bytes: [UInt8] = try Runtime_V1_LinuxContainerSecurityContext(security).serializedBytes()
        // run_as_user = 5, no_new_privs = 11, seccomp = 15
        #expect(Set([0x2a, 0x58, 0x7a]).isSubset(of: Set(bytes)))
    }

    @Test func `an absent user is not user zero`() {
        #expect(!Runtime_V1_LinuxContainerSecurityContext(LinuxSecurity()).hasRunAsUser)
    }

    @Test func `a container status is read whole`() {
        var message = Runtime_V1_ContainerStatus()
        message.id = "c1"
        message.metadata.name = "web"
        message.metadata.attempt = 3
        message.state = .containerExited
        message.exitCode = 137
        message.reason = "OOMKilled"
        let status = RuntimeContainerStatus(message)
        #expect(status.state == .exited && status.attempt == 3 && status.exitCode == 137 && status.reason == "OOMKilled")
    }
}
