import Lab
import Testing

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

    @Test func `a fit machine is not refused`() { #expect(Preflight.refusals(fit, apiPort: 6443).isEmpty) }

    @Test func `without root nothing else is said`() {
        let found = problems {
            $0.userID = 1000
            $0.programs = [:]
        }
        #expect(found.count == 1)
        #expect(found[0].contains("root"))
    }

    @Test func `missing programs are named together`() {
        let found = problems { $0.programs = ["ctr": "/usr/bin/ctr"] }
        #expect(found == ["no containerd and runc on PATH: nodes run their containers with it"])
    }

    @Test func `etcd is missed only by a cluster that is kept in it`() {
        let found = Preflight.refusals(fit, apiPort: 6443, store: .etcd)
        #expect(found.map(\.problem) == ["no etcd on PATH: --store etcd runs it"])
        var facts = fit
        facts.programs["etcd"] = "/usr/bin/etcd"
        #expect(Preflight.refusals(facts, apiPort: 6443, store: .etcd).isEmpty)
    }

    @Test func `a taken port is named`() {
        let found = problems { $0.portIsFree = false }
        #expect(found == ["port 6443 on 127.0.0.1 is taken by another program"])
    }

    @Test func `a version 2 hierarchy must offer what containers are limited by`() {
        let found = problems { $0.controllers = ["hugetlb", "memory", "pids"] }
        #expect(found.count == 1)
        #expect(found.first?.contains("no cpu controller") == true)
        #expect(problems { $0.controllers = ["cpu", "cpuset", "io", "memory"] }.isEmpty)
    }

    @Test(arguments: ["nf_tables", "overlay", "veth", "bridge", "cgroup", "skiff-cni"])
    func `each other missing thing is the only one named`(thing: String) {
        let found = problems { facts in
            switch thing {
            case "nf_tables": facts.hasNFTables = false
            case "overlay": facts.fileSystems = "nodev\tproc\n"
            case "veth": facts.hasVeth = false
            case "bridge": facts.hasBridge = false
            case "cgroup": facts.cgroups = nil
            default: facts.hasPlugin = false
            }
        }
        #expect(found.count == 1)
        #expect(found.first?.contains(thing) == true)
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
