/// Which kinds have rules of their own, and which share their storage.
enum RuleCatalog {
    static let rules: [GroupVersionResource: any KindRules] = {
        var rules: [GroupVersionResource: any KindRules] = [:]
        func add(_ group: String, version: String = "v1", _ entries: [(String, any KindRules)]) {
            for (resource, rule) in entries {
                rules[GroupVersionResource(group: group, version: version, resource: resource)] = rule
            }
        }
        add(
            "",
            [
                ("namespaces", NamespaceRules()), ("nodes", NodeRules()), ("pods", PodRules()), ("services", ServiceRules()),
                ("endpoints", EndpointsRules()), ("configmaps", ConfigMapRules()), ("secrets", SecretRules()),
                ("serviceaccounts", ServiceAccountRules()), ("events", EventRules()),
                ("replicationcontrollers", ReplicationControllerRules()), ("podtemplates", PodTemplateRules()),
                ("persistentvolumeclaims", PersistentVolumeClaimRules()), ("persistentvolumes", PersistentVolumeRules()),
                ("limitranges", LimitRangeRules()), ("resourcequotas", ResourceQuotaRules()),
                ("componentstatuses", ComponentStatusRules()),
            ])
        rules.merge(GroupRuleCatalog.rules) { core, _ in core }
        return rules
    }()

    /// `events.k8s.io/v1` and `v1` show the same events, both versions of `autoscaling` the same autoscalers.
    static func storage(of resource: GroupVersionResource) -> GroupVersionResource {
        switch (resource.group, resource.resource) {
        case ("events.k8s.io", "events"): GroupVersionResource(group: "", version: "v1", resource: "events")
        case ("autoscaling", "horizontalpodautoscalers"): GroupRuleCatalog.autoscalers
        default: resource
        }
    }
}
