import API
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct ServiceHealthLedgerTests {
    private let name = NamespacedName(namespace: "default", name: "web")

    private func balanced(type: String = "LoadBalancer", policy: String = "Local", port: Int = 32000) -> Service {
        var service = Service.fixture("web", ip: "10.96.0.1", type: type, externalPolicy: policy)
        service.spec.healthCheckNodePort = port
        return service
    }

    private func ledger(_ service: Service?, _ endpoints: [Endpoint]) -> ServiceHealthLedger {
        var ledger = ServiceHealthLedger()
        let slice = EndpointSlice.fixture("web", endpoints)
        ledger.update(
            ServiceChange(name: name, service: service.flatMap(ProxyService.init), slices: [slice].compactMap(ProxySlice.init)),
            family: .ipv4, nodeName: "node1")
        return ledger
    }

    @Test func `counts ready endpoints of this node, each address once`() {
        let found = ledger(
            balanced(),
            [
                .on("node1", "10.244.1.2"), .on("node1", "10.244.1.2"), .on("node1", "10.244.1.3"), .on("node2", "10.244.2.2"),
                .on("node1", "10.244.1.4", ready: false),
                .on("node1", "10.244.1.5", ready: false, serving: true, terminating: true),
            ])
        #expect(found.checks == [name: .init(port: 32000, localEndpoints: 2)])
    }

    @Test(arguments: [("NodePort", "Local", 32000), ("LoadBalancer", "Cluster", 32000), ("LoadBalancer", "Local", 0)])
    func `listens for load balancers of policy Local alone`(type: String, policy: String, port: Int) {
        #expect(ledger(balanced(type: type, policy: policy, port: port), [.on("node1", "10.244.1.2")]).checks.isEmpty)
    }

    @Test func `a Service that goes takes its port along`() {
        var found = ledger(balanced(), [.on("node1", "10.244.1.2")])
        found.update(ServiceChange(name: name, service: nil, slices: []), family: .ipv4, nodeName: "node1")
        #expect(found == ServiceHealthLedger())
    }

    @Test func `notices policy Local without an endpoint here`() {
        let elsewhere = ledger(balanced(), [.on("node2", "10.244.2.2")])
        #expect(elsewhere.externalGaps == 1 && elsewhere.internalGaps == 0)
        #expect(ledger(balanced(), []).externalGaps == 0)
        #expect(ledger(balanced(), [.on("node1", "10.244.1.2")]).externalGaps == 0)
    }
}
