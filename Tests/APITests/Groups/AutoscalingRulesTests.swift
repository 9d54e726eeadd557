import JSON
import Testing

@testable import API

@Suite struct AutoscalingRulesTests {
    private static let target: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "name": "web"]

    private func autoscaler(_ version: String = "v2") throws -> RuleFixture {
        try RuleFixture(
            "autoscaling", "horizontalpodautoscalers", version: version,
            ["spec": ["maxReplicas": 5, "scaleTargetRef": Self.target]])
    }

    @Test func `an autoscaler is filled`() throws {
        let made = try autoscaler().made([Change("spec/behavior", ["scaleDown": ["selectPolicy": "Min"]])])
        let spec = made["spec"] ?? [:]
        #expect(spec["minReplicas"] == 1)
        #expect(
            spec["metrics"] == [
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 80]],
                ]
            ])
        #expect(
            spec["behavior"]?["scaleUp"] == [
                "stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                "policies": [
                    ["type": "Pods", "value": 4, "periodSeconds": 15],
                    ["type": "Percent", "value": 100, "periodSeconds": 15],
                ],
            ])
        #expect(
            spec["behavior"]?["scaleDown"] == [
                "selectPolicy": "Min", "policies": [["type": "Percent", "value": 100, "periodSeconds": 15]],
            ])
    }

    static let cases = [
        RuleCase(
            "spec/maxReplicas", 0, "spec.maxReplicas: Invalid value: 0: must be greater than 0",
            "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`"),
        RuleCase("spec/minReplicas", 9, "spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`"),
        RuleCase(
            "spec/minReplicas", 0, "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
            "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas"),
        RuleCase("spec/scaleTargetRef/kind", "", "spec.scaleTargetRef.kind: Required value"),
        RuleCase(
            "spec/metrics", [["type": "Pods"]],
            "spec.metrics[0].pods: Required value: must populate information for the given metric source"),
        RuleCase(
            "spec/metrics",
            [["type": "Resource", "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 0]]]],
            "spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0"),
        RuleCase(
            "spec/behavior",
            ["scaleUp": ["stabilizationWindowSeconds": 4000, "policies": [["type": "Pods", "value": 0, "periodSeconds": 1]]]],
            "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600",
            "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero"),
    ]

    @Test(arguments: cases, ["v2"])
    func `refuses an autoscaler with upstream's causes`(entry: RuleCase, version: String) throws {
        #expect(try autoscaler(version).creating(entry.changes) == entry.errors)
    }

    @Test func `the older form is judged by the newer one's rules`() throws {
        let older = try autoscaler("v1")
        #expect(older.creating([]) == [])
        #expect(older.made()["spec"]?["targetCPUUtilizationPercentage"] == 80)
        #expect(
            older.creating([Change("spec/maxReplicas", 0), Change("spec/minReplicas", 0)]).contains(
                "spec.maxReplicas: Invalid value: 0: must be greater than 0"))
    }

    private static let full: JSONValue = [
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
        "metadata": ["name": "a", "annotations": ["keep": "me"]],
        "spec": [
            "maxReplicas": 5, "minReplicas": 2, "scaleTargetRef": target,
            "metrics": [
                [
                    "type": "Object",
                    "object": [
                        "describedObject": target, "metric": ["name": "rps"], "target": ["type": "Value", "value": "2k"],
                    ],
                ],
                [
                    "type": "Pods",
                    "pods": [
                        "metric": ["name": "qps", "selector": ["matchLabels": ["a": "b"]]],
                        "target": ["type": "AverageValue", "averageValue": "10"],
                    ],
                ],
                [
                    "type": "External",
                    "external": ["metric": ["name": "queue"], "target": ["type": "AverageValue", "averageValue": "30"]],
                ],
                [
                    "type": "ContainerResource",
                    "containerResource": [
                        "name": "memory", "container": "c", "target": ["type": "Utilization", "averageUtilization": 50],
                    ],
                ],
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "target": ["type": "Utilization", "averageUtilization": 60]],
                ],
            ],
            "behavior": ["scaleUp": ["selectPolicy": "Max", "policies": [["type": "Pods", "value": 1, "periodSeconds": 5]]]],
        ],
        "status": [
            "currentReplicas": 3, "desiredReplicas": 4,
            "currentMetrics": [
                [
                    "type": "Resource",
                    "resource": ["name": "cpu", "current": ["averageUtilization": 40, "averageValue": "400m"]],
                ],
                ["type": "Pods", "pods": ["metric": ["name": "qps"], "current": ["averageValue": "7"]]],
            ],
            "conditions": [["type": "AbleToScale", "status": "True", "reason": "Fine"]],
        ],
    ]

    @Test func `nothing is lost on the way to the older form and back`() {
        var object = Self.full
        AutoscalerConversion.toV1(&object)
        #expect(object["spec"]?["targetCPUUtilizationPercentage"] == 60 && object["spec"]?["metrics"] == nil)
        #expect(object["status"]?["currentCPUUtilizationPercentage"] == 40)
        #expect(
            object["metadata"]?["annotations"]?["autoscaling.alpha.kubernetes.io/behavior"]
                == "{\"ScaleUp\":{\"SelectPolicy\":\"Max\",\"Policies\":[{\"Type\":\"Pods\",\"Value\":1,\"PeriodSeconds\":5}]}}")
        AutoscalerConversion.toV2(&object)
        #expect(object == Self.full)
    }

    @Test func `the older form comes back from the newer one`() {
        let older: JSONValue = [
            "metadata": ["name": "a"],
            "spec": ["maxReplicas": 5, "scaleTargetRef": Self.target, "targetCPUUtilizationPercentage": 70],
            "status": ["currentReplicas": 1, "desiredReplicas": 1],
        ]
        var object = older
        AutoscalerConversion.toV2(&object)
        AutoscalerConversion.toV1(&object)
        #expect(object == older)
    }

    @Test func `prints what is measured against what is wanted`() throws {
        let cells = try autoscaler().cells([Change("spec", Self.full["spec"]), Change("status", Self.full["status"])])
        #expect(cells[1] == "Deployment/web" && cells[3] == "2" && cells[5] == 3)
        #expect(cells[2] == "<unknown>/2k, 7/10 + 3 more...")
        #expect(try autoscaler().cells()[2] == "cpu: <unknown>/80%")
    }
}
