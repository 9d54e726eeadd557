import API
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct ListenersTests {
    private let tcp = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
           1: 0201F40A:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
           2: 0201F40A:0051 0301F40A:1234 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
        """
    private let tcp6 = """
          sl  local_address                         remote_address                        st
           0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A
        """

    private var listeners: Listeners {
        var listeners = Listeners([])
        listeners.add(tcp, isTCP: true)
        listeners.add(tcp6, isTCP: true)
        return listeners
    }

    @Test func `reads what listens, and not what is connected`() {
        #expect(
            listeners.places == [
                Backend(.fixture("127.0.0.1"), 8080), Backend(.fixture("10.244.1.2"), 80), Backend(.fixture("::"), 22),
            ])
    }

    @Test(arguments: [
        (80, Finding.Verdict.passes, "a program listens on 80 in pod default/web"),
        (22, .passes, "a program listens on 22 in pod default/web"),
        (
            8080, .blocks,
            "in pod default/web port 8080 listens on 127.0.0.1 only: a connection from elsewhere is refused"
        ),
        (9090, .blocks, "nothing listens on port 9090 in pod default/web: a connection is refused"),
    ])
    func `says who takes a packet to the pod's address`(port: UInt16, verdict: Finding.Verdict, summary: String) {
        let number = NetworkTypes.Port(port)
        let finding = listeners.finding(
            Candidate(backend: Backend(.fixture("10.244.1.2"), number), pod: NamespacedName(namespace: "default", name: "web")))
        #expect(finding.verdict == verdict)
        #expect(finding.summary == summary)
    }
}

@Suite struct FlowsFindingTests {
    private let question = ConnectionQuestion(
        source: .outside, sourceAddress: .fixture("10.244.1.9"), service: .fixture("dns", ip: "10.96.0.10"), way: .clusterIP,
        address: .fixture("10.96.0.10"), transport: .udp, port: 53, nodeName: "node1")

    private func finding(_ flows: [Flow]?) -> Finding? {
        FlowsFinding.finding(
            question, [Candidate(backend: Backend(.fixture("10.244.1.2"), 53))],
            NodeRuleset(nodeName: "node1", origin: .kernel, ruleset: Ruleset(), localAddresses: [], flows: flows))
    }

    private func flow(to endpoint: String, isAnswered: Bool = true) -> Flow {
        Flow(
            .udp, original: .init(.fixture("10.244.1.9"), 4000, to: .fixture("10.96.0.10"), 53),
            reply: .init(.fixture(endpoint), 53, to: .fixture("10.244.1.9"), 4000), isAnswered: isAnswered, seconds: 30)
    }

    @Test func `a flow to an endpoint that is gone is told with its remedy`() throws {
        let said = try #require(finding([flow(to: "10.244.1.77")]))
        #expect(said.verdict == .note)
        #expect(said.details == ["from port 4000 to 10.244.1.77:53, forgotten in 30 s"])
        #expect(said.remedy == "conntrack -D -f ipv4 -p udp -s 10.244.1.9 -d 10.96.0.10 --dport 53 on node1")
    }

    @Test func `flows that nobody answers are told, answered ones are fine`() {
        #expect(finding([flow(to: "10.244.1.2", isAnswered: false)])?.verdict == .note)
        #expect(finding([flow(to: "10.244.1.2")])?.verdict == .passes)
        #expect(finding([])?.summary == "no tracked connection stands in the way")
        #expect(finding(nil) == nil)
    }
}
