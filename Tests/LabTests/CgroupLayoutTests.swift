import Lab
import Testing

@Suite struct CgroupLayoutTests {
    private let legacyMounts = """
        proc /proc proc rw 0 0
        tmpfs /sys/fs/cgroup tmpfs rw,mode=755 0 0
        cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,nosuid,cpu,cpuacct 0 0
        cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0
        cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0
        cgroup /sys/fs/cgroup/systemd cgroup rw,xattr,name=systemd 0 0
        cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
        """
    private let legacyGroups = """
        5:name=systemd:/
        4:memory:/elsewhere
        3:cpuset:/
        2:cpu,cpuacct:/
        0::/
        """

    private var legacy: CgroupLayout {
        .legacy([
            .init(option: "cpu,cpuacct", mountPoint: "/sys/fs/cgroup/cpu,cpuacct"),
            .init(option: "cpuset", mountPoint: "/sys/fs/cgroup/cpuset"),
            .init(option: "memory", mountPoint: "/sys/fs/cgroup/memory"),
            .init(option: "name=systemd", mountPoint: "/sys/fs/cgroup/systemd"),
        ])
    }

    @Test func `version 1 takes its hierarchies from the machine and leaves a version 2 beside them alone`() {
        #expect(CgroupLayout.detect(processCgroups: legacyGroups, mounts: legacyMounts) == legacy)
    }

    @Test func `version 2 is one hierarchy`() {
        let layout = CgroupLayout.detect(
            processCgroups: "0::/user.slice\n", mounts: "cgroup2 /sys/fs/cgroup cgroup2 rw,nsdelegate 0 0\n")
        #expect(layout == .unified(mountPoint: "/sys/fs/cgroup"))
    }

    @Test func `no hierarchy is no layout`() {
        #expect(CgroupLayout.detect(processCgroups: "0::/\n", mounts: "proc /proc proc rw 0 0\n") == nil)
    }

    @Test func `a cpuset is filled from its parent before anyone joins`() {
        let steps = legacy.creation(of: "/skiff/a").filter { "\($0)".contains("cpuset/") || "\($0)".contains("cpuset.") }
        #expect(
            steps == [
                .makeDirectory("/sys/fs/cgroup/cpuset/skiff"),
                .copy(from: "/sys/fs/cgroup/cpuset/cpuset.cpus", to: "/sys/fs/cgroup/cpuset/skiff/cpuset.cpus"),
                .copy(from: "/sys/fs/cgroup/cpuset/cpuset.mems", to: "/sys/fs/cgroup/cpuset/skiff/cpuset.mems"),
                .makeDirectory("/sys/fs/cgroup/cpuset/skiff/a"),
                .copy(from: "/sys/fs/cgroup/cpuset/skiff/cpuset.cpus", to: "/sys/fs/cgroup/cpuset/skiff/a/cpuset.cpus"),
                .copy(from: "/sys/fs/cgroup/cpuset/skiff/cpuset.mems", to: "/sys/fs/cgroup/cpuset/skiff/a/cpuset.mems"),
            ])
    }

    @Test func `version 2 delegates from the root down and never in the group that will hold processes`() {
        let layout = CgroupLayout.unified(mountPoint: "/sys/fs/cgroup")
        #expect(
            layout.creation(of: "/skiff/a/node1") == [
                .delegate("/sys/fs/cgroup"), .makeDirectory("/sys/fs/cgroup/skiff"),
                .delegate("/sys/fs/cgroup/skiff"), .makeDirectory("/sys/fs/cgroup/skiff/a"),
                .delegate("/sys/fs/cgroup/skiff/a"), .makeDirectory("/sys/fs/cgroup/skiff/a/node1"),
            ])
        #expect(layout.needsLeaf)
        #expect(!legacy.needsLeaf)
    }
}
