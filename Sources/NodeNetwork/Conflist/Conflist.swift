package import JSON
package import NetworkTypes

/// The network's configuration as container runtimes read it from `/etc/cni/net.d`.
package struct Conflist: Hashable, Sendable {
    package static let fileName = "10-skiff.conflist"

    package var networkName: String
    package var podCIDRs: [CIDR]
    /// Bytes; nil leaves the kernel's default.
    package var mtu: UInt32?

    package init(networkName: String = "skiff", podCIDRs: [CIDR], mtu: UInt32?) {
        self.networkName = networkName
        self.podCIDRs = podCIDRs
        self.mtu = mtu
    }

    /// containerd 1.6 and 1.7 know nothing newer than 1.0.0 and fail every ADD when `cniVersion` says more; runtimes that know
    /// `cniVersions` pick 1.1.0 from there.
    package var json: JSONValue {
        var plugin: JSONValue = ["type": "skiff-cni", "podCIDRs": JSONValue(podCIDRs.map(\.description))]
        if let mtu { plugin["mtu"] = JSONValue(mtu) }
        // The runtime hands these over for pods that have them.
        plugin["capabilities"] = ["portMappings": true, "bandwidth": true]
        return [
            "cniVersion": "1.0.0", "cniVersions": ["0.4.0", "1.0.0", "1.1.0"], "name": .string(networkName),
            "plugins": [plugin],
        ]
    }
}
