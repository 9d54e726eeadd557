import API
import JSON
import Machinery

/// A group and version that another server serves, as its APIService says.
///
/// - SeeAlso: Kubernetes 1.36 `kube-aggregator/pkg/apiserver/handler_proxy.go`.
struct RemoteService: Hashable, Sendable {
    var name: String
    var group: String
    var version: String
    var service: NamespacedName
    var port: Int
    /// PEM; empty: the system's roots.
    var caPEM: [UInt8]
    var skipsVerification: Bool

    /// Nil for what this server serves itself.
    init?(_ object: JSONValue) {
        let spec = object["spec"] ?? [:]
        guard let service = spec["service"], service.object != nil else { return nil }
        name = object["metadata"]?["name"]?.string ?? ""
        group = spec["group"]?.string ?? ""
        version = spec["version"]?.string ?? ""
        self.service = NamespacedName(
            namespace: service["namespace"]?.string ?? "", name: service["name"]?.string ?? "")
        port = Int(clamping: service["port"]?.int ?? 443)
        caPEM = spec["caBundle"]?.string.flatMap { Base64.decode($0) } ?? []
        skipsVerification = spec["insecureSkipTLSVerify"]?.bool ?? false
    }

    /// The path of its discovery document.
    var path: String { "/apis/\(group)/\(version)" }

    func peer(caches: CacheSet, random: UInt64) throws(WebhookFailure) -> PeerClients.Peer {
        let (host, number) = try ServiceEndpoints(caches: caches).dial(service, port: port, random: random)
        return PeerClients.Peer(
            address: UpstreamAddress(isTLS: true, host: host, port: number),
            serverName: "\(service.name).\(service.namespace).svc", caPEM: caPEM, skipsVerification: skipsVerification)
    }

    /// The kinds of an `APIResourceList`, for discovery.
    func kinds(_ list: JSONValue) -> [KindDefinition] {
        let entries = list["resources"]?.array ?? []
        func kind(_ entry: JSONValue) -> GroupVersionKind {
            GroupVersionKind(
                group: entry["group"]?.string ?? group, version: entry["version"]?.string ?? version,
                kind: entry["kind"]?.string ?? "")
        }
        func texts(_ entry: JSONValue, _ name: String) -> [String] { entry[name]?.array?.compactMap(\.string) ?? [] }
        return entries.filter { !($0["name"]?.string ?? "/").contains("/") }.map { entry in
            let resource = entry["name"]?.string ?? ""
            let below = entries.filter { $0["name"]?.string?.hasPrefix(resource + "/") ?? false }
            return KindDefinition(
                gvk: GroupVersionKind(group: group, version: version, kind: entry["kind"]?.string ?? ""),
                resource: resource, singular: entry["singularName"]?.string ?? "", shortNames: texts(entry, "shortNames"),
                categories: texts(entry, "categories"), isNamespaced: entry["namespaced"]?.bool ?? false,
                verbs: texts(entry, "verbs"),
                subresources: below.map {
                    KindDefinition.Subresource(
                        name: String(($0["name"]?.string ?? "").dropFirst(resource.count + 1)), kind: kind($0),
                        verbs: texts($0, "verbs"))
                }, storage: GroupVersionResource(group: group, version: version, resource: resource),
                rules: GenericRules(), schemaType: CustomKinds.schemaType)
        }
    }
}
