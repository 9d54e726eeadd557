import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct LegacyTokenControllerTests {
    let harness = Harness()
    let controller = LegacyTokenController(rootCACertificate: "PEM") { secret, account, uid in
        "token of \(account) \(uid) in \(secret)"
    }

    private func account() -> String {
        harness.cluster.put(ServiceAccount.resource, ["metadata": ["name": "robot", "namespace": "default"]])["metadata"]?[
            "uid"]?.string ?? ""
    }

    private func put(_ data: JSONValue = [:], uid: String? = nil) {
        var annotations: JSONValue = ["kubernetes.io/service-account.name": "robot"]
        annotations["kubernetes.io/service-account.uid"] = uid.map { .string($0) }
        harness.cluster.put(
            Secret.resource,
            [
                "metadata": ["name": "s", "namespace": "default", "annotations": annotations],
                "type": "kubernetes.io/service-account-token", "data": data,
            ])
    }

    private var secret: Secret? { harness.cluster.all(Secret.self).first }

    @Test func `fills in the token, the authority and the namespace, and says whose it is`() async throws {
        let uid = account()
        put(["extra": "eA=="])
        await harness.settle(controller, key("s"))
        let found = try #require(secret)
        let data = found.data.mapValues { String(decoding: $0, as: UTF8.self) }
        #expect(
            data == ["extra": "x", "ca.crt": "PEM", "namespace": "default", "token": "token of robot \(uid) in default/s"])
        #expect(found.metadata.annotations["kubernetes.io/service-account.uid"] == uid)
    }

    @Test func `a token that is there stays, a wrong authority is put right`() async throws {
        put(["token": "bWluZQ==", "ca.crt": "b2xk"], uid: account())
        await harness.settle(controller, key("s"))
        #expect(secret?.data["token"] == Array("mine".utf8) && secret?.data["ca.crt"] == Array("PEM".utf8))
    }

    @Test func `goes with its account, and is no token of another one of that name`() async throws {
        put(uid: "gone")
        await harness.settle(controller, key("s"))
        #expect(secret == nil)
        _ = account()
        put(uid: "gone")
        await harness.settle(controller, key("s"))
        #expect(secret == nil)
    }
}
