import Lab
import Testing

@Suite struct NodePlanTests {
    private let mountInfo = #"""
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
        22 27 0:21 / /proc rw,relatime - proc proc rw
        30 27 254:1 / /usr rw,relatime shared:1 - xfs /dev/vdb rw
        31 27 254:2 / /srv/with\040space rw,relatime - ext4 /dev/vdc rw
        32 27 0:30 / /tmp rw,relatime - tmpfs tmpfs rw
        33 27 254:3 / /var/lib/containerd rw,relatime - ext4 /dev/vdd rw
        34 27 254:4 / /data/skiff/nodes rw,relatime - ext4 /dev/vde rw
        35 27 0:4 net:[4026532292] /run/netns/other rw - nsfs nsfs rw
        """#

    private func plan(_ layout: CgroupLayout) throws -> NodePlan {
        let cluster = try ClusterPlan(name: "skiff", nodeCount: 1, dataDirectory: "/data/skiff", apiPort: 6443)
        return NodePlan(
            node: cluster.nodes[0], cluster: cluster, layout: layout, mountInfo: mountInfo, skiff: "/opt/skiff/skiff",
            plugin: "/opt/skiff/skiff-cni")
    }

    @Test func `disks of the host are seen, but neither its kernel mounts nor the node's own directories`() {
        #expect(NodePlan.diskMounts(mountInfo, excluding: "/data/skiff") == ["/usr", "/srv/with space"])
    }

    @Test func `what is mounted below a directory is taken away from the inside out, and nothing beside it`() {
        let lines = """
            40 27 0:9 / /data rw - ext4 /dev/vdf rw
            41 40 0:9 / /data/skiff rw - ext4 /dev/vdf rw
            42 41 0:9 / /data/skiff/nodes/node1/var\\040x rw - overlay overlay rw
            43 42 0:9 / /data/skiff/nodes/node1/var\\040x/in rw - tmpfs tmpfs rw
            44 40 0:9 / /data/skiffs rw - tmpfs tmpfs rw
            """
        #expect(
            MountPoint.below("/data/skiff", lines) == [
                "/data/skiff/nodes/node1/var x/in", "/data/skiff/nodes/node1/var x",
            ])
    }

    @Test func `the root comes first, and a place is mounted before what is below it`() throws {
        let steps = try plan(.unified(mountPoint: "/sys/fs/cgroup")).mounts
        #expect(steps.first == .bind(source: "/", target: "/"))
        let targets = steps.compactMap { step -> String? in
            switch step {
            case .bind(_, let target), .mount(_, let target, _, _): target
            default: nil
            }
        }
        for (position, target) in targets.enumerated() {
            for later in targets[(position + 1)...] { #expect(!target.hasPrefix(later + "/"), "\(later) would hide \(target)") }
        }
    }

    @Test func `every node finds its directories on the paths that tools know`() throws {
        let steps = try plan(.unified(mountPoint: "/sys/fs/cgroup")).mounts
        for path in ["/var/lib/containerd", "/var/lib/kubelet", "/var/log/pods", "/etc/cni/net.d", "/opt/cni/bin"] {
            #expect(steps.contains(.bind(source: "/data/skiff/nodes/node1\(path)", target: path)))
        }
        #expect(steps.contains(.symbolicLink("/opt/cni/bin/loopback", target: "/run/skiff/bin/skiff-cni")))
    }

    @Test func `version 1 hierarchies are mounted under the names that the kernel gave them`() throws {
        let layout = CgroupLayout.legacy([
            .init(option: "cpu,cpuacct", mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
            .init(option: "name=systemd", mountPoint: "/sys/fs/cgroup/systemd"),
        ])
        let steps = try plan(layout).mounts
        #expect(
            steps.contains(
                .mount(type: "cgroup", target: "/sys/fs/cgroup/cpu,cpuacct", options: "cpu,cpuacct", flags: .nothing)))
        #expect(
            steps.contains(
                .mount(type: "cgroup", target: "/sys/fs/cgroup/systemd", options: "none,name=systemd", flags: .nothing)))
    }
}

@Suite struct ContainerdConfigurationTests {
    @Test func `oom scores are restricted exactly where root may not lower them`() {
        let without = "Name:\tbash\nCapEff:\t000001fffeffffff\n"
        let with = "Name:\tbash\nCapEff:\t000001ffffffffff\n"
        #expect(!ContainerdConfiguration.hasSysResource(processStatus: without))
        #expect(ContainerdConfiguration.hasSysResource(processStatus: with))
        #expect(ContainerdConfiguration(hasSysResource: false, runc: "/r").text.contains("restrict_oom_score_adj = true"))
        #expect(ContainerdConfiguration(hasSysResource: true, runc: "/r").text.contains("restrict_oom_score_adj = false"))
    }

    @Test func `crun is offered where it is`() {
        let text = ContainerdConfiguration(hasSysResource: true, runc: "/usr/sbin/runc", crun: "/usr/bin/crun").text
        #expect(text.contains("containerd.runtimes.crun.options]\n        BinaryName = \"/usr/bin/crun\""))
        #expect(!ContainerdConfiguration(hasSysResource: true, runc: "/usr/sbin/runc").text.contains("crun"))
    }
}
