import API
import JSON
import NetworkTypes
import Testing
import YAML

@testable import PolicyLab

@Suite struct SnapshotTests {
    @Test func `a snapshot keeps what decides, and nothing that is secret`() throws {
        let pod = try YAMLDecoder.decode(
            """
            metadata: {name: a, namespace: x, labels: {app: a}, annotations: {token: secret}, ownerReferences: [{controller: true, kind: ReplicaSet, name: a-5f}]}
            spec:
              nodeName: n1
              volumes: [{name: v}]
              containers: [{name: c, image: i, env: [{name: PASSWORD, value: secret}], ports: [{name: web, containerPort: 80}]}]
            status: {phase: Running, podIP: 10.1.2.3, podIPs: [{ip: 10.1.2.3}], hostIP: 192.168.0.1}
            """)
        let reduced = SnapshotObject.reduced(pod, apiVersion: "v1", kind: "Pod")
        #expect(!JSONWriter.text(reduced).contains("secret"))
        let model = try LabFixture.model(JSONWriter.text(reduced))
        #expect(model.pods.map(\.key.description) == ["x/a"])
        #expect(model.pods[0].ports.map(\.number) == [80])
        #expect(model.pods[0].addresses.map(\.description) == ["10.1.2.3"])
        #expect(model.pods[0].workload.kind == "ReplicaSet")
    }
}
