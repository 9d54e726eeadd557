import API
import ControlLoop
import Controllers
import JSON
import NetworkTypes
import Testing

@Suite struct ServiceAddressControllersTests {
    let harness = Harness()

    func putRange(_ name: String, _ cidrs: [String]) {
        harness.cluster.put(
            ServiceCIDR.resource, ["metadata": ["name": .string(name)], "spec": ["cidrs": JSONValue(cidrs)]])
    }

    func putAddress(_ text: String, service: String = "web", created: Timestamp? = nil) throws {
        var object = ServiceIPAddress.object(try #require(IPAddress(parsing: text)), for: key(service))
        if let created { object[path: ["metadata", "creationTimestamp"]] = .string(created.description) }
        harness.cluster.put(ServiceIPAddress.resource, object)
    }

    var ranges: [ServiceCIDR] { harness.cluster.all(ServiceCIDR.self) }
    var addresses: [String] { harness.cluster.all(ServiceIPAddress.self).map(\.metadata.name) }

    @Test func `a range becomes ready and is held`() async {
        putRange("r", ["10.0.0.0/24"])
        await harness.settle(ServiceCIDRController(), key("r", ""))
        #expect(ranges[0].isReady && ranges[0].metadata.finalizers == ["networking.k8s.io/service-cidr-finalizer"])
        #expect(ranges[0].conditions[0].message == "Kubernetes Service CIDR is ready")
    }

    @Test func `a range that is deleted goes when no address needs it`() async throws {
        putRange("r", ["10.0.0.0/24"])
        try putAddress("10.0.0.7")
        let controller = ServiceCIDRController()
        await harness.settle(controller, key("r", ""))
        try await harness.cluster.delete(ServiceCIDR.resource, key("r", ""), DeletionOptions())
        await harness.settle(controller, key("r", ""))
        #expect(!ranges[0].isReady && ranges[0].conditions[0].reason == "Terminating")
        putRange("wider", ["10.0.0.0/16"])
        let waiting = await harness.settle(controller, key("r", ""))
        #expect(waiting.lookAgainAfter == .seconds(10))
        harness.cluster.advance(by: .seconds(11))
        await harness.settle(controller, key("r", ""))
        #expect(ranges.map(\.metadata.name) == ["wider"])
    }

    @Test func `missing addresses are made, leaked ones go after a minute`() async throws {
        harness.cluster.put(
            Service.resource,
            [
                "metadata": ["name": "web", "namespace": "default"],
                "spec": ["clusterIP": "10.0.0.7", "clusterIPs": ["10.0.0.7"]],
            ])
        let controller = IPAddressRepairController()
        await harness.settle(controller, .service(key("web")))
        #expect(addresses == ["10.0.0.7"])
        try putAddress("10.0.0.8", created: harness.cluster.now)
        let young = await harness.settle(controller, .address("10.0.0.8"))
        #expect(young.lookAgainAfter == .seconds(60) && addresses.count == 2)
        try putAddress("10.0.0.9", service: "gone")
        harness.cluster.advance(by: .seconds(61))
        for address in ["10.0.0.7", "10.0.0.8", "10.0.0.9"] { await harness.settle(controller, .address(address)) }
        #expect(addresses == ["10.0.0.7"])
    }

    @Test func `addresses that people made are theirs`() async throws {
        harness.cluster.put(
            ServiceIPAddress.resource,
            ["metadata": ["name": "255.255.255.255"], "spec": ["parentRef": ["group": "g", "resource": "r", "name": "n"]]])
        harness.cluster.advance(by: .seconds(61))
        #expect(IPAddressRepairController().plan(for: .address("255.255.255.255"), in: harness.snapshot).isSettled)
    }
}
