import API
import JSON
import Machinery

// What is filled in or refused by looking at other objects.
extension ObjectRegistry {
    private static let namespaces = GroupVersionResource(group: "", version: "v1", resource: "namespaces")
    private static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
    private static let serviceAccounts = GroupVersionResource(group: "", version: "v1", resource: "serviceaccounts")
    private static let priorityClasses = GroupVersionResource(
        group: "scheduling.k8s.io", version: "v1", resource: "priorityclasses")

    func admitCreate(_ kind: KindDefinition, _ object: inout JSONValue) throws(Status) {
        let metadata = object["metadata"] ?? [:]
        let name = metadata["name"]?.string ?? ""
        if kind.isNamespaced {
            try admitIntoNamespace(kind, metadata["namespace"]?.string ?? "", name)
        }
        switch kind.gvr {
        case Self.pods: try admitPod(&object, kind, namespace: metadata["namespace"]?.string ?? "", name)
        case Self.namespaces:
            object[path: ["metadata", "labels", "kubernetes.io/metadata.name"]] = .string(name)
            if object["spec"]?["finalizers"] == nil { object[path: ["spec", "finalizers"]] = ["kubernetes"] }
        default: break
        }
    }

    func admitUpdate(_ kind: KindDefinition, _ object: inout JSONValue, old: JSONValue) throws(Status) {
        if kind.gvr == Self.namespaces {
            object[path: ["metadata", "labels", "kubernetes.io/metadata.name"]] = old["metadata"]?["name"]
            object[path: ["spec", "finalizers"]] = old["spec"]?["finalizers"]
        }
    }

    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/namespace/lifecycle`.
    private func admitIntoNamespace(_ kind: KindDefinition, _ namespace: String, _ name: String) throws(Status) {
        guard let found = caches[Self.namespaces]?.get(NamespacedName(name: namespace)) else {
            throw APIErrors.notFound(Self.namespaces, namespace)
        }
        guard found.object["metadata"]?["deletionTimestamp"]?.string != nil else { return }
        var refusal = APIErrors.forbidden(
            kind.gvr, name, "unable to create new content in namespace \(namespace) because it is being terminated")
        refusal.details?.causes = [
            Status.Cause(
                reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
                field: "metadata.namespace")
        ]
        throw refusal
    }

    private static let immortalNamespaces: Set<String> = ["default", "kube-system", "kube-public"]

    func admitDelete(_ kind: KindDefinition, _ key: NamespacedName) throws(Status) {
        if kind.gvr == Self.namespaces, Self.immortalNamespaces.contains(key.name) {
            throw APIErrors.forbidden(kind.gvr, key.name, "this namespace may not be deleted")
        }
    }

    private func admitPod(
        _ object: inout JSONValue, _ kind: KindDefinition, namespace: String, _ name: String
    ) throws(Status) {
        var spec = object["spec"] ?? [:]
        try admitPriority(&spec, kind, name)
        PodAdmission.addTolerations(&spec)
        let isMirror = object["metadata"]?["annotations"]?["kubernetes.io/config.mirror"] != nil
        if !isMirror {
            let account = spec["serviceAccountName"]?.string ?? ""
            let accountName = account.isEmpty ? "default" : account
            spec["serviceAccountName"] = .string(accountName)
            spec["serviceAccount"] = .string(accountName)
            let key = NamespacedName(namespace: namespace, name: accountName)
            guard let found = caches[Self.serviceAccounts]?.get(key) else {
                throw APIErrors.forbidden(
                    kind.gvr, name,
                    "error looking up service account \(namespace)/\(accountName): serviceaccount \"\(accountName)\" not found")
            }
            let mounts =
                spec["automountServiceAccountToken"]?.bool
                ?? found.object["automountServiceAccountToken"]?.bool ?? true
            if mounts { PodAdmission.addTokenVolume(&spec, suffix: environment.makeSuffix()) }
        }
        object["spec"] = spec
    }

    /// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/priority`.
    private func admitPriority(_ spec: inout JSONValue, _ kind: KindDefinition, _ name: String) throws(Status) {
        let className = spec["priorityClassName"]?.string ?? ""
        var priority: Int64 = 0
        var preemption = "PreemptLowerPriority"
        switch className {
        case "": break
        case "system-node-critical": priority = 2_000_001_000
        case "system-cluster-critical": priority = 2_000_000_000
        default:
            guard let found = caches[Self.priorityClasses]?.get(NamespacedName(name: className)) else {
                throw APIErrors.forbidden(kind.gvr, name, "no PriorityClass with name \(className) was found")
            }
            priority = found.object["value"]?.int ?? 0
            preemption = found.object["preemptionPolicy"]?.string ?? preemption
        }
        if let given = spec["priority"]?.int, given != priority {
            throw APIErrors.forbidden(
                kind.gvr, name,
                "the integer value of priority (\(given)) must not be provided in pod spec; priority admission controller "
                    + "computed \(priority) from the given PriorityClass name")
        }
        spec["priority"] = .int(priority)
        if spec["preemptionPolicy"]?.string == nil { spec["preemptionPolicy"] = .string(preemption) }
    }
}

/// What every new pod is given. Pure.
enum PodAdmission {
    private static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"
    private static let volumePrefix = "kube-api-access-"
    /// An hour and seven seconds marks a token that upstream may silently extend (`pkg/serviceaccount`).
    private static let tokenSeconds: Int64 = 3607

    /// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/defaulttolerationseconds`.
    static func addTolerations(_ spec: inout JSONValue) {
        var tolerations = spec["tolerations"]?.array ?? []
        for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
            let known = tolerations.contains { toleration in
                let name = toleration["key"]?.string ?? ""
                let effect = toleration["effect"]?.string ?? ""
                return (name == key || name.isEmpty) && (effect == "NoExecute" || effect.isEmpty)
            }
            if known { continue }
            tolerations.append(
                ["key": .string(key), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300])
        }
        spec["tolerations"] = .array(tolerations)
    }

    /// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/serviceaccount/admission.go`, `TokenVolumeSource`.
    static func addTokenVolume(_ spec: inout JSONValue, suffix: String) {
        var volumes = spec["volumes"]?.array ?? []
        let existing = volumes.compactMap { $0["name"]?.string }.first { $0.hasPrefix(volumePrefix) }
        let volumeName = existing ?? volumePrefix + suffix
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
