import JSON

/// The volume with a token, the cluster's certificate and the namespace that every container finds at one path.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/serviceaccount/admission.go`, `TokenVolumeSource`.
enum TokenVolume {
    private static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    private static let namePrefix = "kube-api-access-"
    /// An hour and seven seconds marks a token that upstream may silently extend (`pkg/serviceaccount`).
    private static let tokenSeconds: Int64 = 3607

    /// Containers that mount something of their own there are left alone.
    static func add(to spec: inout JSONValue, suffix: String) {
        var volumes = spec["volumes"]?.array ?? []
        let existing = volumes.first { $0["projected"]?.object != nil && ($0["name"]?.string ?? "").hasPrefix(namePrefix) }
        let volumeName = existing?["name"]?.string ?? namePrefix + suffix
        var isMounted = false
        for list in ["initContainers", "containers"] {
            guard var containers = spec[list]?.array else { continue }
            for index in containers.indices {
                var mounts = containers[index]["volumeMounts"]?.array ?? []
                if mounts.contains(where: { $0["mountPath"]?.string == mountPath }) { continue }
                mounts.append(["name": .string(volumeName), "readOnly": true, "mountPath": .string(mountPath)])
                containers[index]["volumeMounts"] = .array(mounts)
                isMounted = true
            }
            spec[list] = .array(containers)
        }
        guard isMounted, existing == nil else { return }
        volumes.append(["name": .string(volumeName), "projected": projection])
        spec["volumes"] = .array(volumes)
    }

    private static let projection: JSONValue = [
        "sources": [
            ["serviceAccountToken": ["expirationSeconds": .int(tokenSeconds), "path": "token"]],
            ["configMap": ["name": "kube-root-ca.crt", "items": [["key": "ca.crt", "path": "ca.crt"]]]],
            [
                "downwardAPI": [
                    "items": [
                        ["path": "namespace", "fieldRef": ["apiVersion": "v1", "fieldPath": "metadata.namespace"]]
                    ]
                ]
            ],
        ],
        "defaultMode": 420,
    ]
}
