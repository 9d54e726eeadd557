package import JSON

/// What a token says that lies in a Secret: no end, no audience, bound to the Secret.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/serviceaccount/legacy.go`.
package struct LegacyTokenClaims: Hashable, Sendable {
    package static let issuer = "kubernetes/serviceaccount"
    private static let prefix = "kubernetes.io/serviceaccount/"

    package var namespace: String
    package var secret: String
    package var account: ServiceAccountClaims.Reference

    package init(namespace: String, secret: String, account: ServiceAccountClaims.Reference) {
        self.namespace = namespace
        self.secret = secret
        self.account = account
    }

    /// `system:serviceaccount:NAMESPACE:NAME`, the user's name.
    package var subject: String { "system:serviceaccount:\(namespace):\(account.name)" }

    package var json: JSONValue {
        [
            "iss": .string(Self.issuer), "\(Self.prefix)namespace": .string(namespace),
            "\(Self.prefix)secret.name": .string(secret), "\(Self.prefix)service-account.name": .string(account.name),
            "\(Self.prefix)service-account.uid": .string(account.uid), "sub": .string(subject),
        ]
    }

    /// Nil for the claims of another kind of token.
    package init?(json: JSONValue) {
        func text(_ name: String) -> String? { json["\(Self.prefix)\(name)"]?.string }
        guard json["iss"]?.string == Self.issuer, let namespace = text("namespace"), let secret = text("secret.name"),
            let name = text("service-account.name"), let uid = text("service-account.uid")
        else { return nil }
        self.init(namespace: namespace, secret: secret, account: .init(name: name, uid: uid))
        guard json["sub"]?.string == subject else { return nil }
    }
}
