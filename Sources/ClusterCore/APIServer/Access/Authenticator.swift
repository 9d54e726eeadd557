package import API
package import HTTP
import Machinery
package import PKI
import Synchronization

/// Finds out who sent a request: client certificate, then bearer token, then nobody.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/authentication/request`.
package final class Authenticator: Sendable {
    private let staticTokens: [String: User]
    private let verifier: TokenVerifier
    private let audiences: [String]
    private let caches: CacheSet
    private let identities = Mutex<[[UInt8]: User]>([:])

    /// Certificates whose reading is remembered; beyond it the memory starts anew.
    private static let identitiesMax = 4096

    package init(staticTokens: [String: User], verifier: TokenVerifier, audiences: [String], caches: CacheSet) {
        self.staticTokens = staticTokens
        self.verifier = verifier
        self.audiences = audiences
        self.caches = caches
    }

    package func authenticate(_ request: HTTPRequest, now: Timestamp) throws(Status) -> User {
        if let certificate = request.peerCertificate, let user = user(of: certificate) { return user }
        guard let header = request.headers["authorization"] else { return .anonymous }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return .anonymous }
        guard let user = user(token: parts[1].trimmed, audiences: audiences, now: now) else { throw APIErrors.unauthorized }
        return user
    }

    /// The user of a token; nil when it is not valid for any of the audiences.
    package func user(token: String, audiences: [String], now: Timestamp) -> User? {
        if let user = staticTokens[token] { return user }
        guard let claims = try? verifier.verify(token, audiences: audiences, now: now.seconds), isAlive(claims) else {
            return nil
        }
        return Self.user(of: claims)
    }

    private func user(of certificate: [UInt8]) -> User? {
        if let known = identities.withLock({ $0[certificate] }) { return known }
        guard let identity = PeerIdentity(der: certificate), !identity.commonName.isEmpty else { return nil }
        let user = User(name: identity.commonName, groups: identity.organizations + ["system:authenticated"])
        identities.withLock { known in
            if known.count >= Self.identitiesMax { known = [:] }
            known[certificate] = user
        }
        return user
    }

    /// Whether the account, and the pod that the token is bound to, still exist with the same uid.
    private func isAlive(_ claims: ServiceAccountClaims) -> Bool {
        func exists(_ resource: String, _ reference: ServiceAccountClaims.Reference) -> Bool {
            let gvr = GroupVersionResource(group: "", version: "v1", resource: resource)
            let key = NamespacedName(namespace: claims.namespace, name: reference.name)
            return caches[gvr]?.get(key)?.header.uid == reference.uid
        }
        guard exists("serviceaccounts", claims.serviceAccount) else { return false }
        return claims.pod.map { exists("pods", $0) } ?? true
    }

    private static func user(of claims: ServiceAccountClaims) -> User {
        var extra: [String: [String]] = ["authentication.kubernetes.io/credential-id": ["JTI=\(claims.identifier)"]]
        if let pod = claims.pod {
            extra["authentication.kubernetes.io/pod-name"] = [pod.name]
            extra["authentication.kubernetes.io/pod-uid"] = [pod.uid]
        }
        if let node = claims.node {
            extra["authentication.kubernetes.io/node-name"] = [node.name]
            extra["authentication.kubernetes.io/node-uid"] = [node.uid]
        }
        return User(
            name: claims.subject, uid: claims.serviceAccount.uid,
            groups: [
                "system:serviceaccounts", "system:serviceaccounts:\(claims.namespace)", "system:authenticated",
            ], extra: extra)
    }
}
