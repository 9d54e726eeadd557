import Crypto
package import JSON

/// Signs service account tokens: JWTs with ES256.
package struct TokenSigner: Sendable {
    /// Names the key in a token's header.
    package let keyID: String
    /// What a verifier needs.
    package let publicKeyPEM: String
    private let key: P256.Signing.PrivateKey

    package init(privateKeyPEM: String) throws(PKIError) {
        do {
            key = try P256.Signing.PrivateKey(pemRepresentation: privateKeyPEM)
        } catch {
            throw PKIError.malformedKey("\(error)")
        }
        keyID = Self.keyID(of: key.publicKey)
        publicKeyPEM = key.publicKey.pemRepresentation
    }

    /// A new P-256 key as PEM, to be kept beside the authority's.
    package static func makePrivateKeyPEM() -> String { P256.Signing.PrivateKey().pemRepresentation + "\n" }

    package func sign(_ claims: ServiceAccountClaims) throws(PKIError) -> String { try sign(payload: claims.json) }

    package func sign(payload: JSONValue) throws(PKIError) -> String {
        let header: JSONValue = ["alg": "ES256", "kid": .string(keyID), "typ": "JWT"]
        let text = Base64URL.encode(JSONWriter.write(header)) + "." + Base64URL.encode(JSONWriter.write(payload))
        do {
            let signature = try key.signature(for: Array(text.utf8))
            return text + "." + Base64URL.encode(Array(signature.rawRepresentation))
        } catch {
            throw PKIError.signing("\(error)")
        }
    }

    /// The public key for those who check tokens elsewhere (RFC 7517).
    package var publicJWK: JSONValue {
        let point = Array(key.publicKey.rawRepresentation)
        return [
            "use": "sig", "kty": "EC", "kid": .string(keyID), "crv": "P-256", "alg": "ES256",
            "x": .string(Base64URL.encode(point.prefix(point.count / 2))),
            "y": .string(Base64URL.encode(point.suffix(point.count / 2))),
        ]
    }

    /// The hash of the public key, as upstream names its keys (`pkg/serviceaccount/jwt.go`, `keyIDFromPublicKey`).
    static func keyID(of key: P256.Signing.PublicKey) -> String {
        Base64URL.encode(Array(SHA256.hash(data: key.derRepresentation)))
    }
}
