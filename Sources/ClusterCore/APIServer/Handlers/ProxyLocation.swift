import API
import JSON
import Machinery
import NetworkTypes

/// Where `proxy` of a pod, a service or a node leads.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/{pod,service,node}`, `ResourceLocation`.
enum ProxyLocation: Hashable, Sendable {
    /// The kubelet itself, spoken to with the server's certificate.
    case kubelet(KubeletAddress)
    case direct(UpstreamAddress)

    /// `[SCHEME:]NAME[:PORT]` of a path.
    struct Target: Hashable, Sendable {
        /// Empty: plain HTTP, or the kubelet's own.
        var scheme = ""
        var name: String
        /// A number or a name; empty: the first one.
        var port = ""

        /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/net/port_split.go`, `SplitSchemeNamePort`.
        init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            switch parts.count {
            case 1: name = parts[0]
            case 2: (name, port) = (parts[0], parts[1])
            case 3: (scheme, name, port) = (parts[0], parts[1], parts[2])
            default: return nil
            }
            guard !name.isEmpty, ["", "http", "https"].contains(scheme) else { return nil }
        }

        func address(_ host: String, port: Int) -> ProxyLocation {
            .direct(UpstreamAddress(isTLS: scheme == "https", host: host, port: port))
        }

        /// The port that a scheme has when none is named.
        var usualPort: Int { scheme == "https" ? 443 : 80 }
    }
}

/// Finds the location of a request's target in the caches.
struct ProxyResolver {
    private static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")

    let handler: APIHandler
    let context: RequestContext

    private var registry: ObjectRegistry { handler.registry }

    func location() throws(Status) -> ProxyLocation {
        let resource = context.info.resource
        guard let target = ProxyLocation.Target(context.info.name) else {
            throw APIErrors.badRequest("invalid \(resource.dropLast()) request \"\(context.info.name)\"")
        }
        switch resource {
        case "pods": return try pod(target)
        case "services": return try service(target)
        default: return try node(target)
        }
    }

    // MARK: Pods

    private func pod(_ target: ProxyLocation.Target) throws(Status) -> ProxyLocation {
        let key = NamespacedName(namespace: context.info.namespace, name: target.name)
        let pod = try registry.get(context.kind, key).object
        let address = try proxyable(Self.addresses(pod).first ?? "")
        if target.port.isEmpty {
            let first = (pod["spec"]?["containers"]?.array ?? []).lazy
                .compactMap { $0["ports"]?.array?.first?["containerPort"]?.int }.first
            return target.address(address, port: first.map { Int($0) } ?? target.usualPort)
        }
        guard let port = Int(target.port), (1...65535).contains(port) else {
            throw APIErrors.badRequest("invalid pod request \"\(context.info.name)\"")
        }
        return target.address(address, port: port)
    }

    private static func addresses(_ pod: JSONValue) -> [String] {
        let all = (pod["status"]?["podIPs"]?.array ?? []).compactMap { $0["ip"]?.string }
        return all.isEmpty ? [pod["status"]?["podIP"]?.string ?? ""] : all
    }

    /// - SeeAlso: Kubernetes 1.36 `pkg/proxy/util/utils.go`, `IsProxyableIP`.
    private func proxyable(_ address: String) throws(Status) -> String {
        guard let parsed = IPAddress(parsing: address), Self.isGlobalUnicast(parsed) else {
            throw APIErrors.badRequest("address not allowed")
        }
        return address
    }

    private static func isGlobalUnicast(_ address: IPAddress) -> Bool {
        !address.isLoopback && !address.isUnspecified && !address.isLinkLocal && !address.isMulticast
    }

    // MARK: Services

    private func service(_ target: ProxyLocation.Target) throws(Status) -> ProxyLocation {
        let key = NamespacedName(namespace: context.info.namespace, name: target.name)
        let service = try registry.get(context.kind, key).object
        var portName = target.port
        if let number = Int64(target.port) {
            let ports = service["spec"]?["ports"]?.array ?? []
            guard let port = ports.first(where: { $0["port"]?.int == number }) else {
                throw APIErrors.serviceUnavailable("no service port \(number) found for service \"\(target.name)\"")
            }
            portName = port["name"]?.string ?? ""
        }
        let candidates = candidates(key, portName: portName)
        guard !candidates.isEmpty else {
            throw APIErrors.serviceUnavailable("no endpoints available for service \"\(context.info.name)\"")
        }
        let (host, port) = candidates[Int(registry.environment.random() % UInt64(candidates.count))]
        return target.address(host, port: port)
    }

    /// Ready endpoints that are a pod's address; others are not dialed on a client's behalf.
    private func candidates(_ key: NamespacedName, portName: String) -> [(String, Int)] {
        ServiceEndpoints(caches: registry.caches).ready(key, portName: portName)
            .filter { isPod($0.endpoint, key.namespace, $0.host) }.map { ($0.host, $0.port) }
    }

    private func isPod(_ endpoint: JSONValue, _ namespace: String, _ address: String) -> Bool {
        let reference = endpoint["targetRef"] ?? [:]
        guard reference["kind"]?.string == "Pod", let name = reference["name"]?.string,
            let pod = registry.caches[Self.pods]?.get(NamespacedName(namespace: namespace, name: name))?.object
        else { return false }
        return Self.addresses(pod).contains(address) && IPAddress(parsing: address).map(Self.isGlobalUnicast) ?? false
    }

    // MARK: Nodes

    private func node(_ target: ProxyLocation.Target) throws(Status) -> ProxyLocation {
        let kubelet = try handler.kubeletAddress(ofNode: target.name)
        guard !target.port.isEmpty, target.port != String(kubelet.port) else { return .kubelet(kubelet) }
        guard let port = Int(target.port), (1...65535).contains(port) else {
            throw APIErrors.badRequest("invalid node request \"\(context.info.name)\"")
        }
        return target.address(try proxyable(kubelet.host), port: port)
    }
}
