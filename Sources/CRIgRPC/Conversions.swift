import CRI

extension Runtime_V1_NamespaceOption {
    init(_ options: NamespaceOptions) {
        func mode(_ mode: NamespaceMode) -> Runtime_V1_NamespaceMode {
            switch mode {
            case .pod: .pod
            case .container: .container
            case .node: .node
            case .target: .target
            }
        }
        self.init()
        network = mode(options.network)
        pid = mode(options.pid)
        ipc = mode(options.ipc)
        if case .target(let id) = options.pid { targetID = id }
    }
}

extension Runtime_V1_SecurityProfile {
    init(_ mode: SeccompMode) {
        self.init()
        switch mode {
        case .runtimeDefault: profileType = .runtimeDefault
        case .unconfined: profileType = .unconfined
        case .localhost(let path):
            profileType = .localhost
            localhostRef = path
        }
    }
}

extension Runtime_V1_Int64Value {
    init(_ value: Int64) {
        self.init()
        self.value = value
    }
}

extension Runtime_V1_PodSandboxConfig {
    init(_ config: PodSandboxConfig) {
        self.init()
        metadata.name = config.metadata.name
        metadata.uid = config.metadata.uid
        metadata.namespace = config.metadata.namespace
        metadata.attempt = config.metadata.attempt
        hostname = config.hostname
        logDirectory = config.logDirectory
        dnsConfig.servers = config.dns.servers
        dnsConfig.searches = config.dns.searches
        dnsConfig.options = config.dns.options
        portMappings = config.portMappings.map(Runtime_V1_PortMapping.init)
        labels = config.labels
        annotations = config.annotations
        linux.cgroupParent = config.cgroupParent
        linux.sysctls = config.sysctls
        linux.securityContext.namespaceOptions = Runtime_V1_NamespaceOption(config.namespaces)
        linux.securityContext.privileged = config.privileged
        linux.securityContext.supplementalGroups = config.supplementalGroups
        linux.securityContext.seccomp = Runtime_V1_SecurityProfile(config.seccomp)
        if let user = config.runAsUser { linux.securityContext.runAsUser = Runtime_V1_Int64Value(user) }
        if let group = config.runAsGroup { linux.securityContext.runAsGroup = Runtime_V1_Int64Value(group) }
    }
}

extension Runtime_V1_PortMapping {
    init(_ mapping: PortMapping) {
        self.init()
        switch mapping.transport {
        case .tcp: self.protocol = .tcp
        case .udp: self.protocol = .udp
        case .sctp: self.protocol = .sctp
        }
        containerPort = mapping.containerPort
        hostPort = mapping.hostPort
        hostIp = mapping.hostIP
    }
}

extension Runtime_V1_LinuxContainerResources {
    init(_ resources: LinuxResources) {
        self.init()
        cpuPeriod = resources.cpuPeriod
        cpuQuota = resources.cpuQuota
        cpuShares = resources.cpuShares
        memoryLimitInBytes = resources.memoryLimitBytes
        oomScoreAdj = resources.oomScoreAdjust
        unified = resources.unified
    }
}

extension Runtime_V1_Mount {
    init(_ mount: ContainerMount) {
        self.init()
        containerPath = mount.containerPath
        hostPath = mount.hostPath
        readonly = mount.readOnly
        switch mount.propagation {
        case .private: propagation = .propagationPrivate
        case .hostToContainer: propagation = .propagationHostToContainer
        case .bidirectional: propagation = .propagationBidirectional
        }
    }
}

