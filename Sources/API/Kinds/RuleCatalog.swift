/// Which kinds have rules of their own, and which share their storage.
enum RuleCatalog {
    static let rules: [GroupVersionResource: any KindRules] = [:]

    /// `events.k8s.io/v1` and `v1` show the same events, `autoscaling/v1` and `v2` the same autoscalers.
    static func storage(of resource: GroupVersionResource) -> GroupVersionResource {
        switch (resource.group, resource.resource) {
        case ("events.k8s.io", "events"): GroupVersionResource(group: "", version: "v1", resource: "events")
        case ("autoscaling", "horizontalpodautoscalers"):
            GroupVersionResource(group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers")
        default: resource
        }
    }
}
