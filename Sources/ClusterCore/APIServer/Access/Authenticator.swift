import API
import HTTP
import Machinery
package import PKI
import Synchronization

/// Finds out who sent a request: a proxy's word, client certificate, then bearer token, then nobody.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubeapiserver/authenticator/config.go`, `apiserver/pkg/authentication/request`.
package final class Authenticator: Sendable {
    /// Who sent a request, and what the audit log should know about how they showed it.
    struct Sender: Sendable {
        var user: User
        var annotations: [String: String] = [:]
    }

    private let staticTokens: [String: User]
    private let serviceAccounts: ServiceAccountTokens
    private let bootstrap: BootstrapTokens
    /// Audiences of a token that names none: this server's.
    let audiences: [String]
    /// Nil: no proxy is believed.
    private let proxies: RequestHeaderTrust?
    private let identities = Mutex<[[UInt8]: User]>([:])

    /// Certificates whose reading is remembered; beyond it the memory starts anew.
    private static let identitiesMax = 4096

    package init(
        staticTokens: [String: User], verifier: TokenVerifier, audiences: [String], caches: CacheSet,
        proxies: RequestHeaderTrust? = nil
    ) {
        self.proxies = proxies
        self.staticTokens = staticTokens
        self.audiences = audiences
        serviceAccounts = ServiceAccountTokens(verifier: verifier, caches: caches, ownAudiences: audiences)
        bootstrap = BootstrapTokens(caches: caches)
    }

    func authenticate(_ request: HTTPRequest, now: Timestamp) throws(Status) -> Sender {
        if let user = proxies?.user(request) { return Sender(user: user) }
        if let certificate = request.peerCertificate, proxies?.isClient(certificate) ?? true, let user = user(of: certificate) {
            return Sender(user: user)
        }
        guard let header = request.headers["authorization"] else { return Sender(user: .anonymous) }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return Sender(user: .anonymous) }
        do throws(ServiceAccountTokens.Refusal) {
            let holder = try holder(of: parts[1].trimmed, audiences: audiences, now: now)
            guard let stale = holder.staleSeconds else { return Sender(user: holder.user) }
            return Sender(
                user: holder.user,
                annotations: [
                    "authentication.k8s.io/stale-token":
                        "subject: \(holder.user.name), seconds after warning threshold: \(stale)"
                ])
        } catch {
            throw APIErrors.unauthorized
        }
    }

    /// Who holds a token, and which of the audiences it is for.
    func holder(
        of token: String, audiences: [String], now: Timestamp
    ) throws(ServiceAccountTokens.Refusal) -> ServiceAccountTokens.Holder {
        let simple = staticTokens[token] ?? bootstrap.user(token, now: now)
        if let user = simple {
            let own = audiences.filter(self.audiences.contains)
            guard !own.isEmpty else { throw ServiceAccountTokens.Refusal(reason: "") }
            return ServiceAccountTokens.Holder(user: user, audiences: own)
        }
        return try serviceAccounts.verify(token, audiences: audiences, now: now)
    }

    private func user(of certificate: [UInt8]) -> User? {
        if let known = identities.withLock({ $0[certificate] }) { return known }
        guard let identity = PeerIdentity(der: certificate), !identity.commonName.isEmpty else { return nil }
        let user = User(
            name: identity.commonName, uid: identity.uid, groups: identity.organizations + [User.authenticatedGroup],
            extra: ["authentication.kubernetes.io/credential-id": ["X509SHA256=\(PeerIdentity.fingerprint(der: certificate))"]])
        identities.withLock { known in
            if known.count >= Self.identitiesMax { known = [:] }
            known[certificate] = user
        }
        return user
    }
}
