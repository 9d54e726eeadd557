import JSON
import Lab
import NetworkTypes
import PKI

/// Writes every certificate, key and kubeconfig of a cluster below its data directory.
struct ClusterCredentials {
    let cluster: ClusterPlan
    private let authority: CertificateAuthority

    /// Takes the authority and signing key that are there; makes them for a new cluster.
    init(_ cluster: ClusterPlan) throws {
        self.cluster = cluster
        let directory = cluster.pkiDirectory
        try FileTree.makeDirectories(directory, mode: 0o700)
        if let certificate = try FileTree.readIfPresent("\(directory)/ca.crt") {
            authority = try CertificateAuthority.load(
                certificatePEM: String(decoding: certificate, as: UTF8.self),
                keyPEM: try FileTree.text("\(directory)/ca.key"))
        } else {
            authority = try CertificateAuthority(commonName: "\(cluster.name)-ca")
            try FileTree.write("\(directory)/ca.key", authority.privateKeyPEM, mode: 0o600)
            try FileTree.write("\(directory)/ca.crt", authority.certificatePEM)
        }
        if !FileTree.exists("\(directory)/service-account.key") {
            try FileTree.write("\(directory)/service-account.key", TokenSigner.makePrivateKeyPEM(), mode: 0o600)
        }
    }

    var hostServer: String { "https://127.0.0.1:\(cluster.apiPort)" }
    var fabricServer: String { "https://\(cluster.fabricAddress.urlHost):\(ClusterPlan.fabricAPIPort)" }

    func writeAll() throws {
        let directory = cluster.pkiDirectory
        let server = CertificateRequest.server(
            commonName: "kube-apiserver",
            dnsNames: [
                "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
            ],
            ipAddresses: ["127.0.0.1"] + (cluster.fabricAddresses + cluster.apiServiceAddresses).map(\.description))
        try write(authority.issue(server), "\(directory)/apiserver")
        let kubeletClient = CertificateRequest.client(
            commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"])
        try write(authority.issue(kubeletClient), "\(directory)/apiserver-kubelet-client")
        let admin = CertificateRequest.client(commonName: "kubernetes-admin", organizations: ["system:masters"])
        try writeKubeconfig(authority.issue(admin), server: hostServer, path: cluster.adminKubeconfig)
        let fabric = CertificateRequest.client(commonName: "skiff-fabric", organizations: ["system:masters"])
        try writeKubeconfig(authority.issue(fabric), server: fabricServer, path: cluster.fabricKubeconfig)
        for node in cluster.nodes { try write(node) }
    }

    private func write(_ node: NodeIdentity) throws {
        let directory = node.configurationDirectory
        try FileTree.makeDirectories(directory)
        let client = CertificateRequest.client(commonName: "system:node:\(node.name)", organizations: ["system:nodes"])
        try writeKubeconfig(authority.issue(client), server: fabricServer, path: node.kubeconfig)
        let proxy = CertificateRequest.client(commonName: "system:kube-proxy", organizations: ["skiff:network-agents"])
        try writeKubeconfig(authority.issue(proxy), server: fabricServer, path: node.proxyKubeconfig)
        let server = CertificateRequest.server(
            commonName: "system:node:\(node.name)", dnsNames: [node.name],
            ipAddresses: node.addresses.map(\.description) + ["127.0.0.1"])
        try write(authority.issue(server), "\(directory)/kubelet")
        try FileTree.write("\(directory)/ca.crt", authority.certificatePEM)
    }

    private func write(_ issued: IssuedCertificate, _ stem: String) throws {
        try FileTree.write("\(stem).key", issued.privateKeyPEM, mode: 0o600)
        try FileTree.write("\(stem).crt", issued.certificatePEM)
    }

    private func writeKubeconfig(_ issued: IssuedCertificate, server: String, path: String) throws {
        let json = KubeconfigText.json(
            server: server, name: cluster.name, certificateAuthority: authority.certificatePEM,
            clientCertificate: issued.certificatePEM, clientKey: issued.privateKeyPEM)
        try FileTree.write(path, KubeconfigText.yaml(json), mode: 0o600)
    }
}
