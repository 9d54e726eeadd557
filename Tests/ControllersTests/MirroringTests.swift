import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct MirroringTests {
    let harness = Harness()
    let controller = EndpointSliceMirroringController()

    var slices: [EndpointSlice] { harness.cluster.all(EndpointSlice.self) }

    func putService(_ spec: JSONValue = ["ports": [["port": 80]]]) {
        harness.cluster.put(Service.resource, ["metadata": ["name": "web", "namespace": "default"], "spec": spec])
    }

    func putEndpoints(_ subsets: JSONValue, metadata: JSONValue = [:]) {
        var metadata = metadata
        metadata["name"] = "web"
        metadata["namespace"] = "default"
        metadata["uid"] = "endpoints"
        harness.cluster.put(Endpoints.resource, ["metadata": metadata, "subsets": subsets])
    }

    @Test func `endpoints written by hand become slices, follow, and go`() async throws {
        putService()
        putEndpoints(
            [
                [
                    "ports": [["port": 80, "protocol": "TCP"]], "addresses": [["ip": "10.1.2.3"]],
                    "notReadyAddresses": [["ip": "10.1.2.4"]],
                ]
            ],
            metadata: [
                "labels": ["team": "a"], "annotations": ["note": "x", "endpoints.kubernetes.io/last-change-trigger-time": "t"],
            ])
        await harness.settle(controller, key("web"))
        let slice = try #require(slices.first)
        #expect(slices.count == 1 && slice.addressType == "IPv4")
        #expect(
            slice.endpoints.map(\.addresses) == [["10.1.2.3"], ["10.1.2.4"]] && slice.endpoints.map(\.ready) == [true, false])
        #expect(slice.ports == [EndpointPort(port: 80)])
        #expect(
            slice.metadata.labels == [
                "team": "a", "kubernetes.io/service-name": "web",
                "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
            ])
        #expect(slice.metadata.annotations == ["note": "x"])
        #expect(slice.metadata.controller?.kind == "Endpoints")
        putEndpoints([["ports": [["port": 80, "protocol": "TCP"]], "addresses": [["ip": "10.2.3.4"]]]])
        await harness.settle(controller, key("web"))
        #expect(slices.map(\.metadata.name) == [slice.metadata.name])
        #expect(slices[0].endpoints.map(\.addresses) == [["10.2.3.4"]] && slices[0].metadata.labels["team"] == nil)
        harness.cluster.remove(Endpoints.resource, key("web"))
        await harness.settle(controller, key("web"))
        #expect(slices.isEmpty)
    }

    @Test func `families and ports stand apart, and nothing at all is one empty slice`() async {
        putService()
        putEndpoints([
            ["ports": [["name": "a", "port": 80]], "addresses": [["ip": "10.0.0.1"], ["ip": "fd00::1"]]],
            ["ports": [["name": "b", "port": 81]], "addresses": [["ip": "10.0.0.1"]]],
        ])
        await harness.settle(controller, key("web"))
        #expect(
            slices.map { "\($0.addressType) \($0.ports.map(\.name))" }.sorted() == [
                "IPv4 [\"a\"]", "IPv4 [\"b\"]", "IPv6 [\"a\"]",
            ])
        putEndpoints([])
        await harness.settle(controller, key("web"))
        #expect(slices.count == 1 && slices[0].endpoints.isEmpty && slices[0].ports.isEmpty)
    }

    @Test(
        arguments: [
            (["labels": ["endpointslice.kubernetes.io/skip-mirror": "true"]], ["ports": [["port": 80]]]),
            (["annotations": ["control-plane.alpha.kubernetes.io/leader": "{}"]], ["ports": [["port": 80]]]),
            ([:], ["selector": ["app": "web"], "ports": [["port": 80]]]),
        ] as [(JSONValue, JSONValue)])
    func `what asks not to be mirrored, and what a selector fills, is left alone`(metadata: JSONValue, spec: JSONValue) async {
        putService()
        putEndpoints([["addresses": [["ip": "10.0.0.1"]]]])
        await harness.settle(controller, key("web"))
        #expect(slices.count == 1)
        putService(spec)
        putEndpoints([["addresses": [["ip": "10.0.0.1"]]]], metadata: metadata)
        await harness.settle(controller, key("web"))
        #expect(slices.isEmpty)
    }
}
