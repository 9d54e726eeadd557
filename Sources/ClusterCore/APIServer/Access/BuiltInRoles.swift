package import API
package import JSON

/// The roles and bindings that every cluster begins with, in upstream's names.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`.
package enum BuiltInRoles {
    static let everything = [
        PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], paths: ["*"]),
    ]

    private static let read = ["get", "list", "watch"]
    private static let write = ["create", "delete", "deletecollection", "patch", "update"]
    private static let all = write + read

    private static let discovery = PolicyRule(
        verbs: ["get"],
        paths: [
            "/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version",
            "/version/",
        ])

    private static let workloads = [
        PolicyRule(
            verbs: all, groups: [""],
            resources: [
                "pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "pods/eviction", "configmaps",
                "endpoints", "events", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale",
                "secrets", "serviceaccounts", "services", "services/proxy", "pods/log", "pods/status",
            ]),
        PolicyRule(
            verbs: all, groups: ["apps"],
            resources: [
                "controllerrevisions", "daemonsets", "deployments", "deployments/rollback", "deployments/scale",
                "replicasets", "replicasets/scale", "statefulsets", "statefulsets/scale",
            ]),
        PolicyRule(verbs: all, groups: ["autoscaling"], resources: ["horizontalpodautoscalers"]),
        PolicyRule(verbs: all, groups: ["batch"], resources: ["cronjobs", "jobs"]),
        PolicyRule(verbs: all, groups: ["policy"], resources: ["poddisruptionbudgets"]),
        PolicyRule(verbs: all, groups: ["networking.k8s.io"], resources: ["ingresses", "networkpolicies"]),
        PolicyRule(verbs: all, groups: ["coordination.k8s.io"], resources: ["leases"]),
        PolicyRule(verbs: read, groups: ["discovery.k8s.io"], resources: ["endpointslices"]),
        PolicyRule(verbs: read, groups: [""], resources: ["namespaces", "resourcequotas", "limitranges", "bindings"]),
        PolicyRule(verbs: ["create"], groups: [""], resources: ["serviceaccounts/token"]),
    ]

    private static var view: [PolicyRule] {
        [
            PolicyRule(
                verbs: read, groups: [""],
                resources: [
                    "bindings", "configmaps", "endpoints", "events", "limitranges", "namespaces", "namespaces/status",
                    "persistentvolumeclaims", "pods", "pods/log", "pods/status", "replicationcontrollers",
                    "resourcequotas", "serviceaccounts", "services", "services/status",
                ])
        ]
            + workloads.dropFirst().filter { $0.groups != [""] }.map { rule in
                PolicyRule(verbs: read, groups: rule.groups, resources: rule.resources)
            }
    }

    private static let node = [
        PolicyRule(verbs: ["create"], groups: ["authentication.k8s.io"], resources: ["tokenreviews"]),
        PolicyRule(
            verbs: ["create"], groups: ["authorization.k8s.io"],
            resources: ["localsubjectaccessreviews", "subjectaccessreviews"]),
        PolicyRule(verbs: read, groups: [""], resources: ["services", "endpoints", "configmaps", "secrets", "namespaces"]),
        PolicyRule(verbs: read + ["create", "update", "patch", "delete"], groups: [""], resources: ["nodes"]),
        PolicyRule(verbs: ["update", "patch"], groups: [""], resources: ["nodes/status", "pods/status"]),
        PolicyRule(verbs: read + ["create", "delete"], groups: [""], resources: ["pods"]),
        PolicyRule(verbs: ["create", "update", "patch"], groups: ["", "events.k8s.io"], resources: ["events"]),
        PolicyRule(verbs: ["create"], groups: [""], resources: ["pods/eviction", "serviceaccounts/token"]),
        PolicyRule(
            verbs: ["get"], groups: [""],
            resources: ["persistentvolumeclaims", "persistentvolumes", "serviceaccounts"]),
        PolicyRule(
            verbs: read + ["create", "update", "patch", "delete"], groups: ["coordination.k8s.io"], resources: ["leases"]),
        PolicyRule(verbs: read, groups: ["discovery.k8s.io"], resources: ["endpointslices"]),
        PolicyRule(verbs: read, groups: ["networking.k8s.io"], resources: ["networkpolicies"]),
        PolicyRule(verbs: read, groups: ["node.k8s.io"], resources: ["runtimeclasses"]),
    ]

    private static let proxier = [
        PolicyRule(verbs: read, groups: [""], resources: ["nodes", "services", "endpoints", "pods", "namespaces"]),
        PolicyRule(verbs: read, groups: ["discovery.k8s.io"], resources: ["endpointslices"]),
        PolicyRule(verbs: read, groups: ["networking.k8s.io"], resources: ["servicecidrs", "networkpolicies"]),
        PolicyRule(verbs: ["create", "patch", "update"], groups: ["", "events.k8s.io"], resources: ["events"]),
    ]

    private static let scheduler = [
        PolicyRule(verbs: read, groups: ["*"], resources: ["*"]),
        PolicyRule(verbs: ["create", "patch", "update"], groups: ["", "events.k8s.io"], resources: ["events"]),
        PolicyRule(verbs: ["create"], groups: [""], resources: ["bindings", "pods/binding"]),
        PolicyRule(verbs: ["patch", "update"], groups: [""], resources: ["pods/status"]),
        PolicyRule(verbs: ["delete"], groups: [""], resources: ["pods"]),
        PolicyRule(verbs: ["create", "get", "list", "update", "watch"], groups: ["coordination.k8s.io"], resources: ["leases"]),
    ]

    private static let clusterRoles: [(String, [PolicyRule])] = [
        ("cluster-admin", everything),
        (
            "admin",
            workloads + [
                PolicyRule(
                    verbs: all, groups: ["rbac.authorization.k8s.io"], resources: ["roles", "rolebindings"]),
                PolicyRule(
                    verbs: ["create"], groups: ["authorization.k8s.io"], resources: ["localsubjectaccessreviews"]),
            ]
        ),
        ("edit", workloads),
        ("view", view),
        ("system:discovery", [discovery]),
        (
            "system:public-info-viewer",
            [PolicyRule(verbs: ["get"], paths: ["/healthz", "/livez", "/readyz", "/version", "/version/"])]
        ),
        (
            "system:basic-user",
            [
                PolicyRule(
                    verbs: ["create"], groups: ["authorization.k8s.io"],
                    resources: ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
                PolicyRule(verbs: ["create"], groups: ["authentication.k8s.io"], resources: ["selfsubjectreviews"]),
            ]
        ),
        ("system:node", node),
        ("system:node-proxier", proxier),
        ("system:kube-scheduler", scheduler),
        ("system:kube-controller-manager", everything),
    ]

    private static let clusterBindings: [(role: String, name: String, kind: String, subjects: [String])] = [
        ("cluster-admin", "cluster-admin", "Group", ["system:masters"]),
        ("system:discovery", "system:discovery", "Group", ["system:authenticated"]),
        ("system:basic-user", "system:basic-user", "Group", ["system:authenticated"]),
        ("system:public-info-viewer", "system:public-info-viewer", "Group", ["system:authenticated", "system:unauthenticated"]),
        ("system:node", "system:node", "Group", ["system:nodes"]),
        ("system:node-proxier", "system:node-proxier", "User", ["system:kube-proxy"]),
        ("system:kube-scheduler", "system:kube-scheduler", "User", ["system:kube-scheduler"]),
        (
            "system:kube-controller-manager", "system:kube-controller-manager", "User", ["system:kube-controller-manager"]
        ),
    ]

    /// What bootstrap creates when it is absent.
    package static var objects: [(resource: GroupVersionResource, object: JSONValue)] {
        clusterRoles.map { name, rules in
            (resource("clusterroles"), role(name, rules))
        }
            + clusterBindings.map { binding in
                (resource("clusterrolebindings"), self.binding(binding))
            }
    }

    private static func resource(_ name: String) -> GroupVersionResource {
        GroupVersionResource(group: "rbac.authorization.k8s.io", version: "v1", resource: name)
    }

    private static func metadata(_ name: String) -> JSONValue {
        [
            "name": .string(name), "labels": ["kubernetes.io/bootstrapping": "rbac-defaults"],
            "annotations": ["rbac.authorization.kubernetes.io/autoupdate": "true"],
        ]
    }

    private static func role(_ name: String, _ rules: [PolicyRule]) -> JSONValue {
        [
            "kind": "ClusterRole", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": metadata(name),
            "rules": .array(rules.map(\.json)),
        ]
    }

    private static func binding(
        _ binding: (role: String, name: String, kind: String, subjects: [String])
    ) -> JSONValue {
        [
            "kind": "ClusterRoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": metadata(binding.name),
            "roleRef": [
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(binding.role),
            ],
            "subjects": .array(
                binding.subjects.map { subject in
                    ["apiGroup": "rbac.authorization.k8s.io", "kind": .string(binding.kind), "name": .string(subject)]
                }),
        ]
    }
}
