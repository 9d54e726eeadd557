package import JSON

/// A container of a pod, initial or not.
package struct Container: Hashable, Sendable {
    package var name = ""
    package var image = ""
    /// `Always`, `IfNotPresent` or `Never`; empty: `Always` for `:latest`, else `IfNotPresent`.
    package var imagePullPolicy = ""
    package var command: [String] = []
    package var args: [String] = []
    package var workingDir = ""
    package var env: [EnvVar] = []
    package var envFrom: [EnvFromSource] = []
    package var ports: [ContainerPort] = []
    package var resources = ResourceRequirements()
    package var volumeMounts: [VolumeMount] = []
    @Boxed package var livenessProbe: Probe?
    @Boxed package var readinessProbe: Probe?
    @Boxed package var startupProbe: Probe?
    @Boxed package var postStart: LifecycleHandler?
    @Boxed package var preStop: LifecycleHandler?
    package var securityContext = SecurityContext()
    package var stdin = false
    package var stdinOnce = false
    package var tty = false
    package var terminationMessagePath = "/dev/termination-log"
    package var terminationMessagePolicy = "File"
    /// Init containers only: `Always` makes it run beside the containers.
    package var restartPolicy = ""
    /// Ephemeral containers only: whose processes it sees; empty: its own.
    package var targetContainerName = ""

    package init() {}

    package init(name: String, image: String) {
        self.name = name
        self.image = image
    }

    package init(json: JSONValue) {
        name = json["name"]?.string ?? ""
        image = json["image"]?.string ?? ""
        imagePullPolicy = json["imagePullPolicy"]?.string ?? ""
        command = json["command"]?.array?.compactMap(\.string) ?? []
        args = json["args"]?.array?.compactMap(\.string) ?? []
        workingDir = json["workingDir"]?.string ?? ""
        env = json["env"]?.array?.map(EnvVar.init(json:)) ?? []
        envFrom = json["envFrom"]?.array?.map(EnvFromSource.init(json:)) ?? []
        ports = json["ports"]?.array?.map(ContainerPort.init(json:)) ?? []
        resources = ResourceRequirements(json: json["resources"] ?? [:])
        volumeMounts = json["volumeMounts"]?.array?.map(VolumeMount.init(json:)) ?? []
        livenessProbe = json["livenessProbe"].flatMap(Probe.init(json:))
        readinessProbe = json["readinessProbe"].flatMap(Probe.init(json:))
        startupProbe = json["startupProbe"].flatMap(Probe.init(json:))
        postStart = json["lifecycle"]?["postStart"].flatMap(LifecycleHandler.init(json:))
        preStop = json["lifecycle"]?["preStop"].flatMap(LifecycleHandler.init(json:))
        securityContext = SecurityContext(json: json["securityContext"] ?? [:])
        stdin = json["stdin"]?.bool ?? false
        stdinOnce = json["stdinOnce"]?.bool ?? false
        tty = json["tty"]?.bool ?? false
        terminationMessagePath = json["terminationMessagePath"]?.string ?? "/dev/termination-log"
        terminationMessagePolicy = json["terminationMessagePolicy"]?.string ?? "File"
        restartPolicy = json["restartPolicy"]?.string ?? ""
        targetContainerName = json["targetContainerName"]?.string ?? ""
    }

    /// An init container that keeps running beside the containers.
    package var isRestartable: Bool { restartPolicy == "Always" }
}

package struct ContainerPort: Hashable, Sendable {
    package var name: String
    package var containerPort: Int
    /// Zero: none.
    package var hostPort: Int
    package var hostIP: String
    package var `protocol`: String

    package init(name: String = "", containerPort: Int, hostPort: Int = 0, hostIP: String = "", protocol: String = "TCP") {
        self.name = name
        self.containerPort = containerPort
        self.hostPort = hostPort
        self.hostIP = hostIP
        self.protocol = `protocol`
    }

    package init(json: JSONValue) {
        self.init(
            name: json["name"]?.string ?? "", containerPort: Int(clamping: json["containerPort"]?.int ?? 0),
            hostPort: Int(clamping: json["hostPort"]?.int ?? 0), hostIP: json["hostIP"]?.string ?? "",
            protocol: json["protocol"]?.string ?? "TCP")
    }
}

package struct ResourceRequirements: Hashable, Sendable {
    package var requests: ResourceList = [:]
    package var limits: ResourceList = [:]

    package init(requests: ResourceList = [:], limits: ResourceList = [:]) {
        self.requests = requests
        self.limits = limits
    }

    package init(json: JSONValue) {
        requests = ResourceList(json: json["requests"])
        limits = ResourceList(json: json["limits"])
    }
}

package struct VolumeMount: Hashable, Sendable {
    package var name: String
    package var mountPath: String
    package var subPath: String
    package var subPathExpr: String
    package var readOnly: Bool
    /// `None`, `HostToContainer` or `Bidirectional`.
    package var mountPropagation: String

    package init(json: JSONValue) {
        name = json["name"]?.string ?? ""
        mountPath = json["mountPath"]?.string ?? ""
        subPath = json["subPath"]?.string ?? ""
        subPathExpr = json["subPathExpr"]?.string ?? ""
        readOnly = json["readOnly"]?.bool ?? false
        mountPropagation = json["mountPropagation"]?.string ?? "None"
    }
}

/// `securityContext` of a container.
package struct SecurityContext: Hashable, Sendable {
    package var runAsUser: Int64?
    package var runAsGroup: Int64?
    package var runAsNonRoot: Bool?
    package var readOnlyRootFilesystem = false
    package var allowPrivilegeEscalation: Bool?
    package var privileged = false
    package var addCapabilities: [String] = []
    package var dropCapabilities: [String] = []
    package var seccompProfile: SeccompProfile?
    /// `Default` or `Unmasked`.
    package var procMount = ""

    package init() {}

    package init(json: JSONValue) {
        runAsUser = json["runAsUser"]?.int
        runAsGroup = json["runAsGroup"]?.int
        runAsNonRoot = json["runAsNonRoot"]?.bool
        readOnlyRootFilesystem = json["readOnlyRootFilesystem"]?.bool ?? false
        allowPrivilegeEscalation = json["allowPrivilegeEscalation"]?.bool
        privileged = json["privileged"]?.bool ?? false
        addCapabilities = json["capabilities"]?["add"]?.array?.compactMap(\.string) ?? []
        dropCapabilities = json["capabilities"]?["drop"]?.array?.compactMap(\.string) ?? []
        seccompProfile = json["seccompProfile"].map(SeccompProfile.init(json:))
        procMount = json["procMount"]?.string ?? ""
    }
}
