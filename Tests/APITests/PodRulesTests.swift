import JSON
import Testing

@testable import API

@Suite struct PodRulesTests {
    static func kind(_ group: String, _ resource: String) throws -> KindDefinition {
        try #require(Catalog.kind(GroupVersionResource(group: group, version: "v1", resource: resource)))
    }

    static func pod(_ change: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
        var pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "web", "namespace": "default", "resourceVersion": "1"],
            "spec": ["containers": [["name": "a", "image": "busybox"]]],
        ]
        change(&pod)
        try kind("", "pods").applyDefaults(&pod)
        return pod
    }

    @Test func `fills a pod as upstream does`() throws {
        let spec = try Self.pod {
            $0[path: ["spec", "containers"]] = [
                [
                    "name": "a", "image": "busybox:1.36", "ports": [["containerPort": 80]],
                    "livenessProbe": ["httpGet": ["port": 80]], "resources": ["limits": ["cpu": "1"]],
                ]
            ]
            $0[path: ["spec", "serviceAccountName"]] = "me"
            $0[path: ["spec", "volumes"]] = [["name": "v"], ["name": "c", "configMap": ["name": "x"]]]
        }["spec"]
        #expect(spec?["restartPolicy"] == "Always")
        #expect(spec?["dnsPolicy"] == "ClusterFirst")
        #expect(spec?["terminationGracePeriodSeconds"] == 30)
        #expect(spec?["schedulerName"] == "default-scheduler")
        #expect(spec?["securityContext"] == [:])
        #expect(spec?["enableServiceLinks"] == true)
        #expect(spec?["serviceAccount"] == "me")
        #expect(spec?["volumes"]?[0]?["emptyDir"] == [:])
        #expect(spec?["volumes"]?[1]?["configMap"]?["defaultMode"] == 420)
        let container = spec?["containers"]?[0]
        #expect(container?["imagePullPolicy"] == "IfNotPresent")
        #expect(container?["terminationMessagePath"] == "/dev/termination-log")
        #expect(container?["ports"] == [["containerPort": 80, "protocol": "TCP"]])
        #expect(container?["resources"]?["requests"] == ["cpu": "1"])
        #expect(
            container?["livenessProbe"] == [
                "httpGet": ["port": 80, "path": "/", "scheme": "HTTP"], "timeoutSeconds": 1, "periodSeconds": 10,
                "successThreshold": 1, "failureThreshold": 3,
            ])
    }

    @Test(arguments: [
        ("busybox", "Always"), ("busybox:latest", "Always"), ("busybox:1", "IfNotPresent"), ("r:5000/busybox", "Always"),
        ("r:5000/a/busybox:v1", "IfNotPresent"), ("busybox@sha256:abc", "IfNotPresent"), ("busybox:latest@sha256:abc", "Always"),
        ("", "IfNotPresent"),
    ])
    func `chooses when to pull by the image's tag`(image: String, policy: String) {
        #expect(PodDefaults.pullPolicy(image: image) == policy)
    }

    @Test func `accepts a plain pod`() throws {
        #expect(try Self.kind("", "pods").validateCreate(Self.pod()) == [])
    }

    static let refusals: [(@Sendable (inout JSONValue) -> Void, String)] = [
        ({ $0[path: ["spec", "containers"]] = [] }, "spec.containers: Required value"),
        ({ $0[path: ["spec", "containers"]] = [["name": "a"]] }, "spec.containers[0].image: Required value"),
        ({ $0[path: ["spec", "containers"]] = [["image": "a"]] }, "spec.containers[0].name: Required value"),
        (
            { $0[path: ["spec", "containers"]] = [["name": "a", "image": "x"], ["name": "a", "image": "x"]] },
            "spec.containers[1].name: Duplicate value: \"a\""
        ),
        (
            { $0[path: ["spec", "restartPolicy"]] = "Sometimes" },
            "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\""
        ),
        (
            { $0[path: ["spec", "containers"]] = [["name": "a", "image": "x", "ports": [["containerPort": 70000]]]] },
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"
        ),
        (
            {
                $0[path: ["spec", "containers"]] = [
                    ["name": "a", "image": "x", "volumeMounts": [["name": "v", "mountPath": "/v"]]]
                ]
            }, "spec.containers[0].volumeMounts[0].name: Not found: \"v\""
        ),
        (
            {
                $0[path: ["spec", "containers"]] = [
                    ["name": "a", "image": "x", "resources": ["requests": ["cpu": "2"], "limits": ["cpu": "1"]]]
                ]
            },
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"
        ),
        ({ $0[path: ["metadata", "namespace"]] = nil }, "metadata.namespace: Required value"),
        ({ $0[path: ["metadata", "name"]] = nil }, "metadata.name: Required value: name or generateName is required"),
        (
            { $0[path: ["spec", "containers"]] = [["name": "a", "image": "x", "livenessProbe": [:]]] },
            "spec.containers[0].livenessProbe: Required value: must specify a handler type"
        ),
    ]

    @Test(arguments: refusals.indices)
    func `refuses with upstream's words`(index: Int) throws {
        let (change, message) = Self.refusals[index]
        let errors = try Self.kind("", "pods").validateCreate(Self.pod(change))
        #expect(errors.map(\.description) == [message])
    }

    @Test func `lets an update change the image and nothing else`() throws {
        let kind = try Self.kind("", "pods")
        let old = try Self.pod()
        var image = old
        image[path: ["spec", "containers"]] = [["name": "a", "image": "busybox:2"]]
        kind.applyDefaults(&image)
        image[path: ["spec", "containers"]] = .array(
            (image["spec"]?["containers"]?.array ?? []).map {
                var container = $0
                container["imagePullPolicy"] = "Always"
                return container
            })
        #expect(kind.validateUpdate(new: image, old: old) == [])
        var node = old
        node[path: ["spec", "restartPolicy"]] = "Never"
        let errors = kind.validateUpdate(new: node, old: old)
        #expect(errors.map(\.field) == ["spec"])
        #expect(errors.first?.description.hasPrefix("spec: Forbidden: pod updates may not change fields other than") ?? false)
        var more = old
        more[path: ["spec", "containers"]] = .array((old["spec"]?["containers"]?.array ?? []) + [["name": "b", "image": "x"]])
        kind.applyDefaults(&more)
        #expect(
            kind.validateUpdate(new: more, old: old).map(\.description) == [
                "spec.containers: Forbidden: pod updates may not add or remove containers"
            ])
    }

    @Test func `separates status from specification`() throws {
        let kind = try Self.kind("", "pods")
        var created = try Self.pod { $0["status"] = ["phase": "Running"] }
        kind.prepareForCreate(&created)
        #expect(created["status"] == ["phase": "Pending", "qosClass": "BestEffort"])
        #expect(created["metadata"]?["generation"] == 1)
        var update = created
        update["status"] = ["phase": "Failed"]
        update[path: ["spec", "activeDeadlineSeconds"]] = 5
        kind.prepareForUpdate(new: &update, old: created)
        #expect(update["status"] == created["status"])
        #expect(update["metadata"]?["generation"] == 2)
        var status = created
        status["status"] = ["phase": "Running"]
        status[path: ["spec", "nodeName"]] = "elsewhere"
        kind.prepareForStatusUpdate(new: &status, old: created)
        #expect(status["spec"] == created["spec"])
        #expect(status["status"] == ["phase": "Running", "qosClass": "BestEffort"])
    }

    @Test func `tells the quality of service`() {
        let whole: JSONValue = ["requests": ["cpu": "1", "memory": "1Gi"], "limits": ["cpu": "1", "memory": "1Gi"]]
        #expect(PodQuality.of(["containers": [["name": "a"]], "resources": whole]) == "Guaranteed")
        func quality(_ resources: JSONValue) -> String {
            PodQuality.of(["containers": [["resources": resources]]])
        }
        #expect(quality([:]) == "BestEffort")
        #expect(quality(["requests": ["cpu": "1"]]) == "Burstable")
        #expect(
            quality(["requests": ["cpu": "1", "memory": "1Gi"], "limits": ["cpu": "1000m", "memory": "1024Mi"]])
                == "Guaranteed")
    }

    @Test func `offers the fields that selectors may name`() throws {
        let kind = try Self.kind("", "pods")
        let pod = try Self.pod { $0[path: ["spec", "nodeName"]] = "n1" }
        #expect(kind.fieldLabel(pod, "spec.nodeName") == "n1")
        #expect(kind.fieldLabel(pod, "status.phase") == "")
        #expect(kind.fieldLabel(pod, "metadata.name") == "web")
        #expect(kind.fieldLabel(pod, "spec.volumes") == nil)
    }
}
