package import JSON

/// `spec` of a Pod, or of a pod template.
package struct PodSpec: Hashable, Sendable {
    package var containers: [Container] = []
    package var initContainers: [Container] = []
    /// Added to a running pod to look at it; never restarted.
    package var ephemeralContainers: [Container] = []
    package var volumes: [Volume] = []
    package var nodeName = ""
    package var nodeSelector: [String: String] = [:]
    @Rare package var affinity = Affinity()
    package var tolerations: [Toleration] = []
    package var topologySpreadConstraints: [TopologySpreadConstraint] = []
    /// `Always`, `OnFailure` or `Never`.
    package var restartPolicy = "Always"
    package var terminationGracePeriodSeconds: Int64 = 30
    package var activeDeadlineSeconds: Int64?
    package var hostNetwork = false
    package var hostPID = false
    package var hostIPC = false
    package var shareProcessNamespace = false
    package var dnsPolicy = "ClusterFirst"
    @Rare package var dnsConfig = PodDNSConfig()
    package var hostAliases: [HostAlias] = []
    package var hostname = ""
    package var subdomain = ""
    /// Overrides the name that the pod knows itself by; its records follow `hostname` all the same.
    package var hostnameOverride = ""
    package var setHostnameAsFQDN = false
    package var serviceAccountName = ""
    package var automountServiceAccountToken: Bool?
    package var priority: Int64 = 0
    package var priorityClassName = ""
    package var preemptionPolicy = ""
    package var schedulerName = "default-scheduler"
    package var readinessGates: [String] = []
    package var schedulingGates: [String] = []
    package var overhead: ResourceList = [:]
    /// Of the pod as a whole; what it names counts instead of the containers' sum.
    package var resources = ResourceRequirements()
    package var imagePullSecrets: [String] = []
    package var enableServiceLinks = true
    package var runtimeClassName = ""
    @Rare package var securityContext = PodSecurityContext()

    /// Those of all three lists.
    package var everyContainer: [Container] { initContainers + containers + ephemeralContainers }

    package init() {}

    package init(containers: [Container], nodeName: String = "") {
        self.containers = containers
        self.nodeName = nodeName
    }

    package init(json: JSONValue) {
        containers = json["containers"]?.array?.map(Container.init(json:)) ?? []
        initContainers = json["initContainers"]?.array?.map(Container.init(json:)) ?? []
        ephemeralContainers = json["ephemeralContainers"]?.array?.map(Container.init(json:)) ?? []
        volumes = json["volumes"]?.array?.map(Volume.init(json:)) ?? []
        nodeName = json["nodeName"]?.string ?? ""
        nodeSelector = json["nodeSelector"]?.object?.strings ?? [:]
        affinity = Affinity(json: json["affinity"] ?? [:])
        tolerations = json["tolerations"]?.array?.map(Toleration.init(json:)) ?? []
        topologySpreadConstraints =
            json["topologySpreadConstraints"]?.array?.map(TopologySpreadConstraint.init(json:)) ?? []
        restartPolicy = json["restartPolicy"]?.string ?? "Always"
        terminationGracePeriodSeconds = json["terminationGracePeriodSeconds"]?.int ?? 30
        activeDeadlineSeconds = json["activeDeadlineSeconds"]?.int
        hostNetwork = json["hostNetwork"]?.bool ?? false
        hostPID = json["hostPID"]?.bool ?? false
        hostIPC = json["hostIPC"]?.bool ?? false
        shareProcessNamespace = json["shareProcessNamespace"]?.bool ?? false
        dnsPolicy = json["dnsPolicy"]?.string ?? "ClusterFirst"
        dnsConfig = PodDNSConfig(json: json["dnsConfig"] ?? [:])
        hostAliases = json["hostAliases"]?.array?.map(HostAlias.init(json:)) ?? []
        hostname = json["hostname"]?.string ?? ""
        subdomain = json["subdomain"]?.string ?? ""
        hostnameOverride = json["hostnameOverride"]?.string ?? ""
        setHostnameAsFQDN = json["setHostnameAsFQDN"]?.bool ?? false
        serviceAccountName = json["serviceAccountName"]?.string ?? ""
        automountServiceAccountToken = json["automountServiceAccountToken"]?.bool
        priority = json["priority"]?.int ?? 0
        priorityClassName = json["priorityClassName"]?.string ?? ""
        preemptionPolicy = json["preemptionPolicy"]?.string ?? ""
        schedulerName = json["schedulerName"]?.string ?? "default-scheduler"
        readinessGates = json["readinessGates"]?.array?.compactMap { $0["conditionType"]?.string } ?? []
        schedulingGates = json["schedulingGates"]?.array?.compactMap { $0["name"]?.string } ?? []
        overhead = ResourceList(json: json["overhead"])
        resources = ResourceRequirements(json: json["resources"] ?? [:])
        imagePullSecrets = json["imagePullSecrets"]?.array?.compactMap { $0["name"]?.string } ?? []
        enableServiceLinks = json["enableServiceLinks"]?.bool ?? true
        runtimeClassName = json["runtimeClassName"]?.string ?? ""
        securityContext = PodSecurityContext(json: json["securityContext"] ?? [:])
    }
}

