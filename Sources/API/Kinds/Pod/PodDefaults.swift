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
        for list in PodContainers.lists { spec.editEach(list, container) }
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
        let hostNetwork = spec["hostNetwork"]?.bool ?? false
        for list in ["containers", "initContainers"] {
            spec.editEach(list) { container in
                container.edit("resources") { resources in
                    for limit in resources["limits"]?.object?.members ?? [] where resources["requests"]?[limit.key] == nil {
                        resources[path: ["requests", limit.key]] = limit.value
                    }
                }
                if hostNetwork { hostPorts(&container) }
            }
        }
        wholeResources(&spec)
        spec.setDefault("enableServiceLinks", true)
    }

    /// What the pod's own resources leave out follows from those of its containers.
    private static func wholeResources(_ spec: inout JSONValue) {
        guard let resources = spec["resources"], !resources.isNull else { return }
        var limits = ResourceList(json: resources["limits"])
        var requests = ResourceList(json: resources["requests"])
        if limits.isEmpty, requests.isEmpty { return }
        for (name, amount) in PodRequests.ofContainers(spec, "limits")
        where ResourceNames.isHugePages(name) && requests[name] == nil && limits[name] == nil {
            limits[name] = amount
        }
        if !limits.isEmpty {
            for (name, amount) in PodRequests.ofContainers(spec, "requests")
            where requests[name] == nil && ["cpu", "memory"].contains(name) {
                requests[name] = amount
            }
            for (name, amount) in limits where requests[name] == nil && ResourceNames.isSupportedForPods(name) {
                requests[name] = amount
            }
            spec[path: ["resources", "limits"]] = limits.json
        }
        if !requests.isEmpty { spec[path: ["resources", "requests"]] = requests.json }
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
            variable.edit("valueFrom") { source in
                source.edit("fieldRef") { $0.setDefault("apiVersion", "v1") }
                source.edit("fileKeyRef") { $0.setDefault("optional", false) }
            }
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

    /// Images that say no version, or `latest`, are pulled each time; one named by digest alone is not.
    static func pullPolicy(image: String) -> String {
        let name = image.prefix { $0 != "@" }
        let last = name.split(separator: "/").last ?? ""
        guard let colon = last.lastIndex(of: ":") else {
            return image.isEmpty || image.contains("@") ? "IfNotPresent" : "Always"
        }
        return last[last.index(after: colon)...] == "latest" ? "Always" : "IfNotPresent"
    }

    private static func volume(_ volume: inout JSONValue) {
        let sources = (volume.object?.members ?? []).filter { $0.key != "name" && !$0.value.isNull }
        if sources.isEmpty { volume["emptyDir"] = .object([:]) }
        for name in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.edit(name) { $0.setDefault("defaultMode", 420) }
        }
        volume.edit("downwardAPI", downward)
        volume.edit("projected") { projected in
            projected.editEach("sources") { source in
                source.edit("serviceAccountToken") { $0.setDefault("expirationSeconds", 3600) }
                source.edit("podCertificate") { $0.setDefault("maxExpirationSeconds", 86400) }
                source.edit("downwardAPI", downward)
            }
        }
        VolumeDefaults.apply(&volume)
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
}
