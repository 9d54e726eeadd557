package import NetworkTypes

/// The kernel settings that routing to pods needs in the node's namespace.
package enum NodeSysctls {
    package struct Setting: Hashable, Sendable {
        /// Path below `/proc/sys`.
        package var key: String
        package var value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// - Parameter families: Those of the node's podCIDRs.
    package static func settings(families: Set<IPFamily>) -> [Setting] {
        var settings: [Setting] = []
        if families.contains(.ipv4) {
            settings += [
                Setting(key: "net/ipv4/ip_forward", value: "1"),
                // The kernel uses the greater of this and the link's own value. Links of pods are strict (1), which keeps
                // pods from sending with foreign addresses; loose (2) here would override that.
                Setting(key: "net/ipv4/conf/all/rp_filter", value: "0"),
                // Either this or the link's own value is enough to send redirects, which make no sense to a pod.
                Setting(key: "net/ipv4/conf/all/send_redirects", value: "0"),
            ]
        }
        if families.contains(.ipv6) { settings.append(Setting(key: "net/ipv6/conf/all/forwarding", value: "1")) }
        return settings
    }
}
