import API
import JSON
import Testing

@testable import APIServer

/// Kinds that are two views of the same objects.
@Suite struct SharedStorageTests {
    private let newer = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"
    private let older = "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers"

    @Test func `an autoscaler of one version is read in the other`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post(
            newer,
            [
                "metadata": ["name": "web"],
                "spec": [
                    "maxReplicas": 5, "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"],
                    "metrics": [
                        [
                            "type": "Resource",
                            "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 60]],
                        ],
                        [
                            "type": "Pods",
                            "pods": ["metric": ["name": "qps"], "target": ["type": "AverageValue", "averageValue": "10"]],
                        ],
                    ],
                ],
            ])
        try #require(created.code == 201, "\(created.json)")
        #expect(created.json["spec"]?["minReplicas"] == 1)
        let old = await server.get("\(older)/web").json
        #expect(old["apiVersion"] == "autoscaling/v1" && old["spec"]?["targetCPUUtilizationPercentage"] == 60)
        #expect(old["spec"]?["metrics"] == nil)
        #expect(
            old["metadata"]?["annotations"]?["autoscaling.alpha.kubernetes.io/metrics"]?.string
                == "[{\"type\":\"Pods\",\"pods\":{\"metricName\":\"qps\",\"targetAverageValue\":\"10\"}}]")
        // What the older form cannot say survives a write through it.
        let patched = await server.patch("\(older)/web", ["spec": ["targetCPUUtilizationPercentage": 70]])
        #expect(patched.code == 200, "\(patched.json)")
        let now = await server.get("\(newer)/web").json
        #expect(now["metadata"]?["annotations"] == nil)
        let metrics = now["spec"]?["metrics"]?.array ?? []
        #expect(metrics.map { $0["type"] } == ["Pods", "Resource"])
        #expect(metrics.last?["resource"]?["target"]?["averageUtilization"] == 70)
        #expect(await server.get(older).json["items"]?[0]?["spec"]?["targetCPUUtilizationPercentage"] == 70)
        #expect(await server.delete("\(older)/web").code == 200)
        #expect(await server.get("\(newer)/web").code == 404)
    }

    @Test func `an event of one group is found through the other`() async throws {
        let server = try await ServerFixture.make()
        let events = "/apis/events.k8s.io/v1/namespaces/default/events"
        let core = "/api/v1/namespaces/default/events"
        let kind = try #require(Catalog.kinds.first { $0.resource == "events" && $0.gvk.group == "events.k8s.io" })
        var object = try #require(KindSamples.object(kind))
        object["metadata"] = ["name": "one"]
        let created = await server.post(events, object)
        try #require(created.code == 201, "\(created.json)")
        let seen = await server.get("\(core)/one").json
        #expect(seen["message"] == "up" && seen["involvedObject"]?["name"] == "web")
        #expect(seen["reportingComponent"] == "example.com/test" && seen["note"] == nil)
        #expect(await server.get("\(core)?fieldSelector=involvedObject.name=web").names == ["one"])
        #expect(await server.get("\(events)?fieldSelector=regarding.name=web").names == ["one"])
        #expect(await server.get("\(events)?fieldSelector=regarding.name=other").names == [])
        #expect(await server.get("\(events)?fieldSelector=reportingController=example.com/test").names == ["one"])
        let changed = await server.patch("\(events)/one", ["note": "down"])
        #expect(changed.code == 422)
        #expect(changed.json["details"]?["causes"]?[0]?["field"] == "message")
        let counted = await server.patch(
            "\(events)/one", ["series": ["count": 2, "lastObservedTime": "2026-11-21T09:00:00.000000Z"]])
        #expect(counted.code == 200 && counted.json["series"]?["count"] == 2, "\(counted.json)")
        var loose = object
        loose["metadata"] = ["name": "two"]
        loose["eventTime"] = nil
        loose["deprecatedCount"] = 3
        let refused = await server.post(events, loose)
        #expect(
            refused.json["details"]?["causes"]?.array?.map { $0["field"] } == ["eventTime", "count"], "\(refused.json)")
    }

    @Test func `a request for a certificate is approved once and for all`() async throws {
        let server = try await ServerFixture.make()
        let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
        let kind = try #require(Catalog.kinds.first { $0.resource == "certificatesigningrequests" })
        var object = try #require(KindSamples.object(kind))
        object["metadata"] = ["name": "one"]
        #expect(await server.post(path, object).code == 201)
        let approved: JSONValue = [
            "metadata": ["annotations": ["patchedapproval": "true"]],
            "status": ["conditions": [["type": "Approved", "status": "True", "reason": "Fine"]]],
        ]
        let direct = await server.patch("\(path)/one/status", approved)
        #expect(direct.message.contains("updates may not add a condition of type \"Approved\""), "\(direct.json)")
        let patched = await server.patch("\(path)/one/approval", approved)
        #expect(patched.json["status"]?["conditions"]?[0]?["type"] == "Approved", "\(patched.json)")
        #expect(patched.json["metadata"]?["annotations"]?["patchedapproval"] == "true")
        let undone = await server.patch("\(path)/one/approval", ["status": ["conditions": []]])
        #expect(undone.message.contains("updates may not remove a condition of type \"Approved\""), "\(undone.json)")
        let spec = await server.patch("\(path)/one", ["spec": ["signerName": "example.com/other"]])
        #expect(spec.json["spec"]?["signerName"] == "example.com/e2e")
        #expect(await server.get("\(path)?fieldSelector=spec.signerName=example.com/e2e").names == ["one"])
    }
}
