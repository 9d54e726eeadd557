import API
import HTTP
import JSON
import PKI
import Testing

@testable import APIServer

@Suite struct TokenAccessTests {
    private static let account = "/api/v1/namespaces/default/serviceaccounts/default"
    private static let review = "/apis/authentication.k8s.io/v1/tokenreviews"
    private static let now: Int64 = 1_800_000_000

    private func token(_ server: ServerFixture, _ spec: JSONValue = [:]) async -> Answer {
        await server.post("\(Self.account)/token", ["spec": spec])
    }

    private func claims(_ answer: Answer) throws -> JSONValue {
        let text = try #require(answer.json["status"]?["token"]?.string, "\(answer.message)")
        let parts = text.split(separator: ".")
        return try JSONParser.parse(try #require(Base64URL.decode(parts[1])))
    }

    private func pod(_ server: ServerFixture, _ name: String = "p") async -> String {
        let answer = await server.post(
            "/api/v1/namespaces/default/pods",
            [
                "metadata": ["name": .string(name)],
                "spec": ["nodeName": "n", "containers": [["name": "c", "image": "i"]]],
            ])
        return answer.json["metadata"]?["uid"]?.string ?? answer.message
    }

    @Test func `a token has upstream's claims and lives as long as asked`() async throws {
        let server = try await ServerFixture.make()
        let answer = await token(server, ["expirationSeconds": 1200, "audiences": ["vault", "api"]])
        #expect(answer.code == 201)
        #expect(answer.json["status"]?["expirationTimestamp"] == "2027-01-15T08:20:00Z")
        let claims = try claims(answer)
        let uid = (await server.get(Self.account)).json["metadata"]?["uid"]
        #expect(claims["aud"] == ["vault", "api"] && claims["sub"] == "system:serviceaccount:default:default")
        #expect(claims["iat"] == .int(Self.now) && claims["nbf"] == .int(Self.now) && claims["exp"] == .int(Self.now + 1200))
        #expect(claims["iss"] == "https://kubernetes.default.svc.cluster.local")
        #expect(claims["jti"]?.string?.count == 36)
        #expect(
            claims["kubernetes.io"] == ["namespace": "default", "serviceaccount": ["name": "default", "uid": uid ?? ""]])
    }

