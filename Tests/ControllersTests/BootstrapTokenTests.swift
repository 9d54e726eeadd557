import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct BootstrapTokenTests {
    let harness = Harness()
    let signer = BootstrapSigner { "\($1)/\($2) signs \($0)" }
    let info = BootstrapSigner.clusterInfo

    private func putInfo(_ data: JSONValue) {
        harness.cluster.put(
            ConfigMap.resource,
            ["metadata": ["name": .string(info.name), "namespace": .string(info.namespace)], "data": data])
    }

    private func putToken(_ id: String, expiration: String? = nil, signs: String = "true", name: String? = nil) {
        func bytes(_ text: String) -> JSONValue { .string(Base64.encode(Array(text.utf8))) }
        var data: JSONValue = [
            "token-id": bytes(id), "token-secret": bytes("secret"), "usage-bootstrap-signing": bytes(signs),
        ]
        if let expiration { data["expiration"] = bytes(expiration) }
        harness.cluster.put(
            Secret.resource,
            [
                "metadata": ["name": .string(name ?? "bootstrap-token-\(id)"), "namespace": "kube-system"],
                "type": "bootstrap.kubernetes.io/token", "data": data,
            ])
    }

    private var data: JSONValue? { harness.cluster.objects(ConfigMap.resource).first?["data"] }

    @Test func `every token that may sign has its signature, others lose theirs`() async {
        putInfo(["kubeconfig": "K", "jws-kubeconfig-gone": "old", "other": "x"])
        putToken("aaaaaa")
        putToken("bbbbbb", signs: "false")
        putToken("cccccc", expiration: "2000-01-01T00:00:00Z")
        putToken("dddddd", name: "bootstrap-token-eeeeee")
        await harness.settle(signer, info)
        #expect(data == ["kubeconfig": "K", "other": "x", "jws-kubeconfig-aaaaaa": "aaaaaa/secret signs K"])
        putInfo(["kubeconfig": "L", "jws-kubeconfig-aaaaaa": "aaaaaa/secret signs K"])
        await harness.settle(signer, info)
        #expect(data?["jws-kubeconfig-aaaaaa"] == "aaaaaa/secret signs L")
    }

    @Test func `a token that ends is looked at again in time`() async {
        putInfo(["kubeconfig": "K"])
        putToken("aaaaaa", expiration: harness.cluster.now.adding(.seconds(90)).description)
        let plan = await harness.settle(signer, info)
        #expect(plan.lookAgainAfter == .seconds(90))
    }

    @Test func `tokens whose time is over are deleted, others wait`() async {
        let cleaner = BootstrapTokenCleaner()
        for (id, time) in [("aaaaaa", "2000-01-01T00:00:00Z"), ("bbbbbb", "no time")] { putToken(id, expiration: time) }
        putToken("cccccc", expiration: harness.cluster.now.adding(.seconds(60)).description)
        putToken("dddddd")
        for id in ["aaaaaa", "bbbbbb", "cccccc", "dddddd"] {
            let plan = await harness.settle(
                cleaner, NamespacedName(namespace: "kube-system", name: "bootstrap-token-\(id)"))
            if id == "cccccc" { #expect(plan.lookAgainAfter == .seconds(60)) }
        }
        let left = harness.cluster.all(Secret.self).map(\.metadata.name).sorted()
        #expect(left == ["bootstrap-token-cccccc", "bootstrap-token-dddddd"])
    }
}
