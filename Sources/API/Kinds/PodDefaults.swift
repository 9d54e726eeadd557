import JSON

/// Defaults of a pod's specification, alone or in a template.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/v1/defaults.go`.
enum PodDefaults {
    /// `SetDefaults_PodSpec` and everything below it.
    static func apply(_ spec: inout JSONValue) {
        spec.setDefault("dnsPolicy", "ClusterFirst")
        spec.setDefault("restartPolicy", "Always")
        spec.setDefault("securityContext", .object([:]))
        spec.setDefault("terminationGracePeriodSeconds", 30)
        spec.setDefault("schedulerName", "default-scheduler")
        serviceAccount(&spec)
        let hostNetwork = spec["hostNetwork"]?.bool ?? false
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            spec.editEach(list) { container in
                Self.container(&container)
                if hostNetwork, list != "ephemeralContainers" { hostPorts(&container) }
            }
        }
        spec.editEach("volumes", volume)
    }

    /// Old clients read `serviceAccount`, so both names say the same.
    private static func serviceAccount(_ spec: inout JSONValue) {
        let name = spec.text("serviceAccountName").isEmpty ? spec.text("serviceAccount") : spec.text("serviceAccountName")
        guard !name.isEmpty else { return }
        spec["serviceAccountName"] = .string(name)
        spec["serviceAccount"] = .string(name)
    }

    /// What `SetDefaults_Pod` adds for a pod that is no template.
    static func applyToPod(_ spec: inout JSONValue) {
        for list in ["containers", "initContainers"] {
            spec.editEach(list) { container in
                container.edit("resources") { resources in
                    for limit in resources["limits"]?.object?.members ?? [] where resources["requests"]?[limit.key] == nil {
                        resources[path: ["requests", limit.key]] = limit.value
                    }
                }
            }
        }
        spec.setDefault("enableServiceLinks", true)
    }

    private static func container(_ container: inout JSONValue) {
        if container.text("imagePullPolicy").isEmpty {
            container["imagePullPolicy"] = .string(pullPolicy(image: container.text("image")))
        }
        if container.text("terminationMessagePath").isEmpty { container["terminationMessagePath"] = "/dev/termination-log" }
        if container.text("terminationMessagePolicy").isEmpty { container["terminationMessagePolicy"] = "File" }
        container.setDefault("resources", .object([:]))
        container.editEach("ports") { $0.setDefault("protocol", "TCP") }
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] { container.edit(name, probe) }
        container.edit("lifecycle") { lifecycle in
            for hook in ["postStart", "preStop"] {
                lifecycle.edit(hook) { $0.edit("httpGet", httpGet) }
            }
        }
        container.editEach("env") { variable in
            variable.edit("valueFrom") { $0.edit("fieldRef") { $0.setDefault("apiVersion", "v1") } }
        }
    }

    private static func hostPorts(_ container: inout JSONValue) {
        container.editEach("ports") { port in
            if port["hostPort"]?.int ?? 0 == 0 { port["hostPort"] = port["containerPort"] }
        }
    }

    private static func probe(_ probe: inout JSONValue) {
        for (name, value) in [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)] {
            probe.setDefault(name, JSONValue(value))
        }
        probe.edit("httpGet", httpGet)
        probe.edit("grpc") { $0.setDefault("service", "") }
    }

    private static func httpGet(_ action: inout JSONValue) {
        action.setDefault("path", "/")
        action.setDefault("scheme", "HTTP")
    }

    /// Images that say no version, or `latest`, are pulled each time; one named by digest is not.
    static func pullPolicy(image: String) -> String {
        if image.contains("@") { return "IfNotPresent" }
        let last = image.split(separator: "/").last ?? ""
        guard let colon = last.lastIndex(of: ":") else { return "Always" }
        return last[last.index(after: colon)...] == "latest" ? "Always" : "IfNotPresent"
    }

    private static func volume(_ volume: inout JSONValue) {
        let sources = (volume.object?.members ?? []).filter { $0.key != "name" && !$0.value.isNull }
        if sources.isEmpty { volume["emptyDir"] = .object([:]) }
        for name in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.edit(name) { $0.setDefault("defaultMode", 420) }
        }
        volume.edit("hostPath") { $0.setDefault("type", "") }
        volume.edit("downwardAPI", downward)
        volume.edit("projected") { projected in
            projected.editEach("sources") { source in
                source.edit("serviceAccountToken") { $0.setDefault("expirationSeconds", 3600) }
                source.edit("downwardAPI", downward)
            }
        }
        volume.edit("iscsi") { $0.setDefault("iscsiInterface", "default") }
        volume.edit("ephemeral") { ephemeral in
            ephemeral.edit("volumeClaimTemplate") { template in
                template.edit("spec") { $0.setDefault("volumeMode", "Filesystem") }
            }
        }
        volume.edit("image") { image in
            if image.text("pullPolicy").isEmpty { image["pullPolicy"] = .string(pullPolicy(image: image.text("reference"))) }
        }
    }

    private static func downward(_ source: inout JSONValue) {
        source.editEach("items") { item in item.edit("fieldRef") { $0.setDefault("apiVersion", "v1") } }
    }

    /// `Guaranteed`, `Burstable` or `BestEffort`, from requests and limits of processor and memory.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/helper/qos/qos.go`.
    static func qualityOfService(_ spec: JSONValue) -> String {
        var any = false
        var guaranteed = true
        for container in spec.elements("containers") + spec.elements("initContainers") {
            let requests = ResourceList(json: container["resources"]?["requests"])
            let limits = ResourceList(json: container["resources"]?["limits"])
            for name in ["cpu", "memory"] {
                let (request, limit) = (requests[name] ?? .zero, limits[name] ?? .zero)
                if !request.isZero || !limit.isZero { any = true }
                if limit.isZero || request != limit { guaranteed = false }
            }
        }
        if !any { return "BestEffort" }
        return guaranteed ? "Guaranteed" : "Burstable"
    }
}
