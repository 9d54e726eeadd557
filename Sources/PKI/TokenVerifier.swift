import Crypto
import JSON

/// Checks service account tokens against the keys that may sign them.
package struct TokenVerifier: Sendable {
    /// Why a token is not believed.
    package enum Refusal: Error, Hashable, Sendable {
        case malformed
        case unknownKey
        case badSignature
        case wrongIssuer(String)
        case wrongAudience([String])
        case expired
        case notYetValid
    }

    private let keys: [String: P256.Signing.PublicKey]
    private let issuer: String

    package init(publicKeyPEMs: [String], issuer: String) throws(PKIError) {
        var keys: [String: P256.Signing.PublicKey] = [:]
        for pem in publicKeyPEMs {
            do {
                let key = try P256.Signing.PublicKey(pemRepresentation: pem)
                keys[TokenSigner.keyID(of: key)] = key
            } catch {
                throw PKIError.malformedKey("\(error)")
            }
        }
        self.keys = keys
        self.issuer = issuer
    }

    /// Checks form, signature, issuer, time and that the token is meant for one of `audiences`.
    ///
    /// Whether the account still exists is for the caller to check.
    package func verify(_ token: String, audiences: [String], now: Int64) throws(Refusal) -> ServiceAccountClaims {
        let payload = try payload(of: token)
        if let found = payload["iss"]?.string, found != issuer { throw Refusal.wrongIssuer(found) }
        guard let claims = ServiceAccountClaims(json: payload) else { throw Refusal.malformed }
        guard now < claims.expiresAt else { throw Refusal.expired }
        guard now >= claims.notBefore - Self.leewaySeconds else { throw Refusal.notYetValid }
        guard claims.audiences.contains(where: audiences.contains) else { throw Refusal.wrongAudience(claims.audiences) }
        return claims
    }

    /// Checks form, signature and issuer of a token that lies in a Secret. Whether it still does is for the caller to check.
    package func verifyLegacy(_ token: String) throws(Refusal) -> LegacyTokenClaims {
        let payload = try payload(of: token)
        guard let claims = LegacyTokenClaims(json: payload) else { throw Refusal.malformed }
        return claims
    }

    /// What a token says, if one of the keys signed it.
    private func payload(of token: String) throws(Refusal) -> JSONValue {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let headerBytes = Base64URL.decode(parts[0]), let payloadBytes = Base64URL.decode(parts[1]),
            let signatureBytes = Base64URL.decode(parts[2]), let header = try? JSONParser.parse(headerBytes),
            header["alg"]?.string == "ES256"
        else { throw Refusal.malformed }
        guard let key = keys[header["kid"]?.string ?? ""] else { throw Refusal.unknownKey }
        let signed = Array(token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signatureBytes),
            key.isValidSignature(signature, for: signed)
        else { throw Refusal.badSignature }
        guard let payload = try? JSONParser.parse(payloadBytes) else { throw Refusal.malformed }
        return payload
    }

    /// Clocks differ: a token may be this much early.
    private static let leewaySeconds: Int64 = 60
}
