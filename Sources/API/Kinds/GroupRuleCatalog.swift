/// The rules of every kind outside the core group.
enum GroupRuleCatalog {
    static let rules: [GroupVersionResource: any KindRules] = {
        var rules: [GroupVersionResource: any KindRules] = [:]
        for (group, entries) in groups {
            for (resource, rule) in entries {
                rules[GroupVersionResource(group: group, version: "v1", resource: resource)] = rule
            }
        }
        rules[autoscalers] = HorizontalPodAutoscalerRules()
        return rules
    }()

    /// The form that autoscalers are kept in.
    static let autoscalers = GroupVersionResource(group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers")

    private static let groups: [(String, [(String, any KindRules)])] = [
        (
            "apps",
            [
                ("deployments", DeploymentRules()), ("replicasets", ReplicaSetRules()), ("statefulsets", StatefulSetRules()),
                ("daemonsets", DaemonSetRules()), ("controllerrevisions", ControllerRevisionRules()),
            ]
        ),
        ("batch", [("jobs", JobRules()), ("cronjobs", CronJobRules())]),
        ("autoscaling", [("horizontalpodautoscalers", HorizontalPodAutoscalerV1Rules())]),
        ("discovery.k8s.io", [("endpointslices", EndpointSliceRules())]),
        ("coordination.k8s.io", [("leases", LeaseRules())]),
        ("events.k8s.io", [("events", NewEventRules())]),
        ("policy", [("poddisruptionbudgets", PodDisruptionBudgetRules())]),
        (
            "networking.k8s.io",
            [
                ("ingresses", IngressRules()), ("ingressclasses", IngressClassRules()),
                ("networkpolicies", NetworkPolicyRules()), ("ipaddresses", IPAddressRules()),
                ("servicecidrs", ServiceCIDRRules()),
            ]
        ),
        ("node.k8s.io", [("runtimeclasses", RuntimeClassRules())]),
        ("scheduling.k8s.io", [("priorityclasses", PriorityClassRules())]),
        ("apiregistration.k8s.io", [("apiservices", APIServiceRules())]),
        (
            "storage.k8s.io",
            [
                ("storageclasses", StorageClassRules()), ("volumeattachments", VolumeAttachmentRules()),
                ("csinodes", CSINodeRules()), ("csidrivers", CSIDriverRules()),
                ("csistoragecapacities", CSIStorageCapacityRules()),
                ("volumeattributesclasses", VolumeAttributesClassRules()),
            ]
        ),
        (
            "rbac.authorization.k8s.io",
            [
                ("roles", RoleRules(isNamespaced: true)), ("clusterroles", RoleRules(isNamespaced: false)),
                ("rolebindings", RoleBindingRules(isNamespaced: true)),
                ("clusterrolebindings", RoleBindingRules(isNamespaced: false)),
            ]
        ),
        (
            "authorization.k8s.io",
            [
                ("subjectaccessreviews", AccessReviewRules(form: .subject)),
                ("localsubjectaccessreviews", AccessReviewRules(form: .localSubject)),
                ("selfsubjectaccessreviews", AccessReviewRules(form: .own)),
            ]
        ),
        ("certificates.k8s.io", [("certificatesigningrequests", CertificateRequestRules())]),
        (
            "admissionregistration.k8s.io",
            [
                ("validatingwebhookconfigurations", WebhookRules(isMutating: false)),
                ("mutatingwebhookconfigurations", WebhookRules(isMutating: true)),
                ("validatingadmissionpolicies", AdmissionPolicyRules(isMutating: false)),
                ("mutatingadmissionpolicies", AdmissionPolicyRules(isMutating: true)),
                ("validatingadmissionpolicybindings", AdmissionPolicyBindingRules(isMutating: false)),
                ("mutatingadmissionpolicybindings", AdmissionPolicyBindingRules(isMutating: true)),
            ]
        ),
        (
            "flowcontrol.apiserver.k8s.io",
            [("flowschemas", FlowSchemaRules()), ("prioritylevelconfigurations", PriorityLevelRules())]
        ),
        (
            "resource.k8s.io",
            [
                ("deviceclasses", DeviceClassRules()), ("resourceclaims", ResourceClaimRules()),
                ("resourceclaimtemplates", ResourceClaimTemplateRules()), ("resourceslices", ResourceSliceRules()),
            ]
        ),
    ]
}
