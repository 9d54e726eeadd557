package import NetworkTypes

/// `/etc/resolv.conf` as far as forwarding needs it: its servers and its search list. Options say how a client asks, not whom.
package struct ResolverFile: Hashable, Sendable {
    package var upstreams: [Upstream] = []
    package var searches: [DNSName] = []

    /// Where it stands.
    package static let standardPath = "/etc/resolv.conf"
    /// Where systemd-resolved writes the servers that it asks itself, when the standard file only names it.
    package static let resolvedPath = "/run/systemd/resolve/resolv.conf"

    /// - Parameter own: Addresses that we answer at ourselves: forwarding there would go round in circles.
    package init(_ text: String, own: [IPAddress] = []) {
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let first = words.first, !first.hasPrefix("#"), !first.hasPrefix(";") else { continue }
            switch first {
            case "nameserver":
                // A zone (`%eth0`) is of no use to a server that any interface reaches.
                guard words.count > 1, let address = IPAddress(parsing: words[1]), !own.contains(address) else { continue }
                if !upstreams.contains(Upstream(address)) { upstreams.append(Upstream(address)) }
            case "search": searches = words.dropFirst().compactMap { DNSName(parsing: $0) }.filter { $0 != .root }
            default: break
            }
        }
    }

    /// The file that says whom the machine asks: the standard one, unless it is missing or names nobody but the machine itself, and
    /// systemd-resolved has written down its servers.
    ///
    /// - Parameter read: The text of a file; nil when there is none.
    /// - SeeAlso: Kubernetes 1.36 `cmd/kubeadm/app/componentconfigs/kubelet.go`, `resolvConf`.
    package static func path(_ read: (String) -> String?) -> String {
        let standard = read(standardPath).map { ResolverFile($0).upstreams } ?? []
        guard standard.allSatisfy(\.address.isLoopback), let other = read(resolvedPath),
            ResolverFile(other).upstreams.contains(where: { !$0.address.isLoopback })
        else { return standardPath }
        return resolvedPath
    }
}
