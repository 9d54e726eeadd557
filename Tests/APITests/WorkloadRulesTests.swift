import JSON
import Testing

@testable import API

@Suite struct WorkloadRulesTests {
    private func deployment(_ change: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": "web", "namespace": "default", "resourceVersion": "1"],
            "spec": [
                "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]], "spec": ["containers": [["name": "a", "image": "busybox"]]],
                ],
            ],
        ]
        change(&object)
        try PodRulesTests.kind("apps", "deployments").applyDefaults(&object)
        return object
    }

    @Test func `fills a deployment as upstream does`() throws {
        let spec = try deployment()["spec"]
        #expect(spec?["replicas"] == 1)
        #expect(spec?["revisionHistoryLimit"] == 10)
        #expect(spec?["progressDeadlineSeconds"] == 600)
        #expect(
            spec?["strategy"] == ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": "25%", "maxSurge": "25%"]])
        #expect(spec?["template"]?["spec"]?["restartPolicy"] == "Always")
        #expect(spec?["template"]?["spec"]?["enableServiceLinks"] == nil)
    }

    @Test func `wants the selector to match the template`() throws {
        let kind = try PodRulesTests.kind("apps", "deployments")
        let object = try deployment { $0[path: ["spec", "template", "metadata", "labels"]] = ["app": "other"] }
        #expect(
            kind.validateCreate(object).map(\.description) == [
                "spec.template.metadata.labels: Invalid value: {\"app\":\"other\"}: `selector` does not match template `labels`"
            ])
        let without = try deployment { $0[path: ["spec", "selector"]] = nil }
        #expect(kind.validateCreate(without).first?.description == "spec.selector: Required value")
        let never = try deployment { $0[path: ["spec", "template", "spec", "restartPolicy"]] = "Never" }
        #expect(
            kind.validateCreate(never).map(\.description) == [
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\""
            ])
    }

    @Test func `keeps the selector`() throws {
        let kind = try PodRulesTests.kind("apps", "deployments")
        let old = try deployment()
        let new = try deployment {
            $0[path: ["spec", "selector"]] = ["matchLabels": ["app": "x"]]
            $0[path: ["spec", "template", "metadata", "labels"]] = ["app": "x"]
        }
        #expect(
            kind.validateUpdate(new: new, old: old).map(\.description) == [
                "spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable"
            ])
    }

    @Test func `counts generations of the specification only`() throws {
        let kind = try PodRulesTests.kind("apps", "deployments")
        var old = try deployment()
        kind.prepareForCreate(&old)
        #expect(old["metadata"]?["generation"] == 1)
        var labelled = old
        labelled[path: ["metadata", "labels"]] = ["a": "b"]
        kind.prepareForUpdate(new: &labelled, old: old)
        #expect(labelled["metadata"]?["generation"] == 1)
        var scaled = old
        scaled[path: ["spec", "replicas"]] = 3
        kind.prepareForUpdate(new: &scaled, old: old)
        #expect(scaled["metadata"]?["generation"] == 2)
    }

    private func service(_ change: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
        var object: JSONValue = [
            "apiVersion": "v1", "kind": "Service",
            "metadata": ["name": "web", "namespace": "default", "resourceVersion": "1"],
            "spec": ["selector": ["app": "web"], "ports": [["port": 80]]],
        ]
        change(&object)
        try PodRulesTests.kind("", "services").applyDefaults(&object)
        return object
    }

    @Test func `fills a service as upstream does`() throws {
        let spec = try service()["spec"]
        #expect(spec?["type"] == "ClusterIP")
        #expect(spec?["sessionAffinity"] == "None")
        #expect(spec?["internalTrafficPolicy"] == "Cluster")
        #expect(spec?["ports"] == [["port": 80, "protocol": "TCP", "targetPort": 80]])
        let node = try service { $0[path: ["spec", "type"]] = "NodePort" }
        #expect(node["spec"]?["externalTrafficPolicy"] == "Cluster")
    }

    @Test func `refuses services with upstream's words`() throws {
        let kind = try PodRulesTests.kind("", "services")
        func errors(_ change: (inout JSONValue) -> Void) throws -> [String] {
            kind.validateCreate(try service(change)).map(\.description)
        }
        #expect(try errors { $0[path: ["spec", "ports"]] = nil } == ["spec.ports: Required value"])
        #expect(
            try errors { $0[path: ["spec", "type"]] = "X" } == [
                "spec.type: Unsupported value: \"X\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\""
            ])
        #expect(
            try errors { $0[path: ["spec", "ports"]] = [["port": 80], ["port": 81, "name": "b"]] } == [
                "spec.ports[0].name: Required value"
            ])
        #expect(
            try errors { $0[path: ["spec", "ports"]] = [["port": 0, "targetPort": 80]] } == [
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"
            ])
        #expect(
            try errors { $0[path: ["metadata", "name"]] = "Web" }.first?.hasPrefix(
                "metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 label")
                == true)
    }

    @Test func `keeps the address of a service that says nothing about it`() throws {
        let kind = try PodRulesTests.kind("", "services")
        let old = try service {
            $0[path: ["spec", "clusterIP"]] = "10.96.0.9"
            $0[path: ["spec", "clusterIPs"]] = ["10.96.0.9"]
        }
        var new = try service()
        kind.prepareForUpdate(new: &new, old: old)
        #expect(new["spec"]?["clusterIP"] == "10.96.0.9")
        var moved = try service { $0[path: ["spec", "clusterIP"]] = "10.96.0.10" }
        kind.prepareForUpdate(new: &moved, old: old)
        #expect(
            kind.validateUpdate(new: moved, old: old).first?.description
                == "spec.clusterIPs[0]: Invalid value: null: primary clusterIP can not be unset")
    }

    @Test func `fills namespaces and secrets`() throws {
        let namespaces = try PodRulesTests.kind("", "namespaces")
        var namespace: JSONValue = ["metadata": ["name": "a"]]
        namespaces.applyDefaults(&namespace)
        namespaces.prepareForCreate(&namespace)
        #expect(namespace["metadata"]?["labels"] == ["kubernetes.io/metadata.name": "a"])
        #expect(namespace["spec"] == ["finalizers": ["kubernetes"]])
        #expect(namespace["status"] == ["phase": "Active"])
        var secret: JSONValue = ["metadata": ["name": "a"], "stringData": ["k": "v"], "data": ["x": "eA=="]]
        try PodRulesTests.kind("", "secrets").applyDefaults(&secret)
        #expect(secret["type"] == "Opaque")
        #expect(secret["data"] == ["x": "eA==", "k": "dg=="])
        #expect(secret["stringData"] == nil)
    }

    @Test func `shows the same event in both forms`() throws {
        let kind = try PodRulesTests.kind("events.k8s.io", "events")
        #expect(kind.storage.group == "")
        let sent: JSONValue = [
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": ["name": "e"], "regarding": ["name": "web"],
            "note": "hello", "reportingController": "me",
        ]
        var kept = sent
        kind.rules.convertToStorage(&kept)
        #expect(kept["involvedObject"] == ["name": "web"])
        #expect(kept["message"] == "hello")
        #expect(kept["apiVersion"] == "v1")
        var shown = kept
        kind.rules.convertFromStorage(&shown)
        #expect(shown == sent)
    }
}
