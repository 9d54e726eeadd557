import API
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

/// Who may use a load balancer address.
@Suite struct SourceRangeTests {
    let slices: [EndpointSlice] = [.fixture("web", [.on("node1", "10.244.1.2")])]

    func service(_ ranges: [String]) -> API.Service {
        .fixture(
            "web", ip: "10.96.0.1", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30080)],
            type: "LoadBalancer", externalIPs: ["172.16.9.9"], balancers: ["172.16.9.1"], sourceRanges: ranges)
    }

    func outcome(_ source: String, _ destination: String, _ port: Port, _ rules: Ruleset) -> PacketTrace.Outcome {
        PacketTrace.follow(
            Packet(.tcp, from: .fixture(source), to: .fixture(destination), port: port), from: .network, through: rules,
            in: PacketTrace.Surroundings(localAddresses: [.fixture("192.168.60.1")])
        ).outcome
    }

    /// Ranges, source, destination, port, whether it goes through.
    @Test(
        arguments: [
            (["192.168.60.0/24"], "192.168.60.9", "172.16.9.1", 80, true),
            (["192.168.60.0/24"], "192.168.61.9", "172.16.9.1", 80, false),
            ([" 192.168.60.0/24 ", "192.168.61.9/32"], "192.168.61.9", "172.16.9.1", 80, true),
            (["192.168.0.0/16", "192.168.60.0/24"], "192.168.61.9", "172.16.9.1", 80, true),
            (["192.168.60.0/24", "0.0.0.0/0"], "198.51.100.1", "172.16.9.1", 80, true),
            (["fd00::/8"], "198.51.100.1", "172.16.9.1", 80, true),
            (["192.168.60.0/24"], "198.51.100.1", "172.16.9.9", 80, true),
            (["192.168.60.0/24"], "198.51.100.1", "192.168.60.1", 30080, true),
            (["192.168.60.0/24"], "10.244.1.9", "10.96.0.1", 80, true),
            (["192.168.60.0/24"], "172.16.9.1", "172.16.9.1", 80, false),
        ] as [([String], String, String, Port, Bool)])
    func `ranges hold for load balancer addresses alone`(
        ranges: [String], source: String, destination: String, port: Port, passes: Bool
    ) {
        #expect((outcome(source, destination, port, ruleset([service(ranges)], slices)) == .accepted) == passes)
    }

    @Test func `an address may use itself when a node is let in`() {
        var configuration = ProxyConfiguration.fixture()
        configuration.nodeAddresses = [.fixture("192.168.60.1")]
        let rules = ruleset([service(["192.168.60.0/24"])], slices, configuration)
        #expect(outcome("172.16.9.1", "172.16.9.1", 80, rules) == .accepted)
    }
}
