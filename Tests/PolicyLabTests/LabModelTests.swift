import API
import NetworkTypes
import Testing

@testable import PolicyLab

@Suite struct LabModelTests {
    @Test func `makes the pods that controllers would make, two of a workload at most`() throws {
        let model = try LabFixture.model(LabFixture.shop)
        #expect(model.pods.map(\.key.description) == ["ops/probe", "shop/api-0", "shop/db-0", "shop/web-0", "shop/web-1"])
        #expect(model.pods[2].labels["statefulset.kubernetes.io/pod-name"] == "db-0")
        #expect(Set(model.namespaces.keys) == ["ops", "shop"])
        #expect(model.namespaces["ops"]?.labels == ["kubernetes.io/metadata.name": "ops"])
    }

    @Test func `gives the same addresses whatever the order of the input`() throws {
        let one = try LabFixture.model(LabFixture.shop, LabFixture.policies)
        let documents = LabFixture.shop.split(separator: "\n---\n").reversed().joined(separator: "\n---\n")
        let other = try LabFixture.model(LabFixture.policies, documents)
        #expect(one.pods.map { "\($0.key) \($0.addresses)" } == other.pods.map { "\($0.key) \($0.addresses)" })
        #expect(Set(one.pods.flatMap(\.addresses)).count == one.pods.count * 2)
        #expect(one.services[0].addresses == other.services[0].addresses)
    }

    @Test func `keeps addresses that pods have, and gives them to nobody else`() throws {
        let model = try LabFixture.model(
            LabFixture.shop,
            "{apiVersion: v1, kind: Pod, metadata: {name: fixed, namespace: a}, status: {podIPs: [{ip: 10.244.1.0}, {ip: 'fd00:10:244::100'}]}}"
        )
        let fixed = try #require(model.pods.first)
        #expect(fixed.addresses.map(\.description) == ["10.244.1.0", "fd00:10:244::100"])
        #expect(Set(model.pods.flatMap(\.addresses)).count == model.pods.count * 2)
    }

    @Test func `leaves out finished pods, and pods that something else in the input makes`() throws {
        let model = try LabFixture.model(
            "{apiVersion: v1, kind: Pod, metadata: {name: done, namespace: a}, status: {phase: Succeeded}}",
            "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: web-5f, namespace: a, ownerReferences: [{controller: true, kind: Deployment, name: web}]}, spec: {template: {}}}"
        )
        #expect(model.pods.isEmpty)
    }

    @Test func `pods of a cluster stand for the workload that made them`() throws {
        let model = try LabFixture.model(
            "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: a}, spec: {replicas: 2, template: {}}}",
            "{apiVersion: v1, kind: Pod, metadata: {name: web-5f-x, namespace: a, labels: {pod-template-hash: 5f}, ownerReferences: [{controller: true, kind: ReplicaSet, name: web-5f}]}}"
        )
        #expect(model.pods.map(\.name) == ["web-5f-x"])
        #expect(model.pods[0].workload.description == "a/web")
    }

    @Test func `a generateName is a name of its own each time`() throws {
        let model = try LabFixture.model(
            "{apiVersion: batch/v1, kind: Job, metadata: {generateName: load-, namespace: a}, spec: {template: {}}}",
            "{apiVersion: batch/v1, kind: Job, metadata: {generateName: load-, namespace: a}, spec: {template: {}}}",
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {generateName: deny-, namespace: a}, spec: {podSelector: {}}}"
        )
        #expect(model.pods.map(\.name) == ["load-generated1-0", "load-generated2-0"])
        #expect(model.policies.map(\.name) == ["deny-generated1"])
    }

    @Test func `finds the pods and ports behind a Service`() throws {
        let service = try #require(try LabFixture.model(LabFixture.shop).services.first)
        #expect(service.entries.map(\.port.description) == ["80/tcp"])
        #expect(service.entries[0].backends.map { "\($0.pod) \($0.port)" } == ["shop/api-0 8080/tcp"])
    }

    @Test func `says what it does not understand`() throws {
        let model = try LabFixture.model(
            "{apiVersion: v1, kind: Secret, metadata: {name: s}}",
            "{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: a}}",
            "{apiVersion: cilium.io/v2, kind: CiliumNetworkPolicy, metadata: {name: c}}")
        #expect(model.skippedKinds == ["Secret": 1, "AdminNetworkPolicy": 1, "CiliumNetworkPolicy": 1])
        #expect(model.notices.filter { $0.message.contains("is not read") }.count == 2)
    }

    static let refused: [(String, String)] = [
        ("spec: {podSelector: {}, ingress: [{from: [{}]}]}", "spec.ingress[0].from[0]: Required value: must specify a peer"),
        ("spec: {podSelector: {}, ingres: []}", "unknown field \"spec.ingres\""),
        ("spec: {podSelector: {matchLabels: {a: 1}}}", "must be a string: quote the value"),
        ("spec: {podSelector: {}, ingress: [{ports: [{port: 70000}]}]}", "must be between 1 and 65535, inclusive"),
        ("spec: {podSelector: {}, ingress: {}}", "spec.ingress: must be a list"),
    ]

    @Test(arguments: refused)
    func `refuses a policy as a server would`(spec: String, message: String) {
        let text = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p}, \(spec)}"
        let refusal = #expect(throws: InputRefusal.self) { try LabFixture.model(text) }
        #expect(refusal?.problems.count == 1)
        #expect(refusal?.description.hasPrefix("in.yaml:1: ") == true)
        #expect(refusal?.description.contains(message) == true, "\(refusal?.description ?? "")")
    }

    static let refusedCluster: [(String, String)] = [
        ("{tier: Middle, priority: 1, subject: {namespaces: {}}}", "spec.tier: Unsupported value"),
        ("{tier: Admin, priority: 1001, subject: {namespaces: {}}}", "should be less than or equal to 1000"),
        ("{tier: Admin, priority: 1, subject: {}}", "exactly one of namespaces and pods"),
        (
            "{tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Allow, from: [{namespaces: {}}]}]}",
            "Unsupported value: \"Allow\""
        ),
    ]

    @Test(arguments: refusedCluster)
    func `refuses a cluster policy as its definition would`(spec: String, message: String) {
        let text =
            "{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {name: p}, spec: \(spec)}"
        let refusal = #expect(throws: InputRefusal.self) { try LabFixture.model(text) }
        #expect(refusal?.description.contains(message) == true, "\(refusal?.description ?? "")")
    }
}
