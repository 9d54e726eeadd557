import JSON
import Testing

@testable import API

@Suite struct PodUpdateTests {
    private static let fixed =
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
        + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing "
        + "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"

    @Test func `shows what may not change as a difference`() throws {
        let kind = try KindSamples.kind("pods")
        let old = try KindSamples.pod()
        let new = try KindSamples.pod(KindCase("spec.nodeName", "n1"), KindCase("spec.restartPolicy", "Never"))
        #expect(
            kind.causes(new, old) == [
                Self.fixed + "  core.PodSpec{\n  \t... // 4 identical fields\n- \tRestartPolicy: \"Always\",\n"
                    + "+ \tRestartPolicy: \"Never\",\n  \t... // 6 identical fields\n- \tNodeName: \"\",\n+ \tNodeName: \"n1\",\n"
                    + "  \t... // 24 identical fields\n  }\n"
            ])
    }

    static let fine: [KindCase] = [
        KindCase("spec.activeDeadlineSeconds", 5), KindCase("spec.tolerations", [["key": "a", "operator": "Exists"]]),
        KindCase("spec.containers", [["name": "a", "image": "busybox:2", "imagePullPolicy": "Always"]]),
        KindCase("metadata.labels", ["a": "b"]),
    ]

    @Test(arguments: fine)
    func `lets through what may change`(change: KindCase) throws {
        #expect(try KindSamples.kind("pods").causes(KindSamples.pod(change), KindSamples.pod()) == [])
    }

    @Test func `a deadline only shrinks, tolerations only grow, gates only go`() throws {
        let kind = try KindSamples.kind("pods")
        let old = try KindSamples.pod(
            KindCase("spec.activeDeadlineSeconds", 10), KindCase("spec.tolerations", [["key": "a", "operator": "Exists"]]),
            KindCase("spec.schedulingGates", [["name": "g"]]))
        func causes(_ change: KindCase) throws -> [String] {
            var new = old
            change.apply(to: &new)
            return kind.causes(new, old)
        }
        #expect(
            try causes(KindCase("spec.activeDeadlineSeconds", 11)) == [
                "spec.activeDeadlineSeconds: Invalid value: 11: must be less than or equal to previous value"
            ])
        #expect(
            try causes(KindCase("spec.activeDeadlineSeconds", nil)) == [
                "spec.activeDeadlineSeconds: Invalid value: \"null\": must not update from a positive integer to nil value"
            ])
        #expect(
            try causes(KindCase("spec.tolerations", [])) == [
                "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
            ])
        #expect(try causes(KindCase("spec.schedulingGates", [])) == [])
        #expect(
            try causes(KindCase("spec.schedulingGates", [["name": "g"], ["name": "h"]])) == [
                "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'"
            ])
        // A gated pod's choice of nodes may be narrowed.
        #expect(try causes(KindCase("spec.nodeSelector", ["zone": "a"])) == [])
        let selected = try KindSamples.pod(
            KindCase("spec.schedulingGates", [["name": "g"]]), KindCase("spec.nodeSelector", ["zone": "a"]))
        var widened = selected
        widened[path: ["spec", "nodeSelector"]] = ["zone": "b"]
        #expect(
            kind.causes(widened, selected) == [
                "spec.nodeSelector: Invalid value: {\"zone\":\"b\"}: only additions to spec.nodeSelector are allowed (no mutations "
                    + "or deletions)"
            ])
    }

    @Test func `a terminated container does not come back where nothing restarts`() throws {
        let kind = try KindSamples.kind("pods")
        let old = try KindSamples.pod(
            KindCase("spec.restartPolicy", "Never"),
            KindCase(
                "status",
                [
                    "qosClass": "BestEffort",
                    "containerStatuses": [["name": "a", "state": ["terminated": ["exitCode": 1]]]],
                ]))
        var new = old
        new["status"] = [
            "qosClass": "Burstable", "containerStatuses": [["name": "a", "state": ["running": [:]]]], "hostIP": "10.0.0.1",
            "hostIPs": [["ip": "10.0.0.2"]], "podIPs": [["ip": "10.1.0.1"], ["ip": "10.1.0.1"]],
        ]
        #expect(
            kind.validateStatusUpdate(new: new, old: old).map(\.description) == [
                "status.qosClass: Invalid value: \"Burstable\": field is immutable",
                "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state",
                "status.podIPs: Invalid value: [{\"IP\":\"10.1.0.1\"},{\"IP\":\"10.1.0.1\"}]: may specify no more than one IP for "
                    + "each IP family",
                "status.podIPs[1]: Duplicate value: {\"IP\":\"10.1.0.1\"}",
                "status.hostIPs[0].ip: Invalid value: \"10.0.0.2\": must be equal to `hostIP`",
            ])
    }

    @Test func `keeps observed generations that a writer does not know`() throws {
        let kind = try KindSamples.kind("pods")
        let old = try KindSamples.pod(
            KindCase(
                "status",
                ["observedGeneration": 3, "conditions": [["type": "Ready", "status": "True", "observedGeneration": 2]]]))
        var new = old
        new["status"] = ["conditions": [["type": "Ready", "status": "False"], ["type": "Other", "status": "True"]]]
        kind.prepareForStatusUpdate(new: &new, old: old)
        #expect(new["status"]?["observedGeneration"] == 3)
        #expect(
            new["status"]?["conditions"] == [
                ["type": "Ready", "status": "False", "observedGeneration": 2], ["type": "Other", "status": "True"],
            ])
    }

    private func write(_ subresource: String, _ new: JSONValue, over old: JSONValue) throws -> (JSONValue, [String]) {
        let rules = try KindSamples.kind("pods").rules
        var new = new
        rules.applyDefaults(&new)
        rules.prepareForSubresourceUpdate(subresource, new: &new, old: old)
        let errors = rules.validateSubresourceUpdate(subresource, new: new, old: old)
        return (new, errors.map(\.description))
    }

    @Test func `ephemeral containers are added and nothing else`() throws {
        let old = try KindSamples.pod(
            KindCase("metadata.generation", 1), KindCase("spec.ephemeralContainers", [["name": "e", "image": "x"]]))
        var new = old
        new[path: ["spec", "ephemeralContainers"]] = [
            ["name": "e", "image": "x"], ["name": "f", "image": "x", "targetContainerName": "a"],
        ]
        new[path: ["spec", "restartPolicy"]] = "Never"
        let (written, errors) = try write("ephemeralcontainers", new, over: old)
        #expect(errors == [])
        #expect(written["spec"]?["restartPolicy"] == "Always")
        #expect(written["metadata"]?["generation"] == 2)
        var less = old
        less[path: ["spec", "ephemeralContainers"]] = []
        #expect(
            try write("ephemeralcontainers", less, over: old).1 == [
                "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"e\" may not be removed\n"
            ])
        var other = old
        other[path: ["spec", "ephemeralContainers"]] = [["name": "e", "image": "y", "targetContainerName": "z"]]
        let causes = try write("ephemeralcontainers", other, over: old).1
        #expect(causes.first == "spec.ephemeralContainers[0].targetContainerName: Not found: \"z\"")
        #expect(
            causes.last?.hasPrefix(
                "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"e\" may not be changed\n") ?? false)
    }

    @Test func `a resize changes amounts, not the quality of service`() throws {
        let resources: JSONValue = ["requests": ["cpu": "1"], "limits": ["memory": "1Gi"]]
        let old = try KindSamples.podWithContainer(["resources": resources])
        func resized(_ resources: JSONValue) throws -> [String] {
            try write("resize", KindSamples.podWithContainer(["resources": resources, "image": "other"]), over: old).1
        }
        #expect(try resized(["requests": ["cpu": "2", "memory": "1Gi"], "limits": ["memory": "512Mi"]]).count == 1)
        #expect(try resized(["requests": ["cpu": "2", "memory": "1Gi"], "limits": ["memory": "2Gi"]]) == [])
        #expect(
            try resized(["requests": ["memory": "1Gi"], "limits": ["memory": "2Gi"]]) == [
                "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"
            ])
        #expect(
            try resized(["limits": ["cpu": "1", "memory": "1Gi"]]).contains(
                "spec: Invalid value: \"\": Pod QOS Class may not change as a result of resizing"))
        #expect(
            try resized(["requests": ["cpu": "1", "ephemeral-storage": "1Gi"], "limits": ["memory": "1Gi"]]) == [
                "spec: Forbidden: only cpu and memory resources are mutable"
            ])
        var mirror = old
        mirror[path: ["metadata", "annotations"]] = ["kubernetes.io/config.mirror": "x"]
        #expect(try write("resize", mirror, over: mirror).1.last == ": Forbidden: static pods cannot be resized")
    }

    @Test func `merges the values of label keys into selectors when a pod is made`() throws {
        let kind = try KindSamples.kind("pods")
        var pod = try KindSamples.pod(
            KindCase("metadata.labels", ["hash": "1"]),
            KindCase(
                "spec.topologySpreadConstraints",
                [
                    [
                        "maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule",
                        "matchLabelKeys": ["hash", "none"],
                        "labelSelector": [:],
                    ]
                ]))
        kind.prepareForCreate(&pod)
        #expect(
            pod["spec"]?["topologySpreadConstraints"]?[0]?["labelSelector"] == [
                "matchExpressions": [["key": "hash", "operator": "In", "values": ["1"]]]
            ])
        #expect(kind.causes(pod) == [])
    }
}
