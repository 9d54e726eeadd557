import Testing

import Lab

@Suite struct PreflightTests {
    private let fit = MachineFacts(
        userID: 0, programs: ["containerd": "/usr/bin/containerd", "runc": "/usr/sbin/runc", "ctr": "/usr/bin/ctr"],
        fileSystems: "nodev\tproc\nnodev\toverlay\n", cgroups: .unified(mountPoint: "/sys/fs/cgroup"), hasNFTables: true,
        hasVeth: true, hasBridge: true, portIsFree: true, hasPlugin: true)

    private func problems(_ change: (inout MachineFacts) -> Void) -> [String] {
        var facts = fit
        change(&facts)
        return Preflight.refusals(facts, apiPort: 6443).map(\.problem)
    }

    @Test func `a fit machine is not refused`() { #expect(problems { _ in }.isEmpty) }

    @Test func `without root nothing else is said`() {
        let found = problems {
            $0.userID = 1000
            $0.programs = [:]
        }
        #expect(found.count == 1)
        #expect(found[0].contains("root"))
    }

    @Test func `each missing thing is named`() {
        #expect(problems { $0.programs = ["ctr": "/usr/bin/ctr"] } == ["no containerd and runc on PATH: nodes run their containers with it"])
        #expect(problems { $0.hasNFTables = false }.first?.contains("nf_tables") == true)
        #expect(problems { $0.fileSystems = "nodev\tproc\n" }.first?.contains("overlay") == true)
        #expect(problems { $0.hasVeth = false }.first?.contains("veth") == true)
        #expect(problems { $0.hasBridge = false }.first?.contains("bridge") == true)
        #expect(problems { $0.cgroups = nil }.first?.contains("cgroup") == true)
        #expect(problems { $0.hasPlugin = false }.first?.contains("skiff-cni") == true)
        #expect(problems { $0.portIsFree = false } == ["port 6443 on 127.0.0.1 is taken by another program"])
    }

    @Test func `every refusal says what to do`() {
        let worst = MachineFacts(
            userID: 0, programs: [:], fileSystems: "", cgroups: nil, hasNFTables: false, hasVeth: false, hasBridge: false,
            portIsFree: false, hasPlugin: false)
        let refusals = Preflight.refusals(worst, apiPort: 65535)
        #expect(refusals.count == 8)
        #expect(refusals.allSatisfy { !$0.remedy.isEmpty })
    }
}
