import JSON
import Testing

@testable import API

/// Rows of kinds of the core group.
@Suite struct CoreCellsTests {
    static let headers: [(String, [String])] = [
        ("podtemplates", ["Name", "Containers", "Images", "Pod Labels"]),
        ("replicationcontrollers", ["Name", "Desired", "Current", "Ready", "Age", "Containers", "Images", "Selector"]),
        (
            "persistentvolumes",
            [
                "Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass",
                "VolumeAttributesClass", "Reason", "Age", "VolumeMode",
            ]
        ),
        (
            "persistentvolumeclaims",
            [
                "Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age",
                "VolumeMode",
            ]
        ),
        ("resourcequotas", ["Name", "Request", "Limit", "Age"]), ("limitranges", ["Name", "Created At"]),
        ("componentstatuses", ["Name", "Status", "Message", "Error"]),
    ]

    @Test(arguments: headers)
    func `heads the columns as upstream`(resource: String, names: [String]) throws {
        #expect(try KindSamples.kind(resource).columns.map(\.name) == names)
    }

    private func pod(_ status: JSONValue, spec: JSONValue? = nil) throws -> [JSONValue] {
        let plain: JSONValue = ["containers": [["name": "a"]], "initContainers": [["name": "s", "restartPolicy": "Always"]]]
        return try RuleFixture("", "pods", ["spec": spec ?? plain]).cells([Change("status", status)])
    }

    @Test func `counts sidecars among the containers`() throws {
        let sidecar: JSONValue = ["name": "s", "started": true, "ready": true, "restartCount": 2, "state": ["running": [:]]]
        let main: JSONValue = ["name": "a", "ready": true, "restartCount": 1, "state": ["running": [:]]]
        let cells = try pod(["phase": "Running", "initContainerStatuses": [sidecar], "containerStatuses": [main]])
        #expect(cells[1...3] == ["2/2", "Running", "3"])
        let waiting: JSONValue = ["name": "s", "started": false, "state": ["running": [:]]]
        #expect(try pod(["phase": "Pending", "initContainerStatuses": [waiting]])[1...2] == ["0/2", "Init:0/1"])
    }

    @Test func `names what holds a pod back`() throws {
        let gated: JSONValue = ["type": "PodScheduled", "status": "False", "reason": "SchedulingGated"]
        #expect(try pod(["phase": "Pending", "conditions": [gated]])[2] == "SchedulingGated")
        let done: JSONValue = ["name": "a", "state": ["terminated": ["exitCode": 0, "reason": "Completed"]]]
        let running: JSONValue = ["name": "b", "ready": true, "state": ["running": [:]]]
        #expect(try pod(["phase": "Running", "containerStatuses": [running, done]])[2] == "NotReady")
        let ready: JSONValue = ["type": "Ready", "status": "True"]
        #expect(try pod(["phase": "Running", "conditions": [ready], "containerStatuses": [done, running]])[2] == "Running")
        let killed: JSONValue = ["name": "a", "state": ["terminated": ["exitCode": 137, "signal": 9]]]
        #expect(try pod(["phase": "Failed", "containerStatuses": [killed]])[2] == "Signal:9")
    }

    @Test func `prints a node`() throws {
        let cells = try RuleFixture(
            "", "nodes",
            [
                "metadata": ["name": "n", "labels": ["node-role.kubernetes.io/worker": "", "kubernetes.io/role": "master"]],
                "spec": ["unschedulable": true],
                "status": [
                    "conditions": [["type": "Ready", "status": "Unknown"]], "nodeInfo": ["kubeletVersion": "v1.36.0"],
                    "addresses": [["type": "InternalIP", "address": "10.0.0.2"]],
                ],
            ]
        ).cells()
        #expect(
            cells == [
                "n", "NotReady,SchedulingDisabled", "master,worker", "5m", "v1.36.0", "10.0.0.2", "<none>", "<unknown>",
                "<unknown>", "<unknown>",
            ])
    }

    @Test func `prints volumes and claims`() throws {
        let volume: JSONValue = [
            "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce", "ReadOnlyMany"], "storageClassName": "fast",
            "claimRef": ["namespace": "default", "name": "data"],
        ]
        #expect(
            try RuleFixture("", "persistentvolumes", ["spec": volume]).cells([Change("status/phase", "Bound")]) == [
                "sample", "1Gi", "RWO,ROX", "Retain", "Bound", "default/data", "fast", "<unset>", "", "5m", "Filesystem",
            ])
        let claim = try RuleFixture("", "persistentvolumeclaims", ["spec": ["storageClassName": "fast"]])
        #expect(claim.cells() == ["sample", "Pending", "", "", "", "fast", "<unset>", "5m", "Filesystem"])
        let bound = [
            Change("spec/volumeName", "pv"),
            Change("status", ["phase": "Bound", "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteMany"]]),
        ]
        #expect(claim.cells(bound)[1...4] == ["Bound", "pv", "1Gi", "RWX"])
    }

    @Test func `prints services by their type`() throws {
        let ports: JSONValue = [["port": 80, "nodePort": 30080]]
        let balancer = try RuleFixture(
            "", "services", ["spec": ["type": "LoadBalancer", "clusterIP": "10.96.0.9", "ports": ports]])
        #expect(balancer.cells()[1...4] == ["LoadBalancer", "10.96.0.9", "<pending>", "80:30080/TCP"])
        let given = Change("status/loadBalancer/ingress", [["ip": "1.2.3.4"], ["hostname": "a.example"]])
        #expect(balancer.cells([given])[3] == "1.2.3.4,a.example")
        let name = try RuleFixture("", "services", ["spec": ["type": "ExternalName", "externalName": "a.example"]])
        #expect(name.cells()[1...4] == ["ExternalName", "<none>", "a.example", "<none>"])
    }

    @Test func `prints quotas with what is used`() throws {
        let quota = try RuleFixture("", "resourcequotas", ["spec": ["hard": ["pods": "4", "limits.cpu": "2", "cpu": "1"]]])
        let used = Change("status", ["hard": ["pods": "4", "limits.cpu": "2", "cpu": "1"], "used": ["pods": "1"]])
        #expect(quota.cells([used]) == ["sample", "cpu: 0/1, pods: 1/4", "limits.cpu: 0/2", "5m"])
    }
}
