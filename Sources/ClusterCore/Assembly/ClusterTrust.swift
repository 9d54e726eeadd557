import API
import APIServer
import JSON

/// Whom others may trust who act for this cluster's API: the ConfigMap that delegated authentication reads.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controlplane/controller/clusterauthenticationtrust/cluster_authentication_trust_controller.go`.
struct ClusterTrust {
    static let key = NamespacedName(namespace: "kube-system", name: "extension-apiserver-authentication")
    /// Authorities of servers that came and went; older ones are left out.
    private static let certificatesMax = 8
    private static let end = "-----END CERTIFICATE-----"

    let clientCA: String
    let frontProxyCA: String
    /// Proxies in front of this server; those behind it may believe them as well.
    var requestHeaders: RequestHeaderTrust?

    /// Servers over one store have each their own authority: everybody's are kept.
    func data(over old: [String: String]) -> [String: String] {
        var data = old
        data["client-ca-file"] = Self.joined(old["client-ca-file"] ?? "", clientCA)
        data["requestheader-client-ca-file"] = Self.joined(
            old["requestheader-client-ca-file"] ?? "", frontProxyCA + (requestHeaders?.authorityPEM ?? ""))
        var names = [FrontProxyIdentity.commonName]
        // No names at all stands for every certificate of the authorities.
        if let requestHeaders { names = requestHeaders.allowedNames.isEmpty ? [] : names + requestHeaders.allowedNames }
        // This server itself speaks in the standard fields, whatever those in front of it are told to use.
        let own = RequestHeaderTrust.Fields()
        let fields = requestHeaders?.fields ?? own
        data["requestheader-allowed-names"] = Self.list(names)
        data["requestheader-username-headers"] = Self.list(own.usernames + fields.usernames)
        data["requestheader-uid-headers"] = Self.list(own.uids + fields.uids)
        data["requestheader-group-headers"] = Self.list(own.groups + fields.groups)
        data["requestheader-extra-headers-prefix"] = Self.list(own.extraPrefixes + fields.extraPrefixes)
        return data
    }

    /// As a JSON list, each name once.
    private static func list(_ names: [String]) -> String {
        var seen: Set<String> = []
        return JSONWriter.text(JSONValue(names.filter { seen.insert($0).inserted }))
    }

    private static func joined(_ bundle: String, _ certificate: String) -> String {
        func parts(_ text: String) -> [String] {
            var parts: [String] = []
            var lines: [Substring] = []
            for line in text.split(separator: "\n") {
                lines.append(line)
                guard line.hasPrefix(end) else { continue }
                parts.append(lines.joined(separator: "\n") + "\n")
                lines = []
            }
            return parts
        }
        let new = parts(certificate)
        let kept = parts(bundle).filter { !new.contains($0) }
        return (kept.suffix(max(0, certificatesMax - new.count)) + new).joined()
    }

    func write(_ registry: ObjectRegistry) async throws {
        guard let kind = Catalog.kind(ConfigMap.resource) else { return }
        do {
            guard let found = registry.caches[ConfigMap.resource]?.get(Self.key)?.object else {
                let object: JSONValue = [
                    "kind": "ConfigMap", "apiVersion": "v1",
                    "metadata": ["name": .string(Self.key.name), "namespace": .string(Self.key.namespace)],
                    "data": JSONValue(data(over: [:])),
                ]
                _ = try await registry.create(kind, namespace: Self.key.namespace, object, .loopback)
                return
            }
            var object = found
            object["data"] = JSONValue(data(over: found["data"]?.object?.strings ?? [:]))
            guard object != found else { return }
            _ = try await registry.update(kind, Self.key, object, part: .whole, .loopback)
        } catch {
            // Another server that starts at the same moment was faster; it kept what it found.
            guard error.isAlreadyExists || error.isConflict else { throw error }
        }
    }
}
