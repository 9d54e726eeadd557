import Crypto

/// A signature of a text that does not hold the text: a JWS in compact form with an empty middle.
///
/// - SeeAlso: RFC 7515 appendix F; Kubernetes 1.36 `cluster-bootstrap/token/jws/jws.go`.
package enum DetachedSignature {
    /// HMAC with SHA-256.
    ///
    /// - Parameter keyID: Letters and digits.
    package static func hs256(_ text: String, keyID: String, secret: String) -> String {
        let header = Base64URL.encode(Array("{\"alg\":\"HS256\",\"kid\":\"\(keyID)\"}".utf8))
        let signed = "\(header).\(Base64URL.encode(Array(text.utf8)))"
        let code = HMAC<SHA256>.authenticationCode(for: Array(signed.utf8), using: SymmetricKey(data: Array(secret.utf8)))
        return "\(header)..\(Base64URL.encode(Array(code)))"
    }
}
