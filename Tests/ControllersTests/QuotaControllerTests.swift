import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct QuotaControllerTests {
    let harness = Harness()
    let controller = ResourceQuotaController(kinds: Harness.kinds)

    func putQuota(_ hard: JSONValue, scopes: [String] = []) {
        harness.cluster.put(
            ResourceQuota.resource,
            ["metadata": ["name": "q", "namespace": "default"], "spec": ["hard": hard, "scopes": JSONValue(scopes)]])
    }

    func putPod(_ name: String, cpu: String? = nil, phase: String = "Running", deadline: Int64? = nil) {
        var spec: JSONValue = ["containers": [["name": "c"]]]
        if let cpu { spec["containers"] = [["name": "c", "resources": ["requests": ["cpu": .string(cpu)]]]] }
        if let deadline { spec["activeDeadlineSeconds"] = .int(deadline) }
        harness.cluster.put(
            Pod.resource,
            ["metadata": ["name": .string(name), "namespace": "default"], "spec": spec, "status": ["phase": .string(phase)]])
    }

    var status: JSONValue { harness.cluster.objects(ResourceQuota.resource)[0]["status"] ?? [:] }

    @Test func `a new quota is counted at once, also what nobody uses`() async {
        putPod("a", cpu: "500m")
        putPod("b", cpu: "250m")
        putPod("done", cpu: "8", phase: "Succeeded")
        harness.cluster.put(ConfigMap.resource, ["metadata": ["name": "m", "namespace": "default"]])
        harness.cluster.put(ConfigMap.resource, ["metadata": ["name": "m", "namespace": "other"]])
        harness.cluster.put(
            Service.resource,
            [
                "metadata": ["name": "s", "namespace": "default"],
                "spec": ["type": "NodePort", "ports": [["port": 1], ["port": 2]]],
            ])
        let hard: JSONValue = [
            "pods": "5", "count/pods": "9", "requests.cpu": "2", "configmaps": "1", "count/configmaps": "2", "services": "1",
            "services.nodeports": "3", "persistentvolumeclaims": "4", "requests.example.com/gpu": "1",
        ]
        putQuota(hard)
        let plan = await harness.settle(controller, key("q"))
        #expect(plan.lookAgainAfter == .seconds(300))
        #expect(status["hard"] == hard)
        #expect(
            status["used"] == [
                "configmaps": "1", "count/configmaps": "1", "count/pods": "3", "persistentvolumeclaims": "0", "pods": "2",
                "requests.cpu": "750m", "requests.example.com/gpu": "0", "services": "1", "services.nodeports": "2",
            ])
    }

    @Test(arguments: [
        ("Terminating", "1"), ("NotTerminating", "2"), ("BestEffort", "1"), ("NotBestEffort", "2"),
    ])
    func `only pods in the scope count`(scope: String, count: String) async {
        putPod("a", cpu: "1")
        putPod("b", cpu: "1", deadline: 60)
        putPod("c")
        putQuota(["pods": "5"], scopes: [scope])
        await harness.settle(controller, key("q"))
        #expect(status["used"] == ["pods": .string(count)])
    }

    @Test func `a quota counts itself`() async {
        putQuota(["resourcequotas": "2", "count/resourcequotas": "2"])
        await harness.settle(controller, key("q"))
        #expect(status["used"] == ["resourcequotas": "1", "count/resourcequotas": "1"])
    }

    @Test func `a changed quota forgets the limits that it lost`() async {
        putPod("a", cpu: "1")
        putQuota(["pods": "5", "cpu": "3"])
        await harness.settle(controller, key("q"))
        var quota = harness.cluster.objects(ResourceQuota.resource)[0]
        quota[path: ["spec", "hard"]] = ["pods": "1"]
        harness.cluster.put(ResourceQuota.resource, quota)
        await harness.settle(controller, key("q"))
        #expect(status == ["hard": ["pods": "1"], "used": ["pods": "1"]])
    }
}
