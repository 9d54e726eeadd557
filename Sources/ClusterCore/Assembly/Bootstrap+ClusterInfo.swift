import API
import APIServer
import Controllers
import JSON
import NetworkTypes

extension Bootstrap {
    /// What a machine that joins must know of the cluster: where it is and whom to trust.
    ///
    /// Nobody but the cluster's own may read it: whoever lets machines join by token alone binds `system:anonymous` to a Role, as
    /// kubeadm does.
    /// - SeeAlso: Kubernetes 1.36 `cmd/kubeadm/app/phases/bootstraptoken/clusterinfo/clusterinfo.go`.
    func ensureClusterInfo(authorityPEM: String) async throws {
        let host = advertiseAddresses.first.map { $0.family == .ipv4 ? "\($0)" : "[\($0)]" } ?? "127.0.0.1"
        let kubeconfig = """
            apiVersion: v1
            clusters:
            - cluster:
                certificate-authority-data: \(Base64.encode(Array(authorityPEM.utf8)))
                server: https://\(host):\(advertisePort)
              name: ""
            contexts: null
            current-context: ""
            kind: Config
            preferences: {}
            users: null

            """
        let key = BootstrapSigner.clusterInfo
        try await ensure(
            ConfigMap.resource, key.namespace,
            [
                "kind": "ConfigMap", "apiVersion": "v1",
                "metadata": ["name": .string(key.name), "namespace": .string(key.namespace)],
                "data": [BootstrapSigner.kubeconfigMember: .string(kubeconfig)],
            ])
    }
}
