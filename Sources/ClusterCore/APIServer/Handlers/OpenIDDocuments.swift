import HTTP
package import JSON

/// What others need to check this server's service account tokens.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/serviceaccount/openidmetadata.go`, `pkg/routes/openidmetadata.go`.
package struct OpenIDDocuments: Sendable {
    private let issuer: String
    private let keysURL: String
    private let jwks: JSONValue

    /// - Parameters:
    ///   - serverAddress: `ADDRESS:PORT`, where the keys are served.
    ///   - keys: Public keys as JWKs.
    package init(issuer: String, serverAddress: String, keys: [JSONValue]) {
        self.issuer = issuer
        keysURL = "https://\(serverAddress)/openid/v1/jwks"
        jwks = ["keys": .array(keys)]
    }

    var configuration: HTTPResponse {
        document(
            [
                "issuer": .string(issuer), "jwks_uri": .string(keysURL), "response_types_supported": ["id_token"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["ES256"],
            ], type: "application/json")
    }

    var keys: HTTPResponse { document(jwks, type: "application/jwk-set+json") }

    private func document(_ value: JSONValue, type: String) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: ["content-type": type, "cache-control": "public, max-age=3600"],
            body: .bytes(JSONWriter.write(value)))
    }
}
