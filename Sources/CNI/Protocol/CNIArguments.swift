import JSON
package import NetworkTypes

/// `CNI_ARGS`: pairs as `KEY=VALUE` with semicolons between them, in any order.
package struct CNIArguments: Hashable, Sendable {
    /// Addresses that the pod asks for by `IP`, with commas between them.
    package var addresses: [IPAddress] = []
    /// `MAC`.
    package var mac: MACAddress?
    /// `K8S_POD_NAMESPACE`, `K8S_POD_NAME` and whatever else the runtime passes.
    package var others: [String: String] = [:]

    private static let runtimeKeys: Set<String> = [
        "K8S_POD_NAMESPACE", "K8S_POD_NAME", "K8S_POD_INFRA_CONTAINER_ID", "K8S_POD_UID",
    ]

    /// Keys nobody knows are refused unless the arguments hold a true `IgnoreUnknown`, as the specification's library does it.
    package init(parsing text: String) throws(CNIFailure) {
        var ignoresUnknown = false
        for pair in text.split(separator: ";") {
            guard let equals = pair.firstIndex(of: "="), equals > pair.startIndex else {
                throw CNIFailure(.failed, "CNI_ARGS: invalid pair \"\(pair)\"")
            }
            let key = String(pair[..<equals])
            let value = String(pair[pair.index(after: equals)...])
            switch key {
            case "IgnoreUnknown": ignoresUnknown = try Self.flag(value)
            case "IP":
                for part in value.split(separator: ",") { addresses.append(try Self.address(part)) }
            case "MAC":
                guard let mac = try NetworkConfiguration.mac(.string(value)) else { continue }
                self.mac = mac
            default: others[key] = value
            }
        }
        let unknown = others.keys.filter { !Self.runtimeKeys.contains($0) }.sorted()
        guard ignoresUnknown || unknown.isEmpty else {
            throw CNIFailure(.failed, "CNI_ARGS: unknown args [\(unknown.joined(separator: " "))]")
        }
    }

    /// Of the pod object; nil when the runtime did not say.
    package var podUID: String? { others["K8S_POD_UID"].flatMap { $0.isEmpty || $0.contains("=") ? nil : $0 } }

    /// `NAMESPACE/NAME` of the pod, at most 255 bytes; nil when the runtime did not say.
    package var pod: String? {
        guard let namespace = others["K8S_POD_NAMESPACE"], let name = others["K8S_POD_NAME"], !name.isEmpty else { return nil }
        let text = "\(namespace)/\(name)"
        return text.utf8.count <= 255 ? text : nil
    }

    private static func flag(_ text: String) throws(CNIFailure) -> Bool {
        switch text.lowercased() {
        case "1", "true": return true
        case "0", "false": return false
        default: throw CNIFailure(.failed, "CNI_ARGS: IgnoreUnknown must be a boolean, not \"\(text)\"")
        }
    }

    private static func address(_ text: Substring) throws(CNIFailure) -> IPAddress {
        guard let address = InterfaceAddress(parsing: text)?.address ?? IPAddress(parsing: text) else {
            throw CNIFailure(.failed, "CNI_ARGS: invalid IP address \"\(text)\"")
        }
        return address
    }
}
