package import API
package import NetworkTypes

/// One end of a connection as a person types it.
package enum EndText: Hashable, Sendable {
    case address(IPAddress)
    case pod(NamespacedName)
    case node(String)
    /// Of a Service; a source is a pod where it names no kind.
    case name(NamespacedName)

    /// `10.244.1.2`, `node/node1`, `pod/web`, `shop/pod/web`, `shop/web`, `web`, `web.shop`, `web.shop.svc.cluster.local`.
    package init?(parsing text: String, namespace: String) {
        if let address = IPAddress(parsing: text) {
            self = .address(address)
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.contains(":") && !$0.contains(" ") }) else { return nil }
        switch (parts.count, parts.first, parts.last) {
        case (2, "node", let name?): self = .node(name)
        case (2, "pod", let name?): self = .pod(NamespacedName(namespace: namespace, name: name))
        case (3, "pod", let name?): self = .pod(NamespacedName(namespace: parts[1], name: name))
        case (3, let space?, let name?) where parts[1] == "pod": self = .pod(NamespacedName(namespace: space, name: name))
        case (2, "service", let name?), (2, "svc", let name?), (1, _, let name?): self = .name(Self.service(name, namespace))
        case (2, let space?, let name?): self = .name(NamespacedName(namespace: space, name: name))
        default: return nil
        }
    }

    /// `web`, or `web.shop` with anything from `.svc` on behind it.
    private static func service(_ text: String, _ namespace: String) -> NamespacedName {
        let labels = text.split(separator: ".").map(String.init)
        return labels.count < 2
            ? NamespacedName(namespace: namespace, name: text) : NamespacedName(namespace: labels[1], name: labels[0])
    }
}

/// Where a connection goes as a person types it: `web:80`, `shop/web:http`, `10.96.0.1:80`, `[fd00::1]:80`.
package struct TargetText: Hashable, Sendable {
    package var end: EndText
    /// A number or a name.
    package var port: String

    package init?(parsing text: String, namespace: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        var host = String(text[..<colon])
        port = String(text[text.index(after: colon)...])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !port.isEmpty, let end = EndText(parsing: host, namespace: namespace) else { return nil }
        self.end = end
    }
}