    @Test(arguments: [
        (Int64(599), "may not specify a duration less than 10 minutes"),
        (Int64(1 << 32) + 1, "may not specify a duration larger than 2^32 seconds"),
    ])
    func `a lifetime out of bounds is refused`(seconds: Int64, why: String) async throws {
        let server = try await ServerFixture.make()
        let answer = await token(server, ["expirationSeconds": .int(seconds)])
        #expect(answer.code == 422)
        #expect(
            answer.message
                == "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: \(seconds): \(why)"
        )
    }

    @Test func `a pod's token of an hour and seven seconds lives on for a year`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post("/api/v1/nodes", ["metadata": ["name": "n"]])
        let uid = await pod(server)
        let reference: JSONValue = ["kind": "Pod", "apiVersion": "v1", "name": "p", "uid": .string(uid)]
        let answer = await token(server, ["expirationSeconds": 3607, "boundObjectRef": reference])
        let claims = try claims(answer)
        #expect(claims["exp"] == .int(Self.now + 365 * 24 * 3600))
        let own = claims["kubernetes.io"]
        #expect(own?["warnafter"] == .int(Self.now + 3607))
        #expect(own?["pod"] == ["name": "p", "uid": .string(uid)] && own?["node"]?["name"] == "n")
        #expect(answer.json["status"]?["expirationTimestamp"] == "2027-01-15T09:00:07Z")
        let elsewhere = await token(server, ["expirationSeconds": 3607, "audiences": ["vault"], "boundObjectRef": reference])
        #expect(try self.claims(elsewhere)["exp"] == .int(Self.now + 3607))
    }

    @Test func `a binding that does not fit is refused`() async throws {
        let server = try await ServerFixture.make()
        _ = await pod(server)
        _ = await server.post("/api/v1/namespaces/default/serviceaccounts", ["metadata": ["name": "other"]])
        func ask(_ kind: String, _ name: String, uid: String = "", version: String = "v1", account: String = "default") async
            -> Answer
        {
            await server.post(
                "/api/v1/namespaces/default/serviceaccounts/\(account)/token",
                [
                    "spec": [
                        "boundObjectRef": [
                            "kind": .string(kind), "apiVersion": .string(version), "name": .string(name), "uid": .string(uid),
                        ]
                    ]
                ])
        }
        let type = await ask("Deployment", "d", version: "apps/v1")
        #expect(type.code == 400 && type.message == "cannot bind token to object of type apps/v1, Kind=Deployment")
        let missing = await ask("Secret", "none")
        #expect(missing.code == 404 && missing.message == "secrets \"none\" not found")
        let uid = await ask("Pod", "p", uid: "wrong")
        #expect(uid.code == 409)
        #expect(
            uid.message == "Operation cannot be fulfilled on Pod \"p\": the UID in the bound object reference (wrong) does not "
                + "match the UID in record. The object might have been deleted and then recreated")
        let account = await ask("Pod", "p", account: "other")
        #expect(
            account.code == 400
                && account.message
                    == "cannot bind token for serviceaccount \"other\" to pod running with different serviceaccount name."
        )
    }

    @Test func `a token out of a Secret is good for as long as the Secret holds it`() async throws {
        let server = try await ServerFixture.make()
        let uid = (await server.get(Self.account)).json["metadata"]?["uid"]?.string ?? ""
        let signer = try TokenSigner(privateKeyPEM: ServerFixture.tokenKeyPEM)
        let claims = LegacyTokenClaims(namespace: "default", secret: "s", account: .init(name: "default", uid: uid))
        let token = try signer.sign(payload: claims.json)
        func user(_ audiences: JSONValue = []) async -> JSONValue? {
            let answer = await server.post(Self.review, ["spec": ["token": .string(token), "audiences": audiences]])
            return answer.json["status"]
        }
        let secrets = "/api/v1/namespaces/default/secrets"
        #expect(await user()?["error"]?.string?.hasSuffix("service account token has been invalidated]") == true)
        let made = await server.post(
            secrets,
            [
                "metadata": ["name": "s", "annotations": ["kubernetes.io/service-account.name": "default"]],
                "type": "kubernetes.io/service-account-token",
                "data": ["token": .string(Base64.encode(Array(token.utf8)))],
            ])
        #expect(made.code == 201, "\(made.message)")
        let known = await user()
        #expect(known?["authenticated"] == true && known?["user"]?["username"] == "system:serviceaccount:default:default")
        #expect(known?["user"]?["uid"]?.string == uid)
        #expect(await user(["vault"])?["authenticated"] != true)
        #expect((await server.send("GET", "/version", token: token)).status != 401)
        _ = await server.patch("\(secrets)/s", ["data": ["token": "b3RoZXI="]])
        #expect((await server.send("GET", "/version", token: token)).status == 401)
    }

    @Test func `a token lets in, and names pod and node`() async throws {
        let server = try await ServerFixture.make()
        await server.bootstrapRoles()
        let node = await server.post("/api/v1/nodes", ["metadata": ["name": "n"]])
        let uid = await pod(server)
        let answer = await token(server, ["boundObjectRef": ["kind": "Pod", "apiVersion": "v1", "name": "p"]])
        let text = answer.json["status"]?["token"]?.string ?? ""
        let who = Answer(
            await server.send(
                "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: Array("{}".utf8),
                headers: ["content-type": "application/json"], token: text))
        #expect(who.code == 201, "\(who.message)")
        let user = who.json["status"]?["userInfo"]
        #expect(user?["username"] == "system:serviceaccount:default:default")
        #expect(
            user?["groups"] == ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"])
        let extra = user?["extra"]
        #expect(extra?["authentication.kubernetes.io/pod-uid"] == [.string(uid)])
        #expect(extra?["authentication.kubernetes.io/node-uid"] == [node.json["metadata"]?["uid"] ?? ""])
        #expect(extra?["authentication.kubernetes.io/credential-id"]?[0]?.string?.hasPrefix("JTI=") ?? false)
    }

    @Test func `a token ends with what it is bound to`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post("/api/v1/namespaces/default/secrets", ["metadata": ["name": "s"]])
        let answer = await token(server, ["boundObjectRef": ["kind": "Secret", "apiVersion": "v1", "name": "s"]])
        let spec: JSONValue = ["token": answer.json["status"]?["token"] ?? ""]
        let before = await server.post(Self.review, ["spec": spec])
        #expect(before.json["status"]?["authenticated"] == true, "\(before.json)")
        #expect(before.json["status"]?["audiences"] == ["https://kubernetes.default.svc.cluster.local"])
        _ = await server.delete("/api/v1/namespaces/default/secrets/s")
        let after = await server.post(Self.review, ["spec": spec])
        #expect(
            after.json["status"] == [
                "user": [:], "error": "[invalid bearer token, service account token has been invalidated]",
            ])
        // The same name, another object.
        _ = await server.post("/api/v1/namespaces/default/secrets", ["metadata": ["name": "s"]])
        let again = await server.post(Self.review, ["spec": spec])
        #expect(again.json["status"]?["error"]?.string?.contains("does not match service account secret ref claim") ?? false)
    }

    @Test func `a review is for the audiences that are asked for`() async throws {
        let server = try await ServerFixture.make()
        let answer = await token(server, ["audiences": ["vault", "db"]])
        let text = answer.json["status"]?["token"] ?? ""
        let own = await server.post(Self.review, ["spec": ["token": text]])
        #expect(
            own.json["status"]?["error"]
                == .string(
                    "[invalid bearer token, token audiences [\"vault\" \"db\"] is invalid for the target audiences "
                        + "[\"https://kubernetes.default.svc.cluster.local\"]]"))
        let vault = await server.post(Self.review, ["spec": ["token": text, "audiences": ["x", "db"]]])
        #expect(vault.json["status"]?["audiences"] == ["db"])
        let garbage = await server.post(Self.review, ["spec": ["token": "garbage"]])
        #expect(garbage.json["status"] == ["user": [:], "error": "invalid bearer token"])
        let empty = await server.post(Self.review, ["spec": [:]])
        #expect(empty.code == 400 && empty.message == "token is required for TokenReview in authentication")
    }

    struct Bootstrap: Sendable {
        var change: [String: String] = [:]
        var isValid = false
    }

    @Test(arguments: [
        Bootstrap(isValid: true), Bootstrap(change: ["expiration": "2027-01-15T08:00:00Z"]),
        Bootstrap(change: ["expiration": "2027-01-15T08:00:01Z"], isValid: true), Bootstrap(change: ["expiration": "soon"]),
        Bootstrap(change: ["usage-bootstrap-authentication": "false"]), Bootstrap(change: ["token-id": "zzzzzz"]),
        Bootstrap(change: ["token-secret": "0000000000000000"]), Bootstrap(change: ["auth-extra-groups": "system:masters"]),
    ])
    func `a bootstrap token is as good as its secret`(bootstrap: Bootstrap) async throws {
        let server = try await ServerFixture.make()
        let data = [
            "token-id": "abcdef", "token-secret": "0123456789abcdef", "usage-bootstrap-authentication": "true",
            "auth-extra-groups": "system:bootstrappers:workers",
        ].merging(bootstrap.change) { $1 }
        let made = await server.post(
            "/api/v1/namespaces/kube-system/secrets",
            [
                "metadata": ["name": "bootstrap-token-abcdef"], "type": "bootstrap.kubernetes.io/token",
                "data": JSONValue(data.mapValues { Base64.encode(Array($0.utf8)) }),
            ])
        #expect(made.code == 201, "\(made.message)")
        let answer = await server.post(Self.review, ["spec": ["token": "abcdef.0123456789abcdef"]])
        guard bootstrap.isValid else {
            #expect(answer.json["status"]?["authenticated"] == nil)
            return
        }
        #expect(
            answer.json["status"]?["user"] == [
                "username": "system:bootstrap:abcdef",
                "groups": ["system:bootstrappers", "system:bootstrappers:workers", "system:authenticated"],
            ])
    }

    @Test func `the keys that check tokens are served`() async throws {
        let server = try await ServerFixture.make()
        await server.bootstrapRoles()
        let text = (await token(server)).json["status"]?["token"]?.string ?? ""
        let configuration = Answer(await server.send("GET", "/.well-known/openid-configuration", token: text))
        #expect(configuration.code == 200 && configuration.headers["content-type"] == "application/json")
        #expect(
            configuration.json == [
                "issuer": "https://kubernetes.default.svc.cluster.local", "jwks_uri": "https://127.0.0.1:6443/openid/v1/jwks",
                "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
            ])
        let keys = Answer(await server.send("GET", "/openid/v1/jwks", token: text))
        #expect(keys.headers["content-type"] == "application/jwk-set+json")
        let header = try JSONParser.parse(try #require(Base64URL.decode(text.split(separator: ".")[0])))
        let key = keys.json["keys"]?[0]
        #expect(key?["kid"] == header["kid"] && key?["kty"] == "EC" && key?["crv"] == "P-256" && key?["use"] == "sig")
        #expect(key?["x"]?.string.flatMap { Base64URL.decode($0) }?.count == 32)
        #expect((await server.send("GET", "/openid/v1/jwks", token: ServerFixture.nobodyToken)).status == 403)
    }
}
