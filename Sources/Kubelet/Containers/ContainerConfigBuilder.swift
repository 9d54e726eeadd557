import API
import CRI

/// A container of a pod as the runtime's configuration. Everything that had to be fetched or made is handed in.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kuberuntime/kuberuntime_container.go`, `generateContainerConfig`.
struct ContainerConfigBuilder: Sendable {
    var configuration: KubeletConfiguration
    var pod: Pod
    var container: Container
    var attempt: UInt32
    /// What the image service returned for the image.
    var imageRef: String
    var image: ImageRecord?
    var environment: [ContainerConfig.Variable]
    /// Volume name -> path on the node.
    var volumes: [String: String]
    var nodeMemoryBytes: Int64
    /// Id of the container whose processes it sees.
    var target: String?

    func build() throws(ContainerConfigError) -> ContainerConfig {
        var config = ContainerConfig(name: container.name, attempt: attempt, image: imageRef)
        let lookup = Dictionary(environment.map { ($0.name, $0.value) }) { _, last in last }
        config.command = container.command.map { word in VariableExpansion.expand(word) { lookup[$0] } }
        config.args = container.args.map { word in VariableExpansion.expand(word) { lookup[$0] } }
        config.workingDir = container.workingDir
        config.environment = environment
        config.mounts = try mounts(lookup)
        config.labels = SandboxConfigBuilder.labels(pod)
        config.labels[PodLabels.containerName] = container.name
        config.annotations = [
            PodLabels.containerHash: ContainerHash.of(container), PodLabels.restartCount: String(attempt),
            PodLabels.terminationMessagePath: container.terminationMessagePath,
            PodLabels.terminationMessagePolicy: container.terminationMessagePolicy,
            PodLabels.gracePeriod: String(pod.spec.terminationGracePeriodSeconds),
        ]
        config.logPath = "\(container.name)/\(attempt).log"
        config.stdin = container.stdin
        config.stdinOnce = container.stdinOnce
        config.tty = container.tty
        config.resources = LinuxResourcesBuilder.build(container, pod, nodeMemoryBytes: nodeMemoryBytes)
        config.security = try security()
        return config
    }

    private func mounts(_ lookup: [String: String]) throws(ContainerConfigError) -> [ContainerMount] {
        var mounts: [ContainerMount] = []
        for mount in container.volumeMounts {
            guard let path = volumes[mount.name] else {
                throw ContainerConfigError(
                    message: "cannot find volume \"\(mount.name)\" to mount into container \"\(container.name)\"")
            }
            let sub =
                mount.subPathExpr.isEmpty
                ? mount.subPath : VariableExpansion.expand(mount.subPathExpr) { lookup[$0] }
            if sub.split(separator: "/").contains("..") {
                throw ContainerConfigError(message: "subPath \"\(sub)\" must not contain '..'")
            }
            let propagation: ContainerMount.Propagation =
                switch mount.mountPropagation {
                case "HostToContainer": .hostToContainer
                case "Bidirectional": .bidirectional
                default: .private
                }
            mounts.append(
                ContainerMount(
                    containerPath: mount.mountPath.hasPrefix("/") ? mount.mountPath : "/" + mount.mountPath,
                    hostPath: sub.isEmpty ? path : "\(path)/\(sub)", readOnly: mount.readOnly, propagation: propagation))
        }
        let paths = PodPaths(configuration, pod)
        let taken = Set(mounts.map(\.containerPath))
        if !taken.contains("/etc/hosts") {
            mounts.append(ContainerMount(containerPath: "/etc/hosts", hostPath: paths.hosts))
        }
        if !container.terminationMessagePath.isEmpty {
            mounts.append(
                ContainerMount(
                    containerPath: container.terminationMessagePath,
                    hostPath: paths.terminationLog(container.name, attempt: attempt)))
        }
        return mounts
    }

    private func security() throws(ContainerConfigError) -> LinuxSecurity {
        let own = container.securityContext
        let shared = pod.spec.securityContext
        var result = LinuxSecurity()
        result.privileged = own.privileged
        result.namespaces = SandboxConfigBuilder.namespaces(pod.spec)
        if let target { result.namespaces.pid = .target(target) }
        result.runAsUser = own.runAsUser ?? shared.runAsUser
        if result.runAsUser == nil, let image {
            if let uid = image.uid { result.runAsUser = uid } else { result.runAsUsername = image.username }
        }
        result.runAsGroup = own.runAsGroup ?? shared.runAsGroup
        result.supplementalGroups = SandboxConfigBuilder.groups(pod.spec)
        result.readOnlyRootFilesystem = own.readOnlyRootFilesystem
        result.noNewPrivileges = own.allowPrivilegeEscalation == false
        result.addCapabilities = own.addCapabilities
        result.dropCapabilities = own.dropCapabilities
        result.seccomp = Self.seccomp(own.seccompProfile ?? shared.seccompProfile, root: configuration.rootDirectory)
        if own.procMount != "Unmasked" {
            result.maskedPaths = Self.maskedPaths
            result.readOnlyPaths = Self.readOnlyPaths
        }
        try verifyNonRoot(own.runAsNonRoot ?? shared.runAsNonRoot ?? false, result)
        return result
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kuberuntime/security_context.go`, `verifyRunAsNonRoot`.
    private func verifyNonRoot(_ required: Bool, _ security: LinuxSecurity) throws(ContainerConfigError) {
        guard required else { return }
        let place = "(pod: \"\(pod.metadata.name)_\(pod.metadata.namespace)(\(pod.metadata.uid))\", container: \(container.name))"
        if let asked = container.securityContext.runAsUser ?? pod.spec.securityContext.runAsUser {
            if asked == 0 {
                throw ContainerConfigError(message: "container's runAsUser breaks non-root policy \(place)")
            }
            return
        }
        if security.runAsUser == 0 || (security.runAsUser == nil && security.runAsUsername.isEmpty) {
            throw ContainerConfigError(message: "container has runAsNonRoot and image will run as root \(place)")
        }
        if !security.runAsUsername.isEmpty {
            throw ContainerConfigError(
                message: "container has runAsNonRoot and image has non-numeric user (\(security.runAsUsername)), "
                    + "cannot verify user is non-root \(place)")
        }
    }

    static func seccomp(_ profile: SeccompProfile?, root: String) -> SeccompMode {
        switch profile?.type {
        case "RuntimeDefault": .runtimeDefault
        case "Localhost": .localhost("\(root)/seccomp/\(profile?.localhostProfile ?? "")")
        default: .unconfined
        }
    }

    private static let maskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap",
    ]
    private static let readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}
