import NFTables
import Testing

@testable import Proxy

@Suite struct TakeOverTests {
    typealias Sight = TakeOverStateMachine.Sight

    @Test func `nothing is taken away before our rules stand`() {
        var machine = TakeOverStateMachine()
        let (action, news) = machine.looked(Sight(isSynced: false, hasLeftovers: true))
        #expect(action == .lookAgain(after: TakeOverStateMachine.soon))
        #expect(news == nil)
    }

    @Test func `what an ended kube-proxy left goes at once`() {
        var machine = TakeOverStateMachine()
        #expect(machine.looked(Sight(isSynced: true, hasLeftovers: true)).action == .remove)
        machine.removed()
        #expect(machine.looked(Sight(isSynced: true, hasLeftovers: false)).action == .lookAgain(after: .seconds(60)))
    }

    @Test func `a kube-proxy that runs is told once and waited for`() {
        var machine = TakeOverStateMachine()
        let running = Sight(isSynced: true, hasLeftovers: true, running: "process 7")
        #expect(machine.looked(running).news == "a kube-proxy runs on this node: process 7")
        for _ in 0..<3 {
            let (action, news) = machine.looked(running)
            #expect(action == .lookAgain(after: TakeOverStateMachine.whileRunning))
            #expect(news == nil)
        }
        #expect(machine.looked(Sight(isSynced: true, hasLeftovers: true)).action == .remove)
    }

    @Test func `rules that come back are told, and taken away later and later`() {
        var machine = TakeOverStateMachine()
        var waits: [Int] = []
        for _ in 0..<8 {
            var looks = 0
            while machine.looked(Sight(isSynced: true, hasLeftovers: true)).action != .remove { looks += 1 }
            machine.removed()
            waits.append(looks)
        }
        #expect(waits == [0, 1, 2, 4, 8, 16, 32, 60])
        #expect(machine.looked(Sight(isSynced: true, hasLeftovers: true)).news?.contains("came back") == true)
    }

    @Test func `a refusal is told once`() {
        var machine = TakeOverStateMachine()
        #expect(machine.removalFailed("owned").news == "owned")
        #expect(machine.removalFailed("owned").news == nil)
        #expect(machine.removalFailed("owned").action == .lookAgain(after: TakeOverStateMachine.whileRunning))
    }

    static let nat = TableIdentifier(.ip, "nat")

    @Test func `of a shared table only kube-proxy's part goes, and nothing is left that names it`() {
        let table = ForeignTable(
            Self.nat,
            chains: [
                "PREROUTING", "KUBE-SERVICES", "KUBE-SVC-AAAA", "KUBE-SEP-BBBB", "CNI-HOSTPORT-DNAT", "KUBE-KUBELET-CANARY",
            ],
            rules: [
                .init(chain: "PREROUTING", handle: 5, targets: ["KUBE-SERVICES"]),
                .init(chain: "PREROUTING", handle: 6, targets: ["CNI-HOSTPORT-DNAT"]),
                .init(chain: "KUBE-SERVICES", handle: 7, targets: ["KUBE-SVC-AAAA"]),
            ])
        let names = ["KUBE-SERVICES", "KUBE-SVC-AAAA", "KUBE-SEP-BBBB"]
        #expect(
            Leftovers.removal(from: table)
                == [.deleteRule(Self.nat, chain: "PREROUTING", handle: 5)]
                + names.map { .flushChain(Self.nat, name: $0) } + names.map { .deleteChain(Self.nat, name: $0) })
    }

    @Test func `a table without anything of kube-proxy's stays as it is`() {
        let table = ForeignTable(
            Self.nat, chains: ["PREROUTING", "KUBE-KUBELET-CANARY", "KUBE-IPTABLES-HINT", "KUBE-FIREWALL", "DOCKER"],
            rules: [.init(chain: "PREROUTING", handle: 5, targets: ["DOCKER"])])
        #expect(Leftovers.removal(from: table).isEmpty)
    }
}
