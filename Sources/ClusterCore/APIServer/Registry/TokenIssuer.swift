package import API
package import JSON
import Machinery
package import PKI

/// Answers TokenRequests: signs tokens for service accounts.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/serviceaccount/storage/token.go`.
package struct TokenIssuer: Sendable {
    private let signer: TokenSigner
    private let issuer: String
    private let audiences: [String]
    private let caches: CacheSet
    private let environment: ServerEnvironment

    /// Seconds: shorter is refused, longer is cut.
    private static let lifetimeMin: Int64 = 600
    private static let lifetimeMax: Int64 = 365 * 24 * 3600
    private static let lifetimeDefault: Int64 = 3600

    package init(
        signer: TokenSigner, issuer: String, audiences: [String], caches: CacheSet, environment: ServerEnvironment
    ) {
        self.signer = signer
        self.issuer = issuer
        self.audiences = audiences
        self.caches = caches
        self.environment = environment
    }

    package func issue(_ kind: KindDefinition, _ key: NamespacedName, _ request: JSONValue) throws(Status) -> JSONValue {
        guard let account = caches[kind]?.get(key) else { throw APIErrors.notFound(kind.gvr, key.name) }
        let spec = request["spec"] ?? [:]
        let gvk = GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest")
        let wanted = spec["expirationSeconds"]?.int ?? Self.lifetimeDefault
        guard wanted >= Self.lifetimeMin else {
            throw APIErrors.invalid(
                gvk, "",
                [
                    .invalid(
                        FieldPath("spec")("expirationSeconds"), .int(wanted),
                        "may not specify a duration less than 10 minutes")
                ])
        }
        let lifetime = min(wanted, Self.lifetimeMax)
        let asked = (spec["audiences"]?.array ?? []).compactMap(\.string)
        let now = environment.now()
        var claims = ServiceAccountClaims(
            issuer: issuer, audiences: asked.isEmpty ? audiences : asked, namespace: key.namespace,
            serviceAccount: .init(name: key.name, uid: account.header.uid), issuedAt: now.seconds, lifetime: lifetime,
            identifier: environment.makeUID())
        try bind(&claims, spec["boundObjectRef"], key, kind)
        let token: String
        do throws(PKIError) {
            token = try signer.sign(claims)
        } catch {
            throw APIErrors.internalError("failed to sign a token")
        }
        var answered = spec
        answered["audiences"] = JSONValue(claims.audiences)
        answered["expirationSeconds"] = .int(lifetime)
        return [
            "kind": .string(gvk.kind), "apiVersion": .string(gvk.apiVersion),
            "metadata": [
                "name": .string(key.name), "namespace": .string(key.namespace),
                "creationTimestamp": .string(now.description),
            ],
            "spec": answered,
            "status": [
                "token": .string(token),
                "expirationTimestamp": .string(now.adding(.seconds(lifetime)).description),
            ],
        ]
    }

    private func bind(
        _ claims: inout ServiceAccountClaims, _ reference: JSONValue?, _ key: NamespacedName, _ kind: KindDefinition
    ) throws(Status) {
        guard let reference, let name = reference["name"]?.string, let type = reference["kind"]?.string else { return }
        let resources = ["Pod": "pods", "Secret": "secrets", "Node": "nodes"]
        guard let resource = resources[type] else {
            throw APIErrors.badRequest("cannot bind token for serviceaccount \"\(key.name)\" to object of kind \"\(type)\"")
        }
        let gvr = GroupVersionResource(group: "", version: "v1", resource: resource)
        let target = NamespacedName(namespace: type == "Node" ? "" : key.namespace, name: name)
        guard let found = caches[gvr]?.get(target) else { throw APIErrors.notFound(gvr, name) }
        let uid = reference["uid"]?.string ?? ""
        if !uid.isEmpty, uid != found.header.uid {
            throw APIErrors.conflict(
                gvr, name,
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have "
                    + "been deleted and then recreated")
        }
        let bound = ServiceAccountClaims.Reference(name: name, uid: found.header.uid)
        switch type {
        case "Pod":
            let pod = found.object
            let account = pod["spec"]?["serviceAccountName"]?.string ?? ""
            guard account == key.name else {
                throw APIErrors.badRequest(
                    "cannot bind token for serviceaccount \"\(key.name)\" to pod running with different serviceaccount name.")
            }
            claims.pod = bound
            if let node = pod["spec"]?["nodeName"]?.string, !node.isEmpty {
                let nodes = GroupVersionResource(group: "", version: "v1", resource: "nodes")
                claims.node = .init(name: node, uid: caches[nodes]?.get(NamespacedName(name: node))?.header.uid ?? "")
            }
        case "Secret": claims.secret = bound
        default: claims.node = bound
        }
    }
}
