import API
import JSON
import Testing

@testable import APIServer

struct LeanObjectTests {
    private static let pod: JSONValue = [
        "metadata": [
            "name": "a", "managedFields": [["manager": "m"]],
            "annotations": ["note": "long", "controller.kubernetes.io/pod-deletion-cost": "7"],
        ],
        "spec": [
            "containers": [
                [
                    "name": "main", "image": "web", "env": [["name": "A", "value": "b"]], "ports": [["containerPort": 80]],
                    "resources": ["requests": ["cpu": "1"]], "readinessProbe": ["tcpSocket": ["port": 80]],
                ]
            ],
            "volumes": [
                ["name": "data", "persistentVolumeClaim": ["claimName": "c"]], ["name": "token", "projected": ["sources": []]],
            ],
            "tolerations": [["operator": "Exists"]],
        ],
        "status": ["phase": "Running"],
    ]

    @Test func `a pod keeps what controllers and the scheduler read`() {
        let lean = LeanObject.lean(Self.pod, of: Pod.resource)
        let (view, whole) = (Pod(json: lean), Pod(json: Self.pod))
        #expect(view.requests == whole.requests && view.spec.tolerations == whole.spec.tolerations)
        #expect(view.status == whole.status && view.qosClass == whole.qosClass)
        #expect(view.spec.containers.map(\.ports) == whole.spec.containers.map(\.ports))
        #expect(view.spec.volumes == [whole.spec.volumes[0]])
        #expect(view.metadata.annotations == ["controller.kubernetes.io/pod-deletion-cost": "7"])
    }

    @Test func `and loses what only its node needs`() {
        let lean = LeanObject.lean(Self.pod, of: Pod.resource)
        #expect(lean["metadata"]?["managedFields"] == nil)
        let container = lean["spec"]?["containers"]?.array?.first
        #expect(container?["env"] == nil && container?["readinessProbe"] == nil && container?["image"]?.string == "web")
    }

    @Test func `other kinds lose the books of their fields only`() {
        var expected = Self.pod
        expected[path: ["metadata", "managedFields"]] = nil
        #expect(LeanObject.lean(Self.pod, of: ConfigMap.resource) == expected)
    }
}
