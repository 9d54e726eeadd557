import Netlink

/// A socket in the host's namespace and one in the pod's. The plugin has one thread, so it may enter the pod's itself.
struct PodConnection {
    let home: NetworkNamespace
    let namespace: NetworkNamespace
    let host: NetlinkSocket
    let pod: NetlinkSocket

    init(_ request: CNIRequest) throws(CNIFailure) {
        do throws(NamespaceError) {
            home = try NetworkNamespace.current()
            namespace = try NetworkNamespace(path: request.namespacePath)
        } catch {
            throw CNIFailure(.failed, "failed to open netns \"\(request.namespacePath)\"", details: error.description)
        }
        guard namespace.identity != home.identity || request.allowsHostNamespace else {
            throw CNIFailure(
                .invalidNamespace, "the container's network namespace is the host's own",
                details: "CNI_NETNS=\(request.namespacePath)")
        }
        host = try CNIFailure.when("cannot open netlink") { () throws(NetlinkError) in try NetlinkSocket() }
        do {
            pod = try namespace.visit(from: home) { () throws(NetlinkError) in try NetlinkSocket() }
        } catch {
            throw CNIFailure(.failed, "failed to enter netns \"\(request.namespacePath)\"", details: error.description)
        }
    }

    /// Writes settings of the pod's namespace.
    func write(_ settings: [PodSysctl], interface: String) throws(CNIFailure) {
        if settings.isEmpty { return }
        do {
            try namespace.visit(from: home) { () throws(NamespaceError) in
                for setting in settings { try Sysctl.write(setting.path(interface: interface), setting.value) }
            }
        } catch { throw CNIFailure(.failed, "cannot write the pod's settings", details: error.description) }
    }

    /// Settings of the pod that are not as they were written, in words.
    func drift(from settings: [PodSysctl], interface: String) -> [String] {
        if settings.isEmpty { return [] }
        let found = try? namespace.visit(from: home) { () throws(NamespaceError) in
            settings.filter { setting in
                let value = try? Sysctl.read(setting.path(interface: interface))
                // The kernel separates several numbers by tabs.
                return value.map(Self.numbers) != Self.numbers(setting.value)
            }
        }
        return (found ?? settings).map { "\($0.path(interface: interface)) is not \($0.value)" }
    }

    private static func numbers(_ text: String) -> [Substring] {
        text.split { $0 == " " || $0 == "\t" }
    }

    /// Lets one link of the pod have IPv6 addresses.
    func enableIPv6(on link: String) throws(CNIFailure) {
        do {
            try namespace.visit(from: home) { () throws(NamespaceError) in
                try Sysctl.write("net/ipv6/conf/\(link)/disable_ipv6", "0")
            }
        } catch { throw CNIFailure(.failed, "cannot enable IPv6 on \(link)", details: error.description) }
    }
}
