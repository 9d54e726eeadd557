import JSON

/// Objects of the size that clusters have.
enum Fixture {
    /// A Pod of about 3 kB.
    static func pod(_ index: Int) -> JSONValue {
        let labels: JSONValue = ["app": "web", "tier": "front", "pod-template-hash": "5d4f8c7b9"]
        let container: JSONValue = [
            "name": "main", "image": "registry.example/team/web:1.2.3", "imagePullPolicy": "IfNotPresent",
            "ports": [["containerPort": 8080, "protocol": "TCP", "name": "http"]],
            "env": .array((0..<8).map { ["name": "VARIABLE_\($0)", "value": "the value of variable number \($0)"] }),
            "resources": ["requests": ["cpu": "100m", "memory": "128Mi"], "limits": ["memory": "256Mi"]],
            "readinessProbe": ["httpGet": ["path": "/ready", "port": "http"], "periodSeconds": 10, "timeoutSeconds": 1],
            "volumeMounts": [["name": "cache", "mountPath": "/var/cache/web", "readOnly": true]],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
        ]
        let conditions: JSONValue = .array(
            ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map {
                ["type": .string($0), "status": "True", "lastTransitionTime": "2026-11-21T08:00:00Z"]
            })
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": "web-5d4f8c7b9-\(index)", "namespace": "shop",
                "uid": "6b1f6c9e-0000-4000-8000-\(100_000_000_000 + index)",
                "resourceVersion": "\(index + 1)", "creationTimestamp": "2026-11-21T08:00:00Z", "labels": labels,
                "ownerReferences": [
                    ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d4f8c7b9", "uid": "1", "controller": true]
                ],
            ],
            "spec": [
                "containers": [container], "volumes": [["name": "cache", "emptyDir": [:]]], "nodeName": "node\(index % 3)",
                "restartPolicy": "Always", "dnsPolicy": "ClusterFirst",
                "serviceAccountName": "default", "schedulerName": "default-scheduler", "terminationGracePeriodSeconds": 30,
                "tolerations": [
                    [
                        "key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute",
                        "tolerationSeconds": 300,
                    ]
                ],
            ],
            "status": [
                "phase": "Running", "podIP": "10.244.\(index % 3).\(index % 250)", "hostIP": "172.18.0.11",
                "conditions": conditions,
                "startTime": "2026-11-21T08:00:00Z",
            ],
        ]
    }
}
