package import JSON

/// The priority levels and flow schemas that every cluster begins with.
///
/// The mandatory ones are fixed and come back when deleted; the suggested ones follow new releases as long as their
/// annotation says so.
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/apis/flowcontrol/bootstrap/default.go`.
package enum FlowControlDefaults {
    package static let mandatoryLevels: [JSONValue] = [
        level("catch-all", limited(shares: 5, lendable: 0, queuing: nil)),
        level(
            "exempt", ["type": "Exempt", "exempt": ["nominalConcurrencyShares": 0, "lendablePercent": 0]]),
    ]

    package static let suggestedLevels: [JSONValue] = [
        level("system", limited(shares: 30, lendable: 33, queuing: (64, 6))),
        level("node-high", limited(shares: 40, lendable: 25, queuing: (64, 6))),
        level("leader-election", limited(shares: 10, lendable: 0, queuing: (16, 4))),
        level("workload-high", limited(shares: 40, lendable: 50, queuing: (128, 6))),
        level("workload-low", limited(shares: 100, lendable: 90, queuing: (128, 6))),
        level("global-default", limited(shares: 20, lendable: 50, queuing: (128, 6))),
    ]

    package static let mandatorySchemas: [JSONValue] = [
        schema("exempt", "exempt", 1, by: nil, subjects: groups("system:masters"), everything),
        schema("catch-all", "catch-all", 10_000, by: "ByUser", subjects: anyone, everything),
    ]

    package static let suggestedSchemas: [JSONValue] = [
        schema("system-nodes", "system", 500, by: "ByUser", subjects: groups("system:nodes"), everything),
        schema(
            "system-node-high", "node-high", 400, by: "ByUser", subjects: groups("system:nodes"),
            [
                "resourceRules": [
                    resource(["*"], "", ["nodes", "nodes/status"], isClusterScoped: true),
                    resource(["*"], "coordination.k8s.io", ["leases"]),
                ]
            ]),
        schema(
            "probes", "exempt", 2, by: nil, subjects: anyone,
            [
                "nonResourceRules": [
                    ["verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]]
                ]
            ]),
        schema(
            "system-leader-election", "leader-election", 100, by: "ByUser",
            subjects: users("system:kube-controller-manager", "system:kube-scheduler") + accounts("*"),
            ["resourceRules": [resource(readAndWrite, "coordination.k8s.io", ["leases"])]]),
        schema(
            "workload-leader-election", "leader-election", 200, by: "ByUser", subjects: accounts("*"),
            [
                "resourceRules": [
                    resource(readAndWrite, "", ["endpoints", "configmaps"]),
                    resource(readAndWrite, "coordination.k8s.io", ["leases"]),
                ]
            ]),
        schema(
            "endpoint-controller", "workload-high", 150, by: "ByUser",
            subjects: users("system:kube-controller-manager")
                + accounts("endpoint-controller", "endpointslicemirroring-controller"),
            ["resourceRules": [resource(readAndWrite, "", ["endpoints"])]]),
        schema(
            "kube-controller-manager", "workload-high", 800, by: "ByNamespace",
            subjects: users("system:kube-controller-manager"), everything),
        schema(
            "kube-scheduler", "workload-high", 800, by: "ByNamespace", subjects: users("system:kube-scheduler"),
            everything),
        schema(
            "kube-system-service-accounts", "workload-high", 900, by: "ByNamespace", subjects: accounts("*"), everything),
        schema(
            "service-accounts", "workload-low", 9000, by: "ByUser", subjects: groups("system:serviceaccounts"), everything),
        schema("global-default", "global-default", 9900, by: "ByUser", subjects: anyone, everything),
    ]

    private static let annotations: JSONValue = ["apf.kubernetes.io/autoupdate-spec": "true"]
    private static let readAndWrite: JSONValue = ["get", "create", "update"]
    private static let anyone = groups("system:unauthenticated", "system:authenticated")
    private static let everything: JSONValue = [
        "resourceRules": [
            [
                "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true, "namespaces": ["*"],
            ]
        ],
        "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
    ]

    private static func level(_ name: String, _ spec: JSONValue) -> JSONValue {
        [
            "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration",
            "metadata": ["name": .string(name), "annotations": annotations], "spec": spec,
        ]
    }

    private static func limited(shares: Int64, lendable: Int64, queuing: (queues: Int64, hand: Int64)?) -> JSONValue {
        var response: JSONValue = ["type": "Reject"]
        if let queuing {
            response = [
                "type": "Queue",
                "queuing": ["queues": .int(queuing.queues), "handSize": .int(queuing.hand), "queueLengthLimit": 50],
            ]
        }
        return [
            "type": "Limited",
            "limited": [
                "nominalConcurrencyShares": .int(shares), "limitResponse": response, "lendablePercent": .int(lendable),
            ],
        ]
    }

    private static func schema(
        _ name: String, _ level: String, _ precedence: Int64, by method: String?, subjects: [JSONValue], _ rule: JSONValue
    ) -> JSONValue {
        var rule = rule
        rule["subjects"] = .array(subjects)
        var spec: JSONValue = [
            "priorityLevelConfiguration": ["name": .string(level)], "matchingPrecedence": .int(precedence), "rules": [rule],
        ]
        if let method { spec["distinguisherMethod"] = ["type": .string(method)] }
        return [
            "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema",
            "metadata": ["name": .string(name), "annotations": annotations], "spec": spec,
        ]
    }

    private static func resource(
        _ verbs: JSONValue, _ group: String, _ resources: JSONValue, isClusterScoped: Bool = false
    ) -> JSONValue {
        var rule: JSONValue = [
            "verbs": verbs, "apiGroups": [.string(group)], "resources": resources, "namespaces": ["*"],
        ]
        if isClusterScoped { rule["clusterScope"] = true }
        return rule
    }

    private static func groups(_ names: String...) -> [JSONValue] {
        names.map { ["kind": "Group", "group": ["name": .string($0)]] }
    }

    private static func users(_ names: String...) -> [JSONValue] {
        names.map { ["kind": "User", "user": ["name": .string($0)]] }
    }

    private static func accounts(_ names: String...) -> [JSONValue] {
        names.map {
            ["kind": "ServiceAccount", "serviceAccount": ["namespace": "kube-system", "name": .string($0)]]
        }
    }
}
