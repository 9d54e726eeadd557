import API

/// The text of a pod's `/etc/hosts`.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/kubelet_pods.go`, `ensureHostsFile`.
enum HostsFile {
    static func text(_ pod: Pod, addresses: [String], hostname: String, domain: String, nodeFile: String) -> String {
        var text: String
        if pod.spec.hostNetwork {
            text = "# Kubernetes-managed hosts file (host network).\n" + nodeFile
        } else {
            text = """
                # Kubernetes-managed hosts file.
                127.0.0.1\tlocalhost
                ::1\tlocalhost ip6-localhost ip6-loopback
                fe00::\tip6-localnet
                fe00::\tip6-mcastprefix
                fe00::1\tip6-allnodes
                fe00::2\tip6-allrouters

                """
            for address in addresses {
                text += domain.isEmpty ? "\(address)\t\(hostname)\n" : "\(address)\t\(hostname).\(domain)\t\(hostname)\n"
            }
        }
        if !pod.spec.hostAliases.isEmpty {
            text += "\n# Entries added by HostAliases.\n"
            for alias in pod.spec.hostAliases { text += "\(alias.ip)\t\(alias.hostnames.joined(separator: "\t"))\n" }
        }
        return text
    }

    /// A pod's host name: at most 63 characters, no dot or dash at the end.
    static func hostname(_ pod: Pod) -> String {
        var name = pod.spec.hostname.isEmpty ? pod.metadata.name : pod.spec.hostname
        if !pod.spec.hostnameOverride.isEmpty { name = pod.spec.hostnameOverride }
        name = String(name.prefix(63))
        while let last = name.last, last == "-" || last == "." { name.removeLast() }
        return name
    }

    /// `SUBDOMAIN.NAMESPACE.svc.DOMAIN`; empty without a subdomain.
    static func domain(_ pod: Pod, clusterDomain: String) -> String {
        guard !pod.spec.subdomain.isEmpty, pod.spec.hostnameOverride.isEmpty else { return "" }
        return "\(pod.spec.subdomain).\(pod.metadata.namespace).svc.\(clusterDomain)"
    }

    /// A full name that is to be the host name must fit the kernel's 64 bytes.
    static func refusal(hostname: String, of pod: Pod) -> HostnameError? {
        guard pod.spec.setHostnameAsFQDN, hostname.utf8.count > hostnameBytesMax else { return nil }
        return HostnameError(
            description: "Failed to construct FQDN from Pod hostname and cluster domain, FQDN \(hostname) is too long "
                + "(\(hostnameBytesMax) characters is the max, \(hostname.utf8.count) characters requested)")
    }

    private static let hostnameBytesMax = 64
}

/// A host name that cannot be set.
struct HostnameError: Error, CustomStringConvertible {
    var description: String
}
