import API
import JSON

/// Something that a node may read only because one of its pods uses it.
struct NodeDependency: Hashable, Sendable {
    enum Kind: Hashable, Sendable { case secret, configMap, claim, serviceAccount, resourceClaim }

    var kind: Kind
    var key: NamespacedName
}

/// Everything that a pod refers to by name.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/node/graph.go` (`AddPod`), `pkg/api/v1/pod/util.go`
///   (`VisitPodSecretNames`, `VisitPodConfigmapNames`), `pkg/api/persistentvolume/util.go`.
enum PodReferences {
    /// Members of a volume that name a secret, as paths below the volume.
    private static let volumeSecrets: [[String]] = [
        ["azureFile", "secretName"], ["cephfs", "secretRef", "name"], ["cinder", "secretRef", "name"],
        ["flexVolume", "secretRef", "name"], ["rbd", "secretRef", "name"], ["secret", "secretName"],
        ["scaleIO", "secretRef", "name"], ["iscsi", "secretRef", "name"], ["storageos", "secretRef", "name"],
        ["csi", "nodePublishSecretRef", "name"],
    ]

    static func of(_ pod: JSONValue) -> Set<NodeDependency> {
        let metadata = pod["metadata"] ?? [:]
        // A mirror pod is the node's own word: it may not open doors.
        guard metadata["annotations"]?["kubernetes.io/config.mirror"] == nil else { return [] }
        var collector = Collector(namespace: metadata["namespace"]?.string ?? "")
        let spec = pod["spec"] ?? [:]
        collector.add(.serviceAccount, spec["serviceAccountName"])
        for secret in spec["imagePullSecrets"]?.array ?? [] { collector.add(.secret, secret["name"]) }
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            for container in spec[list]?.array ?? [] { collector.addContainer(container) }
        }
        for volume in spec["volumes"]?.array ?? [] {
            collector.addVolume(volume, podName: metadata["name"]?.string ?? "")
        }
        for claim in spec["resourceClaims"]?.array ?? [] { collector.add(.resourceClaim, claim["resourceClaimName"]) }
        for claim in pod["status"]?["resourceClaimStatuses"]?.array ?? [] {
            collector.add(.resourceClaim, claim["resourceClaimName"])
        }
        return collector.found
    }

    private struct Collector {
        let namespace: String
        var found: Set<NodeDependency> = []

        init(namespace: String) { self.namespace = namespace }

        mutating func add(_ kind: NodeDependency.Kind, _ name: JSONValue?) {
            guard let name = name?.string, !name.isEmpty else { return }
            found.insert(NodeDependency(kind: kind, key: NamespacedName(namespace: namespace, name: name)))
        }

        mutating func addContainer(_ container: JSONValue) {
            for source in container["envFrom"]?.array ?? [] {
                add(.secret, source["secretRef"]?["name"])
                add(.configMap, source["configMapRef"]?["name"])
            }
            for variable in container["env"]?.array ?? [] {
                add(.secret, variable["valueFrom"]?["secretKeyRef"]?["name"])
                add(.configMap, variable["valueFrom"]?["configMapKeyRef"]?["name"])
            }
        }

        mutating func addVolume(_ volume: JSONValue, podName: String) {
            for path in PodReferences.volumeSecrets { add(.secret, volume[path: path]) }
            add(.configMap, volume["configMap"]?["name"])
            add(.claim, volume["persistentVolumeClaim"]?["claimName"])
            if volume["ephemeral"] != nil { add(.claim, .string("\(podName)-\(volume["name"]?.string ?? "")")) }
            for source in volume["projected"]?["sources"]?.array ?? [] {
                add(.secret, source["secret"]?["name"])
                add(.configMap, source["configMap"]?["name"])
            }
        }
    }
}

/// The secrets that a persistent volume refers to.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/api/v1/persistentvolume/util.go`, `VisitPVSecretNames`.
enum VolumeReferences {
    private static let sources: [String] = ["cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"]
    private static let csiReferences = [
        "controllerPublishSecretRef", "nodePublishSecretRef", "nodeStageSecretRef", "controllerExpandSecretRef",
        "nodeExpandSecretRef",
    ]

    static func secrets(of volume: JSONValue) -> Set<NodeDependency> {
        let spec = volume["spec"] ?? [:]
        let claimNamespace = spec["claimRef"]?["namespace"]?.string ?? ""
        var found: Set<NodeDependency> = []
        func add(_ name: JSONValue?, _ namespace: JSONValue?) {
            guard let name = name?.string, !name.isEmpty else { return }
            let given = namespace?.string ?? ""
            let key = NamespacedName(namespace: given.isEmpty ? claimNamespace : given, name: name)
            found.insert(NodeDependency(kind: .secret, key: key))
        }
        add(spec["azureFile"]?["secretName"], spec["azureFile"]?["secretNamespace"])
        for source in sources {
            let reference = spec[source]?["secretRef"]
            add(reference?["name"], reference?["namespace"])
        }
        for name in csiReferences { add(spec["csi"]?[name]?["name"], spec["csi"]?[name]?["namespace"]) }
        return found
    }
}
