package import JSON

/// What a service account token says.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/serviceaccount/claims.go`.
package struct ServiceAccountClaims: Hashable, Sendable {
    /// A name and the uid it had when the token was made.
    package struct Reference: Hashable, Sendable {
        package var name: String
        package var uid: String

        package init(name: String, uid: String) {
            self.name = name
            self.uid = uid
        }
    }

    package var issuer: String
    package var audiences: [String]
    package var namespace: String
    package var serviceAccount: Reference
    /// The token ends with this pod.
    package var pod: Reference?
    package var node: Reference?
    package var secret: Reference?
    /// Unix seconds.
    package var issuedAt: Int64
    package var notBefore: Int64
    package var expiresAt: Int64
    /// The lifetime that was asked for has passed, though the token still works; nil: the same as its end.
    package var warnAfter: Int64?
    /// Unique per token.
    package var identifier: String

    package init(
        issuer: String, audiences: [String], namespace: String, serviceAccount: Reference, pod: Reference? = nil,
        node: Reference? = nil, secret: Reference? = nil, issuedAt: Int64, lifetime: Int64, identifier: String
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.namespace = namespace
        self.serviceAccount = serviceAccount
        self.pod = pod
        self.node = node
        self.secret = secret
        self.issuedAt = issuedAt
        notBefore = issuedAt
        expiresAt = issuedAt + lifetime
        self.identifier = identifier
    }

    /// `system:serviceaccount:NAMESPACE:NAME`, the user's name.
    package var subject: String { "system:serviceaccount:\(namespace):\(serviceAccount.name)" }

    package var json: JSONValue {
        var kubernetes: JSONValue = ["namespace": .string(namespace), "serviceaccount": Self.json(serviceAccount)]
        if let pod { kubernetes["pod"] = Self.json(pod) }
        if let node { kubernetes["node"] = Self.json(node) }
        if let secret { kubernetes["secret"] = Self.json(secret) }
        if let warnAfter { kubernetes["warnafter"] = .int(warnAfter) }
        return [
            "aud": JSONValue(audiences), "exp": .int(expiresAt), "iat": .int(issuedAt), "iss": .string(issuer),
            "jti": .string(identifier), "kubernetes.io": kubernetes, "nbf": .int(notBefore), "sub": .string(subject),
        ]
    }

    /// Nil when a claim that every such token has is absent.
    package init?(json: JSONValue) {
        guard let issuer = json["iss"]?.string, let expiresAt = json["exp"]?.int, let own = json["kubernetes.io"],
            let namespace = own["namespace"]?.string, let account = Self.reference(own["serviceaccount"])
        else { return nil }
        let audiences: [String]
        switch json["aud"] {
        case .string(let one): audiences = [one]
        case .array(let several): audiences = several.compactMap(\.string)
        default: return nil
        }
        self.issuer = issuer
        self.audiences = audiences
        self.namespace = namespace
        serviceAccount = account
        pod = Self.reference(own["pod"])
        node = Self.reference(own["node"])
        secret = Self.reference(own["secret"])
        issuedAt = json["iat"]?.int ?? 0
        notBefore = json["nbf"]?.int ?? 0
        self.expiresAt = expiresAt
        warnAfter = own["warnafter"]?.int
        identifier = json["jti"]?.string ?? ""
        guard json["sub"]?.string == subject else { return nil }
    }

    private static func json(_ reference: Reference) -> JSONValue {
        ["name": .string(reference.name), "uid": .string(reference.uid)]
    }

    private static func reference(_ json: JSONValue?) -> Reference? {
        guard let name = json?["name"]?.string else { return nil }
        return Reference(name: name, uid: json?["uid"]?.string ?? "")
    }
}
