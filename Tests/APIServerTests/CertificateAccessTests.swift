import API
import HTTP
import JSON
import PKI
import Testing

@testable import APIServer

@Suite struct CertificateAccessTests {
    private static let path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"

    private func request(_ name: String, signer: String, organizations: [String] = ["devs"]) throws -> JSONValue {
        let made = try SigningRequest.make(commonName: "bob", organizations: organizations)
        return [
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": ["name": .string(name)],
            "spec": [
                "request": .string(Base64.encode(Array(made.requestPEM.utf8))), "signerName": .string(signer),
                "usages": ["client auth"], "username": "somebody else", "groups": ["system:masters"],
            ],
        ]
    }

    /// A user with these rules.
    private func grant(_ server: ServerFixture, _ user: String, _ rules: [JSONValue]) async {
        let rbac = "/apis/rbac.authorization.k8s.io/v1"
        _ = await server.post("\(rbac)/clusterroles", ["metadata": ["name": .string(user)], "rules": .array(rules)])
        _ = await server.post(
            "\(rbac)/clusterrolebindings",
            [
                "metadata": ["name": .string(user)],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(user)],
                "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": .string(user)]],
            ])
    }

    @Test func `a request says who sent it, whatever it claims`() async throws {
        let server = try await ServerFixture.make()
        let answer = await server.asUser(
            "carol", "POST", Self.path, try request("r", signer: "example.com/s"), groups: ["system:masters"])
        #expect(answer.code == 201, "\(answer.message)")
        let spec = answer.json["spec"]
        #expect(spec?["username"] == "carol" && spec?["groups"] == ["system:masters", "system:authenticated"])
    }

    @Test func `nobody gets a certificate of the masters' group`() async throws {
        let server = try await ServerFixture.make()
        let refused = await server.post(
            Self.path,
            try request("r", signer: "kubernetes.io/kube-apiserver-client", organizations: ["system:masters"]))
        #expect(refused.code == 403)
        #expect(
            refused.message == "certificatesigningrequests.certificates.k8s.io \"r\" is forbidden: use of "
                + "kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed")
    }

    @Test func `approving and signing are rights of their own`() async throws {
        let server = try await ServerFixture.make()
        let all: JSONValue = [
            "apiGroups": ["certificates.k8s.io"], "verbs": ["*"],
            "resources": [
                "certificatesigningrequests", "certificatesigningrequests/approval", "certificatesigningrequests/status",
            ],
        ]
        await grant(server, "clerk", [all])
        let signers: JSONValue = [
            "apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "resourceNames": ["example.com/*"],
            "verbs": ["approve"],
        ]
        await grant(server, "approver", [all, signers])
        _ = await server.post(Self.path, try request("r", signer: "example.com/s"))
        let approval: JSONValue = ["status": ["conditions": [["type": "Approved", "status": "True", "reason": "Ok"]]]]
        let refused = await server.patchAs("clerk", "\(Self.path)/r/approval", approval)
        #expect(refused.code == 403)
        #expect(
            refused.message == "certificatesigningrequests.certificates.k8s.io \"r\" is forbidden: user not permitted to approve "
                + "requests with signerName \"example.com/s\"")
        let approved = await server.patchAs("approver", "\(Self.path)/r/approval", approval)
        #expect(approved.code == 200, "\(approved.message)")
        let condition = approved.json["status"]?["conditions"]?[0]
        #expect(condition?["lastUpdateTime"] == "2027-01-15T08:00:00Z" && condition?["lastTransitionTime"] != nil)
        let signed = await server.patchAs(
            "approver", "\(Self.path)/r/status", ["status": ["conditions": [["type": "Failed", "status": "True"]]]])
        #expect(
            signed.message == "certificatesigningrequests.certificates.k8s.io \"r\" is forbidden: user not permitted to sign "
                + "requests with signerName \"example.com/s\"")
    }

    @Test func `what was decided stays decided`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(Self.path, try request("r", signer: "example.com/s"))
        func approve(_ conditions: JSONValue) async -> Answer {
            await server.patch("\(Self.path)/r/approval", ["status": ["conditions": conditions]])
        }
        let approved: JSONValue = ["type": "Approved", "status": "True"]
        #expect((await approve([approved, ["type": "Denied", "status": "True"]])).code == 422)
        #expect((await approve([["type": "Approved", "status": "False"]])).code == 422)
        #expect((await approve([approved])).code == 200)
        let removed = await approve([])
        #expect(removed.code == 422)
        #expect(removed.message.contains("updates may not remove a condition of type \"Approved\""), "\(removed.message)")
        // Nothing but the conditions is written.
        let other = await server.patch(
            "\(Self.path)/r/approval",
            ["spec": ["signerName": "a.b/c"], "status": ["conditions": [approved, ["type": "Mine", "status": "True"]]]])
        #expect(other.code == 200 && other.json["spec"]?["signerName"] == "example.com/s", "\(other.message)")
    }
}
