import API
import JSON
import PKI

/// Believes service account tokens as long as the account, and what the token is bound to, live on with the same uid.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/serviceaccount/{jwt,claims}.go`.
struct ServiceAccountTokens: Sendable {
    /// Who a token says its holder is, and which of the wanted audiences it is for.
    struct Holder: Sendable {
        var user: User
        var audiences: [String]
        /// Seconds since the lifetime that was asked for has passed; nil: it has not.
        var staleSeconds: Int64?
    }

    /// Why a token is not believed; empty when it is no token of this issuer at all.
    struct Refusal: Error, Hashable, Sendable {
        var reason: String
    }

    let verifier: TokenVerifier
    let caches: CacheSet
    /// Of tokens that name none: this server's.
    let ownAudiences: [String]

    /// What was deleted so many seconds ago is taken for gone, though it waits for its end.
    private static let deletionLeewaySeconds: Int64 = 60

    func verify(_ token: String, audiences: [String], now: Timestamp) throws(Refusal) -> Holder {
        let claims: ServiceAccountClaims
        do throws(TokenVerifier.Refusal) {
            claims = try verifier.verify(token, audiences: audiences, now: now.seconds)
        } catch {
            if case .wrongIssuer(LegacyTokenClaims.issuer) = error { return try verifyLegacy(token, audiences, now) }
            throw Refusal(reason: Self.words(error, audiences))
        }
        try checkAccount(claims.serviceAccount, claims.namespace, now)
        if let secret = claims.secret { try check("secrets", secret, claims.namespace, "secret", now) }
        if let pod = claims.pod {
            try check("pods", pod, claims.namespace, "pod", now)
        } else if let node = claims.node {
            try check("nodes", node, "", "node", now)
        }
        let stale = claims.warnAfter.map { now.seconds - $0 }.flatMap { $0 > 0 ? $0 : nil }
        return Holder(
            user: Self.user(of: claims), audiences: claims.audiences.filter(audiences.contains), staleSeconds: stale)
    }

    private static func words(_ refusal: TokenVerifier.Refusal, _ audiences: [String]) -> String {
        switch refusal {
        case .malformed, .unknownKey, .badSignature, .wrongIssuer: ""
        case .expired: "service account token has expired"
        case .notYetValid: "service account token is not valid yet"
        case .wrongAudience(let found):
            "token audiences \(PolicyRule.quoted(found)) is invalid for the target audiences \(PolicyRule.quoted(audiences))"
        }
    }

    /// A token out of a Secret is good for as long as the Secret holds it.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/serviceaccount/legacy.go`, `Validate`.
    private func verifyLegacy(_ token: String, _ audiences: [String], _ now: Timestamp) throws(Refusal) -> Holder {
        let claims: LegacyTokenClaims
        do throws(TokenVerifier.Refusal) {
            claims = try verifier.verifyLegacy(token)
        } catch {
            throw Refusal(reason: "")
        }
        let own = audiences.filter(ownAudiences.contains)
        guard !own.isEmpty else { throw Refusal(reason: Self.words(.wrongAudience(ownAudiences), audiences)) }
        guard let found = find("secrets", claims.secret, claims.namespace), !Self.isDeleted(found, now),
            Secret(json: found.object).data["token"] == Array(token.utf8)
        else { throw Refusal(reason: "service account token has been invalidated") }
        try checkAccount(claims.account, claims.namespace, now)
        return Holder(
            user: User(
                name: claims.subject, uid: claims.account.uid,
                groups: ["system:serviceaccounts", "system:serviceaccounts:\(claims.namespace)", User.authenticatedGroup]),
            audiences: own)
    }

    private func checkAccount(
        _ account: ServiceAccountClaims.Reference, _ namespace: String, _ now: Timestamp
    ) throws(Refusal) {
        guard let found = find("serviceaccounts", account.name, namespace) else {
            throw Refusal(reason: "serviceaccounts \"\(account.name)\" not found")
        }
        if Self.isDeleted(found, now) {
            throw Refusal(reason: "service account \(namespace)/\(account.name) has been deleted")
        }
        guard found.header.uid == account.uid else {
            throw Refusal(
                reason: "service account UID (\(found.header.uid)) does not match claim (\(account.uid))")
        }
    }

    private func check(
        _ resource: String, _ reference: ServiceAccountClaims.Reference, _ namespace: String, _ word: String,
        _ now: Timestamp
    ) throws(Refusal) {
        guard let found = find(resource, reference.name, namespace), !Self.isDeleted(found, now) else {
            throw Refusal(reason: "service account token has been invalidated")
        }
        guard found.header.uid == reference.uid else {
            throw Refusal(
                reason: "\(word) UID (\(found.header.uid)) does not match service account \(word) ref claim (\(reference.uid))")
        }
    }

    private func find(_ resource: String, _ name: String, _ namespace: String) -> CachedObject? {
        let gvr = GroupVersionResource(group: "", version: "v1", resource: resource)
        return caches[gvr]?.get(NamespacedName(namespace: namespace, name: name))
    }

    private static func isDeleted(_ object: CachedObject, _ now: Timestamp) -> Bool {
        // The bytes say it without a tree for almost every object.
        guard object.bytes.firstRange(of: Array("\"deletionTimestamp\"".utf8)) != nil,
            let time = object.object["metadata"]?["deletionTimestamp"]?.string.flatMap(Timestamp.init(parsing:))
        else { return false }
        return time.seconds < now.seconds - deletionLeewaySeconds
    }

    private static func user(of claims: ServiceAccountClaims) -> User {
        var extra: [String: [String]] = [:]
        func set(_ name: String, _ value: String) { extra["authentication.kubernetes.io/\(name)"] = [value] }
        if !claims.identifier.isEmpty { set("credential-id", "JTI=\(claims.identifier)") }
        if let pod = claims.pod {
            set("pod-name", pod.name)
            set("pod-uid", pod.uid)
        }
        if let node = claims.node {
            set("node-name", node.name)
            if !node.uid.isEmpty { set("node-uid", node.uid) }
        }
        return User(
            name: claims.subject, uid: claims.serviceAccount.uid,
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(claims.namespace)", User.authenticatedGroup],
            extra: extra)
    }
}