/// `spec.dnsConfig`.
package struct PodDNSConfig: HasUsualValue, Hashable, Sendable {
    package struct Option: Hashable, Sendable {
        package var name: String
        package var value: String?
    }

    package var nameservers: [String] = []
    package var searches: [String] = []
    package var options: [Option] = []

    package init() {}

    package init(json: JSONValue) {
        nameservers = json["nameservers"]?.array?.compactMap(\.string) ?? []
        searches = json["searches"]?.array?.compactMap(\.string) ?? []
        options =
            json["options"]?.array?.map { Option(name: $0["name"]?.string ?? "", value: $0["value"]?.string) } ?? []
    }
}

/// Lines that the kubelet adds to `/etc/hosts`.
package struct HostAlias: Hashable, Sendable {
    package var ip: String
    package var hostnames: [String]

    package init(json: JSONValue) {
        ip = json["ip"]?.string ?? ""
        hostnames = json["hostnames"]?.array?.compactMap(\.string) ?? []
    }
}

/// `spec.securityContext`: what holds for all containers that do not say otherwise.
package struct PodSecurityContext: HasUsualValue, Hashable, Sendable {
    package struct Sysctl: Hashable, Sendable {
        package var name: String
        package var value: String
    }

    package var runAsUser: Int64?
    package var runAsGroup: Int64?
    package var runAsNonRoot: Bool?
    package var supplementalGroups: [Int64] = []
    package var fsGroup: Int64?
    package var sysctls: [Sysctl] = []
    package var seccompProfile: SeccompProfile?

    package init() {}

    package init(json: JSONValue) {
        runAsUser = json["runAsUser"]?.int
        runAsGroup = json["runAsGroup"]?.int
        runAsNonRoot = json["runAsNonRoot"]?.bool
        supplementalGroups = json["supplementalGroups"]?.array?.compactMap(\.int) ?? []
        fsGroup = json["fsGroup"]?.int
        sysctls =
            json["sysctls"]?.array?.map { Sysctl(name: $0["name"]?.string ?? "", value: $0["value"]?.string ?? "") } ?? []
        seccompProfile = json["seccompProfile"].map(SeccompProfile.init(json:))
    }
}

/// `seccompProfile`.
package struct SeccompProfile: Hashable, Sendable {
    /// `RuntimeDefault`, `Unconfined` or `Localhost`.
    package var type: String
    package var localhostProfile: String

    package init(json: JSONValue) {
        type = json["type"]?.string ?? ""
        localhostProfile = json["localhostProfile"]?.string ?? ""
    }
}
