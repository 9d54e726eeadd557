import API
import CRI

/// A pod as the runtime's sandbox.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kuberuntime/kuberuntime_sandbox.go`, `generatePodSandboxConfig`.
struct SandboxConfigBuilder: Sendable {
    var configuration: KubeletConfiguration
    var dns: DNSResolution

    func build(_ pod: Pod, attempt: UInt32) -> PodSandboxConfig {
        let spec = pod.spec
        var config = PodSandboxConfig(
            metadata: SandboxMetadata(
                name: pod.metadata.name, uid: pod.metadata.uid, namespace: pod.metadata.namespace, attempt: attempt))
        if !spec.hostNetwork {
            config.hostname = HostsFile.hostname(pod)
            let domain = HostsFile.domain(pod, clusterDomain: configuration.clusterDomain)
            if spec.setHostnameAsFQDN, !domain.isEmpty { config.hostname += "." + domain }
        }
        config.logDirectory = PodPaths(configuration, pod).logs
        config.dns = dns.config(pod)
        config.portMappings = spec.containers.flatMap(\.ports).filter { $0.hostPort > 0 && !spec.hostNetwork }.map(Self.mapping)
        config.labels = pod.metadata.labels.merging(Self.labels(pod)) { _, own in own }
        config.annotations = pod.metadata.annotations
        config.annotations[PodLabels.gracePeriod] = String(spec.terminationGracePeriodSeconds)
        config.cgroupParent = PodCgroupPath.of(pod)
        config.sysctls = Dictionary(spec.securityContext.sysctls.map { ($0.name, $0.value) }) { _, last in last }
        config.namespaces = Self.namespaces(spec)
        config.supplementalGroups = Self.groups(spec)
        config.runAsUser = spec.securityContext.runAsUser
        config.runAsGroup = spec.securityContext.runAsUser == nil ? nil : spec.securityContext.runAsGroup
        config.privileged = (spec.containers + spec.initContainers).contains { $0.securityContext.privileged }
        config.seccomp = .runtimeDefault
        return config
    }

    static func labels(_ pod: Pod) -> [String: String] {
        [
            PodLabels.podName: pod.metadata.name, PodLabels.podNamespace: pod.metadata.namespace,
            PodLabels.podUID: pod.metadata.uid,
        ]
    }

    static func namespaces(_ spec: PodSpec) -> NamespaceOptions {
        NamespaceOptions(
            network: spec.hostNetwork ? .node : .pod,
            pid: spec.hostPID ? .node : spec.shareProcessNamespace ? .pod : .container,
            ipc: spec.hostIPC ? .node : .pod)
    }

    static func groups(_ spec: PodSpec) -> [Int64] {
        spec.securityContext.supplementalGroups + [spec.securityContext.fsGroup].compactMap { $0 }
    }

    private static func mapping(_ port: ContainerPort) -> PortMapping {
        PortMapping(
            transport: port.protocol == "UDP" ? .udp : port.protocol == "SCTP" ? .sctp : .tcp,
            containerPort: Int32(clamping: port.containerPort), hostPort: Int32(clamping: port.hostPort), hostIP: port.hostIP)
    }
}

/// Where the files of one pod lie on the node.
struct PodPaths: Sendable {
    let root: String
    let logs: String

    init(_ configuration: KubeletConfiguration, namespace: String, name: String, uid: String) {
        root = "\(configuration.rootDirectory)/pods/\(uid)"
        logs = "\(configuration.podLogsDirectory)/\(namespace)_\(name)_\(uid)"
    }

    init(_ configuration: KubeletConfiguration, _ pod: Pod) {
        self.init(configuration, namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid)
    }

    var hosts: String { "\(root)/etc-hosts" }
    var volumes: String { "\(root)/volumes" }
    func volume(_ plugin: String, _ name: String) -> String { "\(volumes)/kubernetes.io~\(plugin)/\(name)" }
    func terminationLog(_ container: String, attempt: UInt32) -> String { "\(root)/containers/\(container)/\(attempt)" }
    func log(_ container: String, attempt: UInt32) -> String { "\(logs)/\(container)/\(attempt).log" }
}

/// Where a pod's cgroups hang: by class, so that classes can be weighed against each other.
enum PodCgroupPath {
    static func of(_ pod: Pod) -> String {
        switch pod.qosClass {
        case .guaranteed: "/kubepods/pod\(pod.metadata.uid)"
        case .burstable: "/kubepods/burstable/pod\(pod.metadata.uid)"
        case .bestEffort: "/kubepods/besteffort/pod\(pod.metadata.uid)"
        }
    }

    /// Every place where a pod of unknown class may be.
    static func candidates(uid: String) -> [String] {
        ["/kubepods/pod\(uid)", "/kubepods/burstable/pod\(uid)", "/kubepods/besteffort/pod\(uid)"]
    }
}
