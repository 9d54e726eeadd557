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
                ("serviceaccounts", ServiceAccountRules()), ("events", EventRules(isNewForm: false)),
                ("replicationcontrollers", ReplicationControllerRules()), ("persistentvolumeclaims", SmallRules.volumeClaim),
                ("persistentvolumes", SmallRules.volume),
            ])
        add(
            "apps",
            [
                ("deployments", DeploymentRules()), ("replicasets", ReplicaSetRules()), ("statefulsets", StatefulSetRules()),
                ("daemonsets", DaemonSetRules()),
            ])
        add("batch", [("jobs", JobRules()), ("cronjobs", CronJobRules())])
        add("discovery.k8s.io", [("endpointslices", EndpointSliceRules())])
        add("coordination.k8s.io", [("leases", LeaseRules())])
        add("events.k8s.io", [("events", EventRules(isNewForm: true))])
        add("policy", [("poddisruptionbudgets", SmallRules.disruptionBudget)])
        add("networking.k8s.io", [("ingresses", SmallRules.ingress), ("networkpolicies", SmallRules.networkPolicy)])
        add("node.k8s.io", [("runtimeclasses", SmallRules.runtimeClass)])
        add("storage.k8s.io", [("storageclasses", SmallRules.storageClass)])
        add("scheduling.k8s.io", [("priorityclasses", SmallRules.priorityClass)])
        add("autoscaling", version: "v1", [("horizontalpodautoscalers", SmallRules.autoscaler)])
        add("autoscaling", version: "v2", [("horizontalpodautoscalers", SmallRules.autoscaler)])
        add(
            "rbac.authorization.k8s.io",
            [
                ("roles", SmallRules.role(isNamespaced: true)), ("clusterroles", SmallRules.role(isNamespaced: false)),
                ("rolebindings", SmallRules.binding()), ("clusterrolebindings", SmallRules.binding()),
            ])
        return rules
    }()

    /// `events.k8s.io/v1` and `v1` show the same events.
    static func storage(of resource: GroupVersionResource) -> GroupVersionResource {
        guard resource.group == "events.k8s.io", resource.resource == "events" else { return resource }
        return GroupVersionResource(group: "", version: "v1", resource: "events")
    }
}
