import API
import CRI

/// What `/etc/resolv.conf` of a pod says.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/network/dns/dns.go`, `GetPodDNS`.
struct DNSResolution: Sendable {
    var clusterDNS: [String]
    var clusterDomain: String
    /// The node's own file, parsed.
    var node: DNSConfig

    /// What a file can hold; glibc reads no more.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation`, `MaxDNSNameservers`, `MaxDNSSearchPaths`, `MaxDNSSearchListChars`.
    static let serversMax = 3
    static let searchesMax = 32
    static let searchCharactersMax = 2048
    /// Of one name; a longer one makes old resolvers abort.
    static let nameCharactersMax = 253

    func config(_ pod: Pod) -> DNSConfig { resolve(pod).config }

    /// The file's content, and what the user must be told about it, as reason and message of an event.
    func resolve(_ pod: Pod) -> (config: DNSConfig, warnings: [(reason: String, message: String)]) {
        var warnings: [(reason: String, message: String)] = []
        var policy = pod.spec.dnsPolicy
        if policy == "ClusterFirst", pod.spec.hostNetwork { policy = "Default" }
        if policy == "ClusterFirstWithHostNet" { policy = "ClusterFirst" }
        if policy == "ClusterFirst", clusterDNS.isEmpty {
            warnings.append(
                (
                    "MissingClusterDNS",
                    "kubelet does not have ClusterDNS IP configured and cannot create Pod using \"\(pod.spec.dnsPolicy)\" policy. "
                        + "Falling back to \"Default\" policy."
                ))
            policy = "Default"
        }
        var result = DNSConfig()
        switch policy {
        case "None": break
        case "ClusterFirst":
            result.servers = clusterDNS
            if !clusterDomain.isEmpty {
                result.searches = ["\(pod.metadata.namespace).svc.\(clusterDomain)", "svc.\(clusterDomain)", clusterDomain]
            }
            for search in node.searches where !result.searches.contains(search) { result.searches.append(search) }
            result.options = ["ndots:5"]
        default: result = node
        }
        let extra = pod.spec.dnsConfig
        for server in extra.nameservers where !result.servers.contains(server) { result.servers.append(server) }
        for search in extra.searches where !result.searches.contains(search) { result.searches.append(search) }
        for option in extra.options {
            result.options.removeAll { $0 == option.name || $0.hasPrefix(option.name + ":") }
            let value = option.value ?? ""
            result.options.append(value.isEmpty ? option.name : "\(option.name):\(value)")
        }
        warnings += Self.limit(&result).map { ("DNSConfigForming", $0) }
        return (result, warnings)
    }

    private static func limit(_ config: inout DNSConfig) -> [String] {
        var messages: [String] = []
        if config.servers.count > serversMax {
            config.servers.removeLast(config.servers.count - serversMax)
            messages.append(
                "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: "
                    + config.servers.joined(separator: " "))
        }
        let wanted = config.searches.count
        config.searches = config.searches.prefix(searchesMax).filter { $0.utf8.count <= nameCharactersMax }
        while config.searches.joined(separator: " ").utf8.count > searchCharactersMax { config.searches.removeLast() }
        if config.searches.count < wanted {
            messages.append(
                "Search Line limits were exceeded, some search paths have been omitted, the applied search line is: "
                    + config.searches.joined(separator: " "))
        }
        return messages
    }

    /// Reads a `resolv.conf`; unknown lines are skipped.
    static func parse(_ text: String) -> DNSConfig {
        var result = DNSConfig()
        for line in text.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let first = words.first, !first.hasPrefix("#"), !first.hasPrefix(";") else { continue }
            switch first {
            case "nameserver": if words.count > 1 { result.servers.append(words[1]) }
            case "search":
                result.searches = words.dropFirst().map { $0.hasSuffix(".") && $0.count > 1 ? String($0.dropLast()) : $0 }
            case "options": result.options = Array(words.dropFirst())
            default: break
            }
        }
        return result
    }
}
