import API
import ControlLoop
import Controllers
import JSON
import NetworkTypes
import Testing

@Suite struct EndpointControllersTests {
    let harness = Harness()
    let controller = EndpointSliceController()

    var slices: [EndpointSlice] { harness.cluster.all(EndpointSlice.self) }

    func putService(
        _ spec: JSONValue = ["selector": ["app": "web"], "ports": [["name": "http", "port": 80, "targetPort": "web"]]]
    ) {
        harness.cluster.put(
            Service.resource, ["metadata": ["name": "web", "namespace": "default", "labels": ["team": "a"]], "spec": spec])
    }

    func putPod(_ name: String, ip: String, port: Int = 8080, ready: Bool = true, node: String = "a") {
        harness.cluster.put(
            Pod.resource,
            [
                "metadata": [
                    "name": .string(name), "namespace": "default", "uid": .string("u-\(name)"), "labels": ["app": "web"],
                ],
                "spec": [
                    "nodeName": .string(node),
                    "containers": [["name": "c", "ports": [["name": "web", "containerPort": .int(Int64(port))]]]],
                ],
                "status": [
                    "phase": "Running", "podIP": .string(ip), "podIPs": [["ip": .string(ip)]],
                    "conditions": [["type": "Ready", "status": ready ? "True" : "False"]],
                ],
            ])
    }

    @Test func `pods behind a service stand in one slice with their conditions`() async throws {
        putService()
        putPod("a", ip: "10.0.0.1")
        putPod("b", ip: "10.0.0.2", ready: false)
        await harness.settle(controller, key("web"))
        let slice = try #require(slices.first)
        #expect(slices.count == 1)
        #expect(slice.endpoints.map(\.addresses) == [["10.0.0.1"], ["10.0.0.2"]])
        #expect(slice.endpoints.map(\.isReady) == [true, false])
        #expect(slice.ports == [EndpointPort(name: "http", port: 8080)])
        #expect(slice.endpoints[0].nodeName == "a")
        #expect(slice.endpoints[0].targetRef?.name == "a")
        #expect(slice.metadata.labels["kubernetes.io/service-name"] == "web")
        #expect(slice.metadata.labels["endpointslice.kubernetes.io/managed-by"] == "endpointslice-controller.k8s.io")
        #expect(slice.metadata.labels["team"] == "a")
        #expect(slice.metadata.controller?.name == "web")
    }

    @Test func `a pod that ends still serves but is not ready, and goes when it is gone`() async throws {
        putService()
        putPod("a", ip: "10.0.0.1")
        await harness.settle(controller, key("web"))
        try await harness.cluster.delete(Pod.resource, key("a"), DeletionOptions())
        await harness.settle(controller, key("web"))
        let endpoint = try #require(slices.first?.endpoints.first)
        #expect(!endpoint.isReady && endpoint.isServing && endpoint.isTerminating)
        harness.endTerminating()
        await harness.settle(controller, key("web"))
        #expect(slices.map(\.endpoints.count) == [0])
    }

    @Test func `a named port may differ between pods and then makes two slices`() async throws {
        putService()
        putPod("a", ip: "10.0.0.1", port: 8080)
        putPod("b", ip: "10.0.0.2", port: 9090)
        await harness.settle(controller, key("web"))
        #expect(slices.map { $0.ports.first?.port ?? 0 }.sorted() == [8080, 9090])
    }

    @Test func `at most a hundred endpoints per slice, and one change touches one slice`() async throws {
        putService()
        for number in 0..<250 { putPod("p\(number)", ip: "10.0.\(number / 200).\(number % 200)") }
        await harness.settle(controller, key("web"))
        #expect(slices.map(\.endpoints.count).sorted() == [50, 100, 100])
        let before = Dictionary(uniqueKeysWithValues: slices.map { ($0.metadata.name, $0.metadata.resourceVersion) })
        putPod("p7", ip: "10.0.0.7", ready: false)
        let plan = controller.plan(for: key("web"), in: harness.snapshot)
        #expect(plan.writes.count == 1)
        await harness.settle(controller, key("web"))
        #expect(slices.count { before[$0.metadata.name] != $0.metadata.resourceVersion } == 1)
        putPod("extra", ip: "10.0.9.9")
        await harness.settle(controller, key("web"))
        #expect(slices.map(\.endpoints.count).sorted() == [51, 100, 100])
    }

    @Test func `a service without a selector is left to others`() {
        putService(["ports": [["port": 80]]])
        #expect(controller.plan(for: key("web"), in: harness.snapshot).isSettled)
    }

    @Test func `endpoints show the same in the older form`() async throws {
        putService()
        putPod("a", ip: "10.0.0.1")
        putPod("b", ip: "10.0.0.2", ready: false)
        await harness.settle(EndpointsController(), key("web"))
        let subset = try #require(harness.cluster.all(Endpoints.self).first?.subsets.first)
        #expect(subset["addresses"]?[0]?["ip"]?.string == "10.0.0.1")
        #expect(subset["notReadyAddresses"]?[0]?["ip"]?.string == "10.0.0.2")
        #expect(subset["ports"]?[0] == ["name": "http", "port": 8080, "protocol": "TCP"])
        harness.cluster.remove(Service.resource, key("web"))
        await harness.settle(EndpointsController(), key("web"))
        #expect(harness.cluster.all(Endpoints.self).isEmpty)
    }

    @Test(
        arguments: [("PreferClose", ["z"], []), ("PreferSameNode", ["z"], ["a"]), (nil, [], [])]
            as [(String?, [String], [String])])
    func `a preference becomes hints on endpoints that are ready`(
        preference: String?, zones: [String], nodes: [String]
    ) async throws {
        var spec: JSONValue = ["selector": ["app": "web"], "ports": [["port": 80]]]
        if let preference { spec["trafficDistribution"] = .string(preference) }
        putService(spec)
        var host = node("a", at: harness.cluster.now)
        host[path: ["metadata", "labels", "topology.kubernetes.io/zone"]] = "z"
        harness.cluster.put(Node.resource, host)
        putPod("a", ip: "10.0.0.1")
        putPod("b", ip: "10.0.0.2", ready: false)
        await harness.settle(controller, key("web"))
        let endpoints = try #require(slices.first?.endpoints)
        #expect(endpoints.map(\.zoneHints) == [zones, []] && endpoints.map(\.nodeHints) == [nodes, []])
    }

    @Test func `the service of the API server is put right`() async throws {
        let address = try #require(IPAddress(parsing: "10.96.0.1"))
        let server = try #require(IPAddress(parsing: "192.168.0.5"))
        let controller = KubernetesServiceController(clusterIP: address, servers: [server], port: 6443)
        await harness.settle(controller, key("kubernetes"))
        #expect(harness.cluster.all(Service.self)[0].spec.clusterIP == "10.96.0.1")
        #expect(slices[0].endpoints.map(\.addresses) == [["192.168.0.5"]])
        try await harness.cluster.patch(
            Endpoints.resource, key("kubernetes"), .merge, ["subsets": []], subresource: nil)
        harness.cluster.remove(EndpointSlice.resource, key("kubernetes"))
        await harness.settle(controller, key("kubernetes"))
        #expect(harness.cluster.all(Endpoints.self)[0].subsets[0]["addresses"]?[0]?["ip"] == "192.168.0.5")
        #expect(slices.count == 1)
    }
}
