package import API
package import JSON
import Machinery
package import PKI

/// Answers TokenRequests: signs tokens for service accounts.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/serviceaccount/storage/token.go`, `pkg/serviceaccount/claims.go`.
package struct TokenIssuer: Sendable {
    private let signer: TokenSigner
    private let issuer: String
    private let audiences: [String]
    private let caches: CacheSet
    private let environment: ServerEnvironment

    private static let gvk = GroupVersionKind(group: "authentication.k8s.io", version: "v1", kind: "TokenRequest")
    /// Seconds.
    private static let lifetimeMin: Int64 = 600
    private static let lifetimeMax: Int64 = 1 << 32
    private static let lifetimeDefault: Int64 = 3600
    /// What admission writes into pods: such a token only warns when its hour has passed, and lives on for a year.
    private static let lifetimeExtended: Int64 = 3607
    private static let graceSeconds: Int64 = 365 * 24 * 3600

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
        try checkIdentity(request, key)
        guard let account = caches[kind]?.get(key) else { throw APIErrors.notFound(kind.gvr, key.name) }
        var spec = request["spec"] ?? [:]
        let lifetime = spec["expirationSeconds"]?.int ?? Self.lifetimeDefault
        try checkLifetime(lifetime)
        let asked = (spec["audiences"]?.array ?? []).compactMap(\.string)
        let granted = asked.isEmpty ? audiences : asked
        let now = environment.now()
        var claims = ServiceAccountClaims(
            issuer: issuer, audiences: granted, namespace: key.namespace,
            serviceAccount: .init(name: key.name, uid: account.header.uid), issuedAt: now.seconds, lifetime: lifetime,
            identifier: environment.makeUID())
        if let reference = spec["boundObjectRef"], reference.object != nil { try bind(&claims, reference, key) }
        if claims.pod != nil, lifetime == Self.lifetimeExtended, granted.allSatisfy(audiences.contains) {
            claims.warnAfter = now.seconds + lifetime
            claims.expiresAt = now.seconds + Self.graceSeconds
        }
        let token: String
        do throws(PKIError) {
            token = try signer.sign(claims)
        } catch {
            throw APIErrors.internalError("failed to generate token: \(error)")
        }
        spec["audiences"] = JSONValue(granted)
        spec["expirationSeconds"] = .int(lifetime)
        var metadata = request["metadata"] ?? [:]
        metadata["name"] = .string(key.name)
        metadata["namespace"] = .string(key.namespace)
        metadata["creationTimestamp"] = .string(now.description)
        return [
            "kind": .string(Self.gvk.kind), "apiVersion": .string(Self.gvk.apiVersion), "metadata": metadata, "spec": spec,
            "status": [
                "token": .string(token),
                // What was asked for, even when the token lives longer: clients renew by it.
                "expirationTimestamp": .string(now.adding(.seconds(lifetime)).description),
            ],
        ]
    }

    private func checkIdentity(_ request: JSONValue, _ key: NamespacedName) throws(Status) {
        for (field, expected) in [("name", key.name), ("namespace", key.namespace)] {
            guard let given = request["metadata"]?[field]?.string, !given.isEmpty, given != expected else { continue }
            throw APIErrors.invalid(
                Self.gvk, key.name,
                [
                    .invalid(
                        FieldPath("metadata")(field), .string(given),
                        "must match the service account \(field) if specified")
                ])
        }
    }

    private func checkLifetime(_ seconds: Int64) throws(Status) {
        let problem: String
        switch seconds {
        case ..<Self.lifetimeMin: problem = "may not specify a duration less than 10 minutes"
        case (Self.lifetimeMax + 1)...: problem = "may not specify a duration larger than 2^32 seconds"
        default: return
        }
        throw APIErrors.invalid(
            Self.gvk, "", [.invalid(FieldPath("spec")("expirationSeconds"), .int(seconds), problem)])
    }

    private func bind(
        _ claims: inout ServiceAccountClaims, _ reference: JSONValue, _ key: NamespacedName
    ) throws(Status) {
        let apiVersion = reference["apiVersion"]?.string ?? ""
        let type = reference["kind"]?.string ?? ""
        let name = reference["name"]?.string ?? ""
        let resources = ["Pod": "pods", "Secret": "secrets", "Node": "nodes"]
        let group = apiVersion.split(separator: "/", omittingEmptySubsequences: false)
        guard group.count < 2, let resource = resources[type] else {
            let type = GroupVersionKind(apiVersion: apiVersion, kind: type)
            throw APIErrors.badRequest(
                "cannot bind token to object of type \(type.group)/\(type.version), Kind=\(type.kind)")
        }
        let gvr = GroupVersionResource(group: "", version: "v1", resource: resource)
        let target = NamespacedName(namespace: type == "Node" ? "" : key.namespace, name: name)
        guard let found = caches[gvr]?.get(target) else { throw APIErrors.notFound(gvr, name) }
        let bound = ServiceAccountClaims.Reference(name: name, uid: found.header.uid)
        switch type {
        case "Pod": try bindPod(&claims, found.object, bound, key)
        case "Secret": claims.secret = bound
        default: claims.node = bound
        }
        let uid = reference["uid"]?.string ?? ""
        if !uid.isEmpty, uid != bound.uid {
            throw APIErrors.conflict(
                GroupVersionResource(group: "", version: "v1", resource: type), name,
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have "
                    + "been deleted and then recreated")
        }
    }

    private func bindPod(
        _ claims: inout ServiceAccountClaims, _ pod: JSONValue, _ bound: ServiceAccountClaims.Reference,
        _ key: NamespacedName
    ) throws(Status) {
        guard pod["spec"]?["serviceAccountName"]?.string == key.name else {
            throw APIErrors.badRequest(
                "cannot bind token for serviceaccount \"\(key.name)\" to pod running with different serviceaccount name.")
        }
        claims.pod = bound
        guard let node = pod["spec"]?["nodeName"]?.string, !node.isEmpty else { return }
        let nodes = GroupVersionResource(group: "", version: "v1", resource: "nodes")
        claims.node = .init(name: node, uid: caches[nodes]?.get(NamespacedName(name: node))?.header.uid ?? "")
    }
}
