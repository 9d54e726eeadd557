import Testing

@testable import PKI

@Suite struct TokenTests {
    private let issuer = "https://kubernetes.default.svc.cluster.local"

    private func claims(at now: Int64) -> ServiceAccountClaims {
        ServiceAccountClaims(
            issuer: issuer, audiences: ["api"], namespace: "team", serviceAccount: .init(name: "robot", uid: "u-1"),
            pod: .init(name: "web-0", uid: "u-2"), issuedAt: now, lifetime: 3600, identifier: "j-1")
    }

    @Test func `a signed token says what was signed`() throws {
        let signer = try TokenSigner(privateKeyPEM: TokenSigner.makePrivateKeyPEM())
        let verifier = try TokenVerifier(publicKeyPEMs: [signer.publicKeyPEM], issuer: issuer)
        let token = try signer.sign(claims(at: 1000))
        let read = try verifier.verify(token, audiences: ["api"], now: 2000)
        #expect(read == claims(at: 1000))
        #expect(read.subject == "system:serviceaccount:team:robot")
    }

    @Test func `a token is refused for its time, audience, issuer and key`() throws {
        let signer = try TokenSigner(privateKeyPEM: TokenSigner.makePrivateKeyPEM())
        let verifier = try TokenVerifier(publicKeyPEMs: [signer.publicKeyPEM], issuer: issuer)
        let token = try signer.sign(claims(at: 1000))
        #expect(throws: TokenVerifier.Refusal.expired) { try verifier.verify(token, audiences: ["api"], now: 4600) }
        #expect(throws: TokenVerifier.Refusal.notYetValid) { try verifier.verify(token, audiences: ["api"], now: 900) }
        #expect(throws: TokenVerifier.Refusal.wrongAudience(["api"])) {
            try verifier.verify(token, audiences: ["vault"], now: 2000)
        }
        let elsewhere = try TokenVerifier(publicKeyPEMs: [signer.publicKeyPEM], issuer: "other")
        #expect(throws: TokenVerifier.Refusal.wrongIssuer(issuer)) {
            try elsewhere.verify(token, audiences: ["api"], now: 2000)
        }
        let stranger = try TokenSigner(privateKeyPEM: TokenSigner.makePrivateKeyPEM())
        let distrustful = try TokenVerifier(publicKeyPEMs: [stranger.publicKeyPEM], issuer: issuer)
        #expect(throws: TokenVerifier.Refusal.unknownKey) {
            try distrustful.verify(token, audiences: ["api"], now: 2000)
        }
    }

    @Test func `a changed payload has a bad signature`() throws {
        let signer = try TokenSigner(privateKeyPEM: TokenSigner.makePrivateKeyPEM())
        let verifier = try TokenVerifier(publicKeyPEMs: [signer.publicKeyPEM], issuer: issuer)
        var parts = try signer.sign(claims(at: 1000)).split(separator: ".").map(String.init)
        var other = claims(at: 1000)
        other.namespace = "kube-system"
        parts[1] = try signer.sign(other).split(separator: ".").map(String.init)[1]
        #expect(throws: TokenVerifier.Refusal.badSignature) {
            try verifier.verify(parts.joined(separator: "."), audiences: ["api"], now: 2000)
        }
    }

    @Test(arguments: ["", "a.b", "a.b.c", "....", "e30.e30.e30"])
    func `text that is no token is malformed`(text: String) throws {
        let verifier = try TokenVerifier(publicKeyPEMs: [], issuer: issuer)
        #expect(throws: TokenVerifier.Refusal.malformed) { try verifier.verify(text, audiences: [], now: 0) }
    }

    @Test(arguments: [[], [0], [0, 1], [0xff, 0xfe, 0xfd], [1, 2, 3, 4]] as [[UInt8]])
    func `base 64 goes both ways`(bytes: [UInt8]) {
        #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
}
