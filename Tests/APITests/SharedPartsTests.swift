import API
import JSON
import Testing

@Suite struct SharedPartsTests {
    @Test func `pods of one template share containers, labels, owners and tolerations, and stay what they were`() {
        var parts = SharedParts()
        let plain = (0..<2).map { Pod(json: pod($0)) }
        var shared = plain
        for index in shared.indices { shared[index].share(&parts) }
        #expect(shared == plain)
        #expect(address(shared[0].spec.containers) == address(shared[1].spec.containers))
        #expect(address(shared[0].spec.containers) != address(plain[1].spec.containers))
        #expect(address(shared[0].spec.tolerations) == address(shared[1].spec.tolerations))
        #expect(address(shared[0].metadata.ownerReferences) == address(shared[1].metadata.ownerReferences))
        #expect(shared.map(\.spec.nodeName) == ["node-0", "node-1"])
    }

    @Test func `an equal amount that is written otherwise is printed as it was written`() {
        var parts = SharedParts()
        let amounts = ["1Gi", "1073741824", "1Gi"]
        let printed = amounts.map { amount -> String? in
            var pod = Pod(json: pod(0, memory: amount))
            pod.share(&parts)
            return pod.spec.containers[0].resources.requests["memory"]?.description
        }
        #expect(printed == amounts)
    }

    @Test func `what does not come again is forgotten, and what does is kept`() {
        var values = SharedValues<[Int]>(countMax: 4)
        let first = values.shared([-1, -1])
        for number in 0..<100 {
            _ = values.shared([number])
            #expect(values.count <= 8)
            #expect(address(values.shared([-1, -1])) == address(first))
        }
    }

    private func address<Element>(_ values: [Element]) -> UnsafePointer<Element>? {
        // SAFETY: the address is compared, never read.
        values.withUnsafeBufferPointer { $0.baseAddress }
    }

    private func pod(_ index: Int, memory: String = "128Mi") -> JSONValue {
        [
            "metadata": [
                "name": "web-\(index)", "namespace": "a-namespace-with-a-long-name", "uid": .string("uid-\(index)"),
                "labels": ["app": "web"],
                "ownerReferences": [["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "uid": "1"]],
            ],
            "spec": [
                "nodeName": "node-\(index)",
                "containers": [["name": "main", "image": "web:1", "resources": ["requests": ["memory": .string(memory)]]]],
                "tolerations": [["key": "a", "operator": "Exists"]], "securityContext": ["runAsUser": 1000],
            ],
        ]
    }
}
