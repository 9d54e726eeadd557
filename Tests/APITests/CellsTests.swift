import JSON
import Testing

@testable import API

@Suite struct CellsTests {
    static let now = Timestamp(seconds: 1_800_000_000)

    @Test(arguments: [
        (0, "0s"), (-1, "0s"), (-5, "<invalid>"), (119, "119s"), (120, "2m"), (330, "5m30s"), (600, "10m"), (10_799, "179m"),
        (10_800, "3h"), (10_860, "3h1m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (187_200, "2d4h"), (691_200, "8d"),
        (63_072_000, "2y"), (70_000_000, "2y80d"), (400_000_000, "12y"),
    ])
    func `prints durations as kubectl does`(seconds: Int64, text: String) {
        #expect(HumanDuration.print(seconds: seconds) == text)
    }

    static let headers: [(String, String, [String])] = [
        ("", "pods", ["Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node", "Readiness Gates"]),
        ("", "services", ["Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector"]),
        (
            "", "nodes",
            [
                "Name", "Status", "Roles", "Age", "Version", "Internal-IP", "External-IP", "OS-Image", "Kernel-Version",
                "Container-Runtime",
            ]
        ),
        ("", "namespaces", ["Name", "Status", "Age"]), ("", "configmaps", ["Name", "Data", "Age"]),
        ("", "secrets", ["Name", "Type", "Data", "Age"]), ("", "serviceaccounts", ["Name", "Secrets", "Age"]),
        ("", "endpoints", ["Name", "Endpoints", "Age"]),
        (
            "", "events",
            [
                "Last Seen", "Type", "Reason", "Object", "Subobject", "Source", "Message", "First Seen", "Count", "Name",
            ]
        ),
        (
            "apps", "deployments",
            ["Name", "Ready", "Up-to-date", "Available", "Age", "Containers", "Images", "Selector"]
        ),
        ("apps", "replicasets", ["Name", "Desired", "Current", "Ready", "Age", "Containers", "Images", "Selector"]),
        ("discovery.k8s.io", "endpointslices", ["Name", "AddressType", "Ports", "Endpoints", "Age"]),
        ("coordination.k8s.io", "leases", ["Name", "Holder", "Age"]),
    ]

    @Test(arguments: headers)
    func `heads the columns as upstream`(group: String, resource: String, names: [String]) throws {
        let kind = try #require(Catalog.kind(GroupVersionResource(group: group, version: "v1", resource: resource)))
        #expect(kind.columns.map(\.name) == names)
    }

    @Test func `gives every kind as many cells as columns`() {
        for kind in Catalog.kinds {
            #expect(kind.cells(["metadata": ["name": "x"]], now: Self.now).count == kind.columns.count, "\(kind.gvk)")
        }
    }

    private func pod(_ status: JSONValue, deleted: Bool = false) -> [JSONValue] {
        var pod: JSONValue = [
            "metadata": ["name": "web", "creationTimestamp": "2027-01-15T07:58:00Z"],
            "spec": ["containers": [["name": "a"], ["name": "b"]], "initContainers": [["name": "i"]], "nodeName": "node1"],
            "status": status,
        ]
        if deleted { pod[path: ["metadata", "deletionTimestamp"]] = "2027-01-15T07:59:00Z" }
        return PodRules().cells(pod, now: Self.now)
    }

    @Test func `shows a running pod`() {
        let running: JSONValue = ["name": "a", "ready": true, "restartCount": 0, "state": ["running": [:]]]
        let restarted: JSONValue = [
            "name": "b", "ready": true, "restartCount": 2, "state": ["running": [:]],
            "lastState": ["terminated": ["finishedAt": "2027-01-15T07:59:30Z"]],
        ]
        let cells = pod([
            "phase": "Running", "containerStatuses": [running, restarted], "podIPs": [["ip": "10.244.0.5"]],
        ])
        #expect(
            cells == ["web", "2/2", "Running", "2 (30s ago)", "2m", "10.244.0.5", "node1", "<none>", "<none>"])
    }

    @Test func `shows why a pod is not running`() {
        let waiting: JSONValue = ["name": "a", "state": ["waiting": ["reason": "ImagePullBackOff"]]]
        #expect(pod(["phase": "Pending", "containerStatuses": [waiting]])[2] == "ImagePullBackOff")
        let ended: JSONValue = ["name": "a", "state": ["terminated": ["exitCode": 3]]]
        #expect(pod(["phase": "Failed", "containerStatuses": [ended]])[2] == "ExitCode:3")
        #expect(pod(["phase": "Running"], deleted: true)[2] == "Terminating")
        #expect(pod(["phase": "Failed", "reason": "Evicted"])[2] == "Evicted")
        let initWaiting: JSONValue = ["name": "i", "state": ["waiting": ["reason": "PodInitializing"]]]
        #expect(pod(["phase": "Pending", "initContainerStatuses": [initWaiting]])[2] == "Init:0/1")
        let initFailed: JSONValue = ["name": "i", "state": ["terminated": ["exitCode": 1, "reason": "Error"]]]
        #expect(pod(["phase": "Pending", "initContainerStatuses": [initFailed]])[2] == "Init:Error")
    }

    @Test func `shows a service's ports and addresses`() {
        let service: JSONValue = [
            "metadata": ["name": "web"],
            "spec": [
                "type": "NodePort", "clusterIP": "10.96.0.9", "ports": [["port": 80, "nodePort": 30080, "protocol": "TCP"]],
                "selector": ["b": "2", "a": "1"],
            ],
        ]
        #expect(
            ServiceRules().cells(service, now: Self.now)
                == ["web", "NodePort", "10.96.0.9", "<none>", "80:30080/TCP", "<unknown>", "a=1,b=2"])
    }
}
