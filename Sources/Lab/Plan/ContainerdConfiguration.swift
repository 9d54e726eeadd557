import NetworkTypes

/// What a node's containerd is told: the same text on every node, because every node has its own paths.
package struct ContainerdConfiguration: Hashable, Sendable {
    /// Root may raise limits and lower oom scores beyond its own. Without it runc fails to start a pod's sandbox unless
    /// containerd keeps the scores within what it may set.
    package var hasSysResource: Bool
    /// Path of runc.
    package var runc: String
    /// Path of crun; nil: not offered.
    package var crun: String?

    package static let pauseImage = "skiff.local/pause:3.10"

    package init(hasSysResource: Bool, runc: String, crun: String? = nil) {
        self.hasSysResource = hasSysResource
        self.runc = runc
        self.crun = crun
    }

    /// Reads `CapEff` of /proc/self/status; CAP_SYS_RESOURCE is bit 24.
    package static func hasSysResource(processStatus: String) -> Bool {
        for line in processStatus.split(separator: "\n") where line.hasPrefix("CapEff:") {
            let digits = line.dropFirst(7).filter { !$0.isWhitespace }
            return (UInt64(digits, radix: 16) ?? 0) & (1 << 24) != 0
        }
        return false
    }

    /// - SeeAlso: containerd 1.6 `docs/cri/config.md`, configuration version 2 (containerd 1.7 and 2 read it too).
    package var text: String {
        """
        version = 2
        root = "/var/lib/containerd"
        state = "/run/containerd"
        oom_score = 0
        disabled_plugins = [
          "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
          "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.restart", "io.containerd.internal.v1.tracing",
          "io.containerd.tracing.processor.v1.otlp",
        ]

        [debug]
          level = "warn"

        [grpc]
          address = "\(NodePlan.runtimeSocket)"

        [ttrpc]
          address = "\(NodePlan.runtimeSocket).ttrpc"

        [plugins."io.containerd.internal.v1.opt"]
          path = "/var/lib/containerd/opt"

        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "\(Self.pauseImage)"
          disable_apparmor = true
          restrict_oom_score_adj = \(!hasSysResource)
          enable_unprivileged_ports = true
          enable_unprivileged_icmp = true
          netns_mounts_under_state_dir = true
          stream_server_address = "127.0.0.1"
          stream_server_port = "0"
          max_container_log_line_size = 16384
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/opt/cni/bin"
            conf_dir = "/etc/cni/net.d"
            max_conf_num = 1
          [plugins."io.containerd.grpc.v1.cri".registry]
            config_path = "\(NodePlan.configuration)/certs.d"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
            default_runtime_name = "runc"

        """ + runtime("runc", path: runc) + (crun.map { runtime("crun", path: $0) } ?? "")
    }

    private func runtime(_ name: String, path: String) -> String {
        """
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.\(name)]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.\(name).options]
                BinaryName = "\(path)"
                Root = "/run/\(name)"
                SystemdCgroup = false

        """
    }

    /// Where images of `skiff.local` come from: the cluster's own registry. It is the last resort too (`server`), because the
    /// name itself resolves nowhere, and takes ten seconds to do so.
    ///
    /// - SeeAlso: containerd 1.6 `docs/hosts.md`.
    package static func localRegistryHosts(for cluster: ClusterPlan) -> String {
        let address = "http://\(cluster.fabricAddress.urlHost):\(ClusterPlan.registryPort)"
        // Its parser takes no bracket in a table's name, and wants a table all the same (containerd issues 10055, 10027).
        guard cluster.fabricAddress.family == .ipv4 else {
            return """
                server = "\(address)"
                capabilities = ["pull", "resolve"]

                [host]

                """
        }
        return """
            server = "\(address)"

            [host."\(address)"]
              capabilities = ["pull", "resolve"]

            """
    }

    /// What containerd's environment says about the way out: pulls go through the proxy on the fabric, which dials from the
    /// host's network. The fabric itself, and with it the cluster's registry, is reached straight.
    package static func environment(for cluster: ClusterPlan) -> [String: String] {
        let proxy = "http://\(cluster.fabricAddress.urlHost):\(ClusterPlan.egressPort)"
        return [
            "HTTP_PROXY": proxy, "HTTPS_PROXY": proxy,
            "NO_PROXY":
                (["127.0.0.0/8", "::1", "localhost"]
                + (cluster.fabricNetworks + cluster.podNetworks + cluster.serviceNetworks).map(\.description)).joined(
                    separator: ","),
        ]
    }
}
