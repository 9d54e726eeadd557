import API
import JSON
import Policy

/// Parts of policies as short text.
enum PolicyWords {
    static func labels(_ labels: [String: String]) -> String {
        labels.isEmpty ? "none" : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// One entry of `from` or `to`.
    static func peer(_ peer: JSONValue, _ policy: PolicyReference) -> String {
        if let block = peer["ipBlock"] {
            let except = (block["except"]?.array ?? []).compactMap(\.string)
            return "ipBlock \(block["cidr"]?.string ?? "")" + (except.isEmpty ? "" : " except \(except.joined(separator: ", "))")
        }
        if let networks = peer["networks"]?.array {
            return "networks \(networks.compactMap(\.string).joined(separator: ", "))"
        }
        var parts: [String] = []
        if let pods = peer["podSelector"] { parts.append("podSelector \(selector(pods))") }
        if let namespaces = peer["namespaceSelector"] {
            parts.append("namespaceSelector \(selector(namespaces))")
        } else if case .network(let key) = policy {
            parts.append("in namespace \(key.namespace)")
        }
        if let namespaces = peer["namespaces"] { parts.append("namespaces \(selector(namespaces))") }
        if let pods = peer["pods"] {
            parts.append(
                "pods \(selector(pods["podSelector"] ?? [:])) of namespaces \(selector(pods["namespaceSelector"] ?? [:]))")
        }
        return parts.isEmpty ? "(a kind of peer that is not known)" : parts.joined(separator: ", ")
    }

    static func selector(_ json: JSONValue) -> String {
        let selector = LabelSelector(json: json)
        return selector.isEverything ? "{} (all)" : selector.description
    }

    /// What the `ports` of a NetworkPolicy's rule, or the `protocols` of a ClusterNetworkPolicy's, allow.
    static func ports(_ rule: JSONValue) -> [String] {
        if let protocols = rule["protocols"]?.array { return protocols.map(port(cluster:)) }
        let ports = rule["ports"]?.array ?? []
        if ports.isEmpty { return ["every port"] }
        return ports.map { port in
            let transport = (port["protocol"]?.string ?? "TCP").lowercased()
            guard let number = IntOrString(json: port["port"]) else { return "every port of \(transport)" }
            let end = port["endPort"]?.int.map { "-\($0)" } ?? ""
            return "\(number)\(end)/\(transport)"
        }
    }

    private static func port(cluster json: JSONValue) -> String {
        if let name = json["destinationNamedPort"]?.string { return name }
        for transport in ["tcp", "udp", "sctp"] {
            guard let entry = json[transport] else { continue }
            guard let port = entry["destinationPort"] else { return "every port of \(transport)" }
            if let number = port["number"]?.int { return "\(number)/\(transport)" }
            return "\(port["range"]?["start"]?.int ?? 0)-\(port["range"]?["end"]?.int ?? 0)/\(transport)"
        }
        return "?"
    }
}
