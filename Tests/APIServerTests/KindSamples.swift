import API
import JSON

/// A small object of every kind that is kept, as a client would write it.
enum KindSamples {
    /// By `group/version/resource`, the core group as `v1/resource`; without metadata.
    static func object(_ kind: KindDefinition) -> JSONValue? {
        let group = kind.gvk.group.isEmpty ? "" : kind.gvk.group + "/"
        return all["\(group)\(kind.gvk.version)/\(kind.resource)"]
    }

    /// Names that a kind does not leave to the writer.
    static func name(_ kind: KindDefinition) -> String {
        switch kind.resource {
        case "apiservices": "v1.sample.example.com"
        case "customresourcedefinitions": "samples.example.com"
        case "ipaddresses": "10.96.77.7"
        default: "sample"
        }
    }

    private static let template: JSONValue = [
        "metadata": ["labels": ["app": "sample"]], "spec": ["containers": [["name": "c", "image": "busybox"]]],
    ]
    private static let selector: JSONValue = ["matchLabels": ["app": "sample"]]
    private static let jobTemplate: JSONValue = [
        "spec": ["restartPolicy": "Never", "containers": [["name": "c", "image": "busybox"]]]
    ]
    private static let webhook: JSONValue = [
        "name": "hook.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": ["service": ["namespace": "default", "name": "hook"]],
        "rules": [
            ["operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]]
        ],
    ]
    private static let policyMatch: JSONValue = [
        "resourceRules": [
            ["operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]]
        ]
    ]
    private static let autoscaler: JSONValue = [
        "spec": ["maxReplicas": 3, "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"]]
    ]
    private static let claim: JSONValue = [
        "devices": ["requests": [["name": "gpu", "exactly": ["deviceClassName": "gpu.example.com"]]]]
    ]

    static let certificateRequest =
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlITU1IUUNBUUF3RWpFUU1BNEdBMVVFQXd3SFpUSmxMV056Y2pCWk1CTUdCeXFHU000"
        + "OUFnRUdDQ3FHU000OQpBd0VIQTBJQUJIc2RVQVQzQVhpb0NpenVZSEdqUkU3OUJ6NktFZUNYQ3lxaEhPOEdaaGpLSC9mdzU5YWdHMWdnCkE3U0E3N0U5"
        + "QVQ3WmZZMW0ycGRPK1REQUJHSFhpSzZnQURBS0JnZ3Foa2pPUFFRREFnTklBREJGQWlCMUFaaTUKdFI3NkZpSktxaENTUjArM01JQnI0amxTZ2lvOHFU"
        + "S0Y5SHc1YndJaEFNeUxVaVhNam5hNnNkSGFYL2pKM1RGbApOL0ttc0h4QVdyaXZzZUdOT1hCNQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0t"
        + "LS0K"

    private static let all: [String: JSONValue] = [
        "v1/configmaps": ["data": ["a": "b"]],
        "v1/endpoints": ["subsets": [["addresses": [["ip": "10.1.2.3"]], "ports": [["port": 80]]]]],
        "v1/events": [
            "involvedObject": ["kind": "Pod", "namespace": "default", "name": "web"], "reason": "Started", "message": "up",
            "type": "Normal",
        ],
        "v1/limitranges": ["spec": ["limits": [["type": "Container", "default": ["cpu": "1"]]]]],
        "v1/namespaces": [:],
        "v1/nodes": [:],
        "v1/persistentvolumeclaims": [
            "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]]
        ],
        "v1/persistentvolumes": [
            "spec": [
                "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "hostPath": ["path": "/tmp/a"],
            ]
        ],
        "v1/pods": ["spec": ["containers": [["name": "c", "image": "busybox"]]]],
        "v1/podtemplates": ["template": template],
        "v1/replicationcontrollers": ["spec": ["selector": ["app": "sample"], "template": template]],
        "v1/resourcequotas": ["spec": ["hard": ["pods": "5"]]],
        "v1/secrets": ["data": ["a": "Yg=="]],
        "v1/serviceaccounts": [:],
        "v1/services": ["spec": ["ports": [["port": 80]]]],
        "apiregistration.k8s.io/v1/apiservices": [
            "spec": [
                "group": "sample.example.com", "version": "v1", "groupPriorityMinimum": 100, "versionPriority": 10,
                "service": ["namespace": "default", "name": "api"],
            ]
        ],
        "apps/v1/controllerrevisions": ["data": ["a": 1], "revision": 1],
        "apps/v1/daemonsets": ["spec": ["selector": selector, "template": template]],
        "apps/v1/deployments": ["spec": ["selector": selector, "template": template]],
        "apps/v1/replicasets": ["spec": ["selector": selector, "template": template]],
        "apps/v1/statefulsets": ["spec": ["selector": selector, "template": template, "serviceName": "web"]],
        "events.k8s.io/v1/events": [
            "regarding": ["kind": "Pod", "namespace": "default", "name": "web"], "reason": "Started", "note": "up",
            "type": "Normal", "eventTime": "2026-11-21T08:00:00.000000Z", "action": "Starting",
            "reportingController": "example.com/test", "reportingInstance": "test-1",
        ],
        "autoscaling/v2/horizontalpodautoscalers": autoscaler,
        "autoscaling/v1/horizontalpodautoscalers": autoscaler,
        "batch/v1/cronjobs": ["spec": ["schedule": "*/5 * * * *", "jobTemplate": ["spec": ["template": jobTemplate]]]],
        "batch/v1/jobs": ["spec": ["template": jobTemplate]],
        "certificates.k8s.io/v1/certificatesigningrequests": [
            "spec": [
                "request": .string(certificateRequest), "signerName": "example.com/e2e", "usages": ["client auth"],
            ]
        ],
        "networking.k8s.io/v1/ingressclasses": ["spec": ["controller": "example.com/controller"]],
        "networking.k8s.io/v1/ingresses": ["spec": ["defaultBackend": ["service": ["name": "web", "port": ["number": 80]]]]],
        "networking.k8s.io/v1/ipaddresses": [
            "spec": ["parentRef": ["resource": "services", "namespace": "default", "name": "web"]]
        ],
        "networking.k8s.io/v1/networkpolicies": ["spec": ["podSelector": [:]]],
        "networking.k8s.io/v1/servicecidrs": ["spec": ["cidrs": ["10.77.0.0/24"]]],
        "policy/v1/poddisruptionbudgets": ["spec": ["minAvailable": 1, "selector": selector]],
        "rbac.authorization.k8s.io/v1/clusterrolebindings": [
            "roleRef": ["kind": "ClusterRole", "name": "view"], "subjects": [["kind": "User", "name": "jane"]],
        ],
        "rbac.authorization.k8s.io/v1/clusterroles": [
            "rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]
        ],
        "rbac.authorization.k8s.io/v1/rolebindings": [
            "roleRef": ["kind": "Role", "name": "sample"], "subjects": [["kind": "User", "name": "jane"]],
        ],
        "rbac.authorization.k8s.io/v1/roles": ["rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]],
        "storage.k8s.io/v1/csidrivers": ["spec": ["attachRequired": false]],
        "storage.k8s.io/v1/csinodes": ["spec": ["drivers": [["name": "csi.example.com", "nodeID": "n1"]]]],
        "storage.k8s.io/v1/csistoragecapacities": ["storageClassName": "fast", "capacity": "1Gi"],
        "storage.k8s.io/v1/storageclasses": ["provisioner": "example.com/disk"],
        "storage.k8s.io/v1/volumeattachments": [
            "spec": ["attacher": "csi.example.com", "nodeName": "node1", "source": ["persistentVolumeName": "pv1"]]
        ],
        "storage.k8s.io/v1/volumeattributesclasses": ["driverName": "csi.example.com", "parameters": ["iops": "100"]],
        "admissionregistration.k8s.io/v1/mutatingadmissionpolicies": [
            "spec": [
                "matchConstraints": policyMatch, "reinvocationPolicy": "Never",
                "mutations": [
                    ["patchType": "JSONPatch", "jsonPatch": ["expression": "[JSONPatch{op: 'add', path: '/a', value: 1}]"]]
                ],
            ]
        ],
        "admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings": ["spec": ["policyName": "sample"]],
        "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": ["webhooks": [webhook]],
        "admissionregistration.k8s.io/v1/validatingadmissionpolicies": [
            "spec": ["matchConstraints": policyMatch, "validations": [["expression": "true"]]]
        ],
        "admissionregistration.k8s.io/v1/validatingadmissionpolicybindings": [
            "spec": ["policyName": "sample", "validationActions": ["Deny"]]
        ],
        "admissionregistration.k8s.io/v1/validatingwebhookconfigurations": ["webhooks": [webhook]],
        "apiextensions.k8s.io/v1/customresourcedefinitions": [
            "spec": [
                "group": "example.com", "scope": "Namespaced",
                "names": [
                    "plural": "samples", "singular": "sample", "kind": "Sample", "listKind": "SampleList",
                ],
                "versions": [
                    ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": ["type": "object"]]]
                ],
            ]
        ],
        "scheduling.k8s.io/v1/priorityclasses": ["value": 10],
        "coordination.k8s.io/v1/leases": ["spec": ["holderIdentity": "me", "leaseDurationSeconds": 15]],
        "node.k8s.io/v1/runtimeclasses": ["handler": "runc"],
        "discovery.k8s.io/v1/endpointslices": [
            "addressType": "IPv4", "endpoints": [["addresses": ["10.1.2.3"]]], "ports": [["port": 80]],
        ],
        "flowcontrol.apiserver.k8s.io/v1/flowschemas": [
            "spec": [
                "priorityLevelConfiguration": ["name": "global-default"],
                "rules": [
                    [
                        "subjects": [["kind": "User", "user": ["name": "jane"]]],
                        "resourceRules": [
                            ["verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["default"]]
                        ],
                    ]
                ],
            ]
        ],
        "flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations": [
            "spec": ["type": "Limited", "limited": ["limitResponse": ["type": "Reject"]]]
        ],
        "resource.k8s.io/v1/deviceclasses": ["spec": ["selectors": [["cel": ["expression": "true"]]]]],
        "resource.k8s.io/v1/resourceclaims": ["spec": claim],
        "resource.k8s.io/v1/resourceclaimtemplates": ["spec": ["spec": claim]],
        "resource.k8s.io/v1/resourceslices": [
            "spec": [
                "driver": "gpu.example.com", "nodeName": "node1",
                "pool": ["name": "node1", "resourceSliceCount": 1, "generation": 0],
                "devices": [["name": "gpu0"]],
            ]
        ],
    ]
}
