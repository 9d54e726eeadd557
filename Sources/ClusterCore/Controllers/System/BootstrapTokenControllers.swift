package import API
package import ControlLoop
import JSON

/// Signs `cluster-info` with every bootstrap token that is meant for it, so that a machine that knows only its token can tell the
/// cluster's authority from another's.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/bootstrap/bootstrapsigner.go`.
package struct BootstrapSigner: Controller {
    package static let name = "bootstrap-signer-controller"
    package static let clusterInfo = NamespacedName(namespace: "kube-public", name: "cluster-info")
    package static let kubeconfigMember = "kubeconfig"
    private static let signaturePrefix = "jws-kubeconfig-"

    /// A detached signature of a text, made with a token's two parts.
    package typealias Sign = @Sendable (_ text: String, _ tokenID: String, _ secret: String) -> String

    private let sign: Sign

    package init(sign: @escaping Sign) { self.sign = sign }

    package var triggers: [Trigger<NamespacedName>] {
        [
            .onChange(Secret.self, scope: BootstrapToken.scope) { _, _ in [Self.clusterInfo] },
            .onChange(ConfigMap.self, scope: ListScope(namespace: Self.clusterInfo.namespace)) { change, _ in
                change.key == Self.clusterInfo ? [change.key] : []
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let map = snapshot.get(ConfigMap.self, key), let text = map.data[Self.kubeconfigMember] else { return .settled }
        let tokens = snapshot.list(Secret.self, namespace: BootstrapToken.namespace).compactMap(BootstrapToken.init)
            .filter { $0.signs && !$0.isExpired(at: snapshot.now) }
        var plan = Plan(lookAgainAfter: tokens.compactMap { $0.timeLeft(at: snapshot.now) }.min())
        var wanted: [String: String] = [:]
        for token in tokens { wanted[Self.signaturePrefix + token.id] = sign(text, token.id, token.secret) }
        var data: JSONValue = [:]
        for name in map.data.keys where name.hasPrefix(Self.signaturePrefix) && wanted[name] == nil { data[name] = .null }
        for (name, signature) in wanted where map.data[name] != signature { data[name] = .string(signature) }
        if data != [:] {
            plan.add(
                .merge(ConfigMap.resource, key, ["data": data], revision: map.metadata.resourceVersion, tolerates: .notFound))
        }
        return plan
    }
}

/// Deletes bootstrap tokens whose time is over.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/bootstrap/tokencleaner.go`.
package struct BootstrapTokenCleaner: Controller {
    package static let name = "token-cleaner-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [.onChange(Secret.self, scope: BootstrapToken.scope) { change, _ in [change.key] }]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let secret = snapshot.get(Secret.self, key), secret.type == BootstrapToken.type, !secret.metadata.isBeingDeleted,
            let expiration = BootstrapToken.expiration(secret)
        else { return .settled }
        guard expiration <= snapshot.now else {
            return Plan(lookAgainAfter: .seconds(max(1, expiration.seconds - snapshot.now.seconds)))
        }
        return Plan([.delete(Secret.resource, key, DeletionOptions(uid: secret.metadata.uid))])
    }
}

/// A Secret that holds a bootstrap token.
private struct BootstrapToken {
    static let namespace = "kube-system"
    static let type = "bootstrap.kubernetes.io/token"
    static let scope = ListScope(namespace: namespace, fieldSelector: "type=\(type)")

    var id: String
    var secret: String
    var signs: Bool
    /// Nil: it does not end.
    var expiration: Timestamp?

    /// Nil for what is none, or is not whole.
    init?(_ secret: Secret) {
        func text(_ name: String) -> String { secret.data[name].map { String(decoding: $0, as: UTF8.self) } ?? "" }
        let id = text("token-id")
        guard secret.type == Self.type, !secret.metadata.isBeingDeleted, !id.isEmpty, !text("token-secret").isEmpty,
            secret.metadata.name == "bootstrap-token-\(id)"
        else { return nil }
        self.id = id
        self.secret = text("token-secret")
        signs = text("usage-bootstrap-signing") == "true"
        expiration = Self.expiration(secret)
    }

    /// A time that cannot be read counts as passed.
    static func expiration(_ secret: Secret) -> Timestamp? {
        guard let bytes = secret.data["expiration"], !bytes.isEmpty else { return nil }
        return Timestamp(parsing: String(decoding: bytes, as: UTF8.self)) ?? Timestamp(seconds: 0)
    }

    func isExpired(at now: Timestamp) -> Bool { expiration.map { $0 <= now } ?? false }

    func timeLeft(at now: Timestamp) -> Duration? { expiration.map { .seconds(max(1, $0.seconds - now.seconds)) } }
}