extension Runtime_V1_LinuxContainerSecurityContext {
    init(_ security: LinuxSecurity) {
        self.init()
        capabilities.addCapabilities = security.addCapabilities
        capabilities.dropCapabilities = security.dropCapabilities
        privileged = security.privileged
        namespaceOptions = Runtime_V1_NamespaceOption(security.namespaces)
        if let user = security.runAsUser { runAsUser = Runtime_V1_Int64Value(user) }
        runAsUsername = security.runAsUsername
        if let group = security.runAsGroup { runAsGroup = Runtime_V1_Int64Value(group) }
        supplementalGroups = security.supplementalGroups
        readonlyRootfs = security.readOnlyRootFilesystem
        noNewPrivs = security.noNewPrivileges
        maskedPaths = security.maskedPaths
        readonlyPaths = security.readOnlyPaths
        seccomp = Runtime_V1_SecurityProfile(security.seccomp)
    }
}

extension Runtime_V1_ContainerConfig {
    init(_ config: ContainerConfig) {
        self.init()
        metadata.name = config.name
        metadata.attempt = config.attempt
        image.image = config.image
        command = config.command
        args = config.args
        workingDir = config.workingDir
        envs = config.environment.map { variable in
            var result = Runtime_V1_KeyValue()
            result.key = variable.name
            result.value = variable.value
            return result
        }
        mounts = config.mounts.map(Runtime_V1_Mount.init)
        labels = config.labels
        annotations = config.annotations
        logPath = config.logPath
        stdin = config.stdin
        stdinOnce = config.stdinOnce
        tty = config.tty
        linux.resources = Runtime_V1_LinuxContainerResources(config.resources)
        linux.securityContext = Runtime_V1_LinuxContainerSecurityContext(config.security)
    }
}

extension SandboxMetadata {
    init(_ message: Runtime_V1_PodSandboxMetadata) {
        self.init(name: message.name, uid: message.uid, namespace: message.namespace, attempt: message.attempt)
    }
}

extension PodSandbox {
    init(_ message: Runtime_V1_PodSandbox) {
        self.init(
            id: message.id, metadata: SandboxMetadata(message.metadata), isReady: message.state == .sandboxReady,
            createdAt: message.createdAt, labels: message.labels, annotations: message.annotations)
    }
}

extension PodSandboxStatus {
    init(_ message: Runtime_V1_PodSandboxStatus) {
        let first = message.network.ip.isEmpty ? [] : [message.network.ip]
        self.init(
            sandbox: PodSandbox(
                id: message.id, metadata: SandboxMetadata(message.metadata), isReady: message.state == .sandboxReady,
                createdAt: message.createdAt, labels: message.labels, annotations: message.annotations),
            addresses: first + message.network.additionalIps.map(\.ip))
    }
}

extension RuntimeContainerState {
    init(_ message: Runtime_V1_ContainerState) {
        switch message {
        case .containerCreated: self = .created
        case .containerRunning: self = .running
        case .containerExited: self = .exited
        case .containerUnknown, .UNRECOGNIZED: self = .unknown
        }
    }
}

extension RuntimeContainer {
    init(_ message: Runtime_V1_Container) {
        self.init(
            id: message.id, sandbox: message.podSandboxID, name: message.metadata.name, attempt: message.metadata.attempt,
            image: message.image.image, imageRef: message.imageRef, state: RuntimeContainerState(message.state),
            createdAt: message.createdAt, labels: message.labels, annotations: message.annotations)
    }
}

extension RuntimeContainerStatus {
    init(_ message: Runtime_V1_ContainerStatus) {
        self.init(
            id: message.id, name: message.metadata.name, attempt: message.metadata.attempt,
            state: RuntimeContainerState(message.state), createdAt: message.createdAt)
        startedAt = message.startedAt
        finishedAt = message.finishedAt
        exitCode = message.exitCode
        image = message.image.image
        imageRef = message.imageRef
        reason = message.reason
        self.message = message.message
        labels = message.labels
        annotations = message.annotations
        logPath = message.logPath
    }
}

extension ImageRecord {
    init(_ message: Runtime_V1_Image) {
        self.init(
            id: message.id, tags: message.repoTags, digests: message.repoDigests, sizeBytes: message.size,
            uid: message.hasUid ? message.uid.value : nil, username: message.username)
    }
}
