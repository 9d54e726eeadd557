import API
import JSON
import Testing

@testable import Kubelet

@Suite struct DualStackTests {
    typealias Order = (found: [String], node: String, expected: [String])

    static let orders: [Order] = [
        (["10.244.1.2", "fd00::2"], "172.18.0.11", ["10.244.1.2", "fd00::2"]),
        (["fd00::2", "10.244.1.2"], "172.18.0.11", ["10.244.1.2", "fd00::2"]),
        (["10.244.1.2", "fd00::2"], "fd18::11", ["fd00::2", "10.244.1.2"]),
        (["fd00::2"], "172.18.0.11", ["fd00::2"]),
        (["10.244.1.2", "10.244.1.3", "fd00::2"], "172.18.0.11", ["10.244.1.2", "fd00::2"]),
        ([], "172.18.0.11", []),
    ]

    @Test(arguments: orders.indices)
    func `a pod has one address of each family, that of the node's primary one first`(index: Int) {
        let order = Self.orders[index]
        #expect(PodStatusBuilder.sorted(order.found, like: [order.node]) == order.expected)
    }

    @Test func `a pod of the host's network has both addresses of its node`() {
        let pod = Pod.fixture(["hostNetwork": true, "containers": [["name": "web", "image": "x"]]])
        let status = PodStatusBuilder(
            pod: pod, observed: .of([.fixture()]), probes: ProbeVerdicts(), waiting: [:],
            nodeAddresses: ["172.18.0.11", "fd18::11"], isTerminal: false, failure: nil, now: .noon
        ).build()
        #expect(status.hostIPs == ["172.18.0.11", "fd18::11"])
        #expect(status.podIPs == ["172.18.0.11", "fd18::11"])
        #expect(status.podIP == "172.18.0.11")
    }

    /// The list merges by type: two addresses of one type would become one, and then a duplicate.
    @Test func `a patch of a node's status replaces its addresses`() {
        let addresses: [JSONValue] = [
            ["type": "InternalIP", "address": "172.18.0.11"], ["type": "InternalIP", "address": "fd18::11"],
        ]
        let patch = NodeReporter.patch(["addresses": .array(addresses), "conditions": []])
        #expect(patch["addresses"]?.array == [["$patch": "replace"]] + addresses)
        #expect(patch["conditions"] == [])
    }
}
