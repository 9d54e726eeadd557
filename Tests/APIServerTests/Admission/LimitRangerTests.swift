import API
import JSON
import Testing

@testable import APIServer

@Suite struct LimitRangerTests {
    private func view(_ limits: JSONValue...) -> MemoryAdmissionView {
        MemoryAdmissionView([
            (LimitRanger.ranges, ["metadata": ["name": "l", "namespace": "team"], "spec": ["limits": .array(limits)]])
        ])
    }

    @Test func `containers get what they do not ask for, and an annotation says so`() throws {
        let range = view([
            "type": "Container", "default": ["cpu": "500m", "memory": "500Mi"],
            "defaultRequest": ["cpu": "100m", "memory": "200Mi"],
        ])
        let given = pod([
            "containers": [["name": "c"], ["name": "d", "resources": ["requests": ["cpu": "300m"]]]],
            "initContainers": [["name": "i", "resources": ["limits": ["cpu": "1", "memory": "1Gi"]]]],
        ])
        let object = try ask(LimitRanger(), Pod.resource, given, in: range).object
        #expect(
            object["spec"]?["containers"]?[0]?["resources"]
                == [
                    "requests": ["cpu": "100m", "memory": "200Mi"], "limits": ["cpu": "500m", "memory": "500Mi"],
                ])
        #expect(object["spec"]?["containers"]?[1]?["resources"]?["requests"] == ["cpu": "300m", "memory": "200Mi"])
        #expect(
            object["metadata"]?["annotations"]?["kubernetes.io/limit-ranger"]
                == """
                LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; \
                memory request for container d; cpu, memory limit for container d; cpu, memory request for init container i
                """)
    }

    @Test(
        arguments: [
            (
                ["type": "Container", "max": ["cpu": "1"]], ["limits": ["cpu": "2"]],
                "maximum cpu usage per Container is 1, but limit is 2"
            ),
            (
                ["type": "Container", "max": ["cpu": "1"]], ["requests": ["cpu": "2"]],
                "maximum cpu usage per Container is 1.  No limit is specified"
            ),
            (
                ["type": "Container", "min": ["memory": "100Mi"]], ["requests": ["memory": "50Mi"]],
                "minimum memory usage per Container is 100Mi, but request is 50Mi"
            ),
            (
                ["type": "Container", "min": ["memory": "100Mi"]], [:],
                "minimum memory usage per Container is 100Mi.  No request is specified"
            ),
            (
                ["type": "Container", "maxLimitRequestRatio": ["cpu": "2"]],
                ["requests": ["cpu": "100m"], "limits": ["cpu": "250m"]],
                "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000"
            ),
            (
                ["type": "Container", "maxLimitRequestRatio": ["cpu": "2"]], ["limits": ["cpu": "250m"]],
                "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0"
            ),
            (
                ["type": "Pod", "max": ["cpu": "1", "memory": "1Gi"]], ["limits": ["cpu": "2", "memory": "2Gi"]],
                "[maximum cpu usage per Pod is 1, but limit is 2, maximum memory usage per Pod is 1Gi, but limit is 2Gi]"
            ),
        ] as [(JSONValue, JSONValue, String)])
    func `pods beyond the bounds are refused`(limit: JSONValue, resources: JSONValue, why: String) throws {
        #expect(
            try ask(LimitRanger(), Pod.resource, pod(container: ["resources": resources]), in: view(limit))
                == .refused(403, "pods \"p\" is forbidden: \(why)"))
    }

    @Test(arguments: [
        ("512Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 512Mi"),
        ("6Gi", "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 6Gi"), ("3Gi", ""),
    ])
    func `claims have bounds of their own`(size: String, why: String) throws {
        let claim: JSONValue = [
            "metadata": ["name": "c", "namespace": "team"],
            "spec": ["resources": ["requests": ["storage": .string(size)]]],
        ]
        let range = view(["type": "PersistentVolumeClaim", "min": ["storage": "1Gi"], "max": ["storage": "5Gi"]])
        #expect(
            try ask(LimitRanger(), PersistentVolumeClaim.resource, claim, in: range).message
                == (why.isEmpty ? "" : "persistentvolumeclaims \"c\" is forbidden: \(why)"))
    }

    @Test func `updates of pods are left alone but for a resize`() throws {
        let range = view(["type": "Container", "max": ["cpu": "1"]])
        let large = pod(container: ["resources": ["limits": ["cpu": "2"]]])
        #expect(try ask(LimitRanger(), .update, Pod.resource, large, old: large, in: range) == .admitted(large))
        #expect(
            try ask(LimitRanger(), .update, Pod.resource, large, old: large, subresource: "resize", in: range).message
                .hasSuffix("maximum cpu usage per Container is 1, but limit is 2"))
    }
}
