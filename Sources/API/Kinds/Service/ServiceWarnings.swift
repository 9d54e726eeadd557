import JSON

/// What the writer of a Service should know although it is valid.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/api/service/warnings.go`.
enum ServiceWarnings {
    static func all(_ service: JSONValue) -> [String] {
        let spec = service["spec"] ?? [:]
        let type = spec.text("type")
        let isHeadless = type == "ClusterIP" && spec.text("clusterIP") == "None"
        let hasExternal = !spec.elements("externalIPs").isEmpty
        var warnings: [String] = []
        if service["metadata"]?["annotations"]?["service.kubernetes.io/topology-aware-hints"] != nil {
            warnings.append(
                "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use "
                    + "service.kubernetes.io/topology-mode instead")
        }
        if isHeadless {
            if !spec.text("loadBalancerIP").isEmpty {
                warnings.append("spec.loadBalancerIP is ignored for headless services")
            }
            if hasExternal { warnings.append("spec.externalIPs is ignored for headless services") }
            if spec.text("sessionAffinity") != "None" {
                warnings.append("spec.SessionAffinity is ignored for headless services")
            }
        }
        if hasExternal, !isHeadless, type != "ExternalName" {
            warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
        }
        if type == "ExternalName", hasExternal {
            warnings.append("spec.externalIPs is ignored when spec.type is \"ExternalName\"")
        }
        if type != "ExternalName", !spec.text("externalName").isEmpty {
            warnings.append("spec.externalName is ignored when spec.type is not \"ExternalName\"")
        }
        if spec.text("trafficDistribution") == "PreferClose" {
            warnings.append("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"")
        }
        return warnings
    }
}
