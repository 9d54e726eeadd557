package import API
package import ControlLoop
import JSON

/// Fills Secrets that ask for a token of a service account, and deletes those whose account is gone.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/serviceaccount/tokens_controller.go`.
package struct LegacyTokenController: Controller {
    package static let name = "tokens-controller"
    static let type = "kubernetes.io/service-account-token"
    private static let nameAnnotation = "kubernetes.io/service-account.name"
    private static let uidAnnotation = "kubernetes.io/service-account.uid"

    /// Makes a token; nil: it cannot be signed now.
    package typealias Sign = @Sendable (_ secret: NamespacedName, _ account: String, _ uid: String) -> String?

    private let rootCACertificate: String?
    private let sign: Sign

    /// - Parameter rootCACertificate: PEM, which holders of a token are to trust.
    package init(rootCACertificate: String?, sign: @escaping Sign) {
        self.rootCACertificate = rootCACertificate
        self.sign = sign
    }

    package var triggers: [Trigger<NamespacedName>] {
        [
            .onChange(Secret.self, scope: ListScope(fieldSelector: "type=\(Self.type)")) { change, _ in [change.key] },
            .onChange(ServiceAccount.self) { change, snapshot in
                // Deleted or made anew: a token outlives no account.
                guard change.isDeletion || change.isAddition else { return [] }
                return snapshot.list(Secret.self, namespace: change.key.namespace).filter {
                    $0.metadata.annotations[Self.nameAnnotation] == change.key.name
                }.map(\.key)
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let secret = snapshot.get(Secret.self, key), secret.type == Self.type, !secret.metadata.isBeingDeleted,
            let name = secret.metadata.annotations[Self.nameAnnotation], !name.isEmpty
        else { return .settled }
        let owner = NamespacedName(namespace: key.namespace, name: name)
        let account = snapshot.get(ServiceAccount.self, owner)
        let uid = secret.metadata.annotations[Self.uidAnnotation] ?? ""
        guard let account, uid.isEmpty || uid == account.metadata.uid else {
            var plan = Plan()
            // The cache of accounts may be behind that of Secrets.
            plan.steps.append(.confirmAbsent(ServiceAccount.resource, owner, uid: uid.isEmpty ? nil : uid))
            plan.add(.delete(Secret.resource, key, DeletionOptions(uid: secret.metadata.uid)))
            return plan
        }
        var data: JSONValue = [:]
        func set(_ name: String, _ value: String) {
            if secret.data[name] != Array(value.utf8) { data[name] = .string(Base64.encode(Array(value.utf8))) }
        }
        set("namespace", key.namespace)
        if let rootCACertificate { set("ca.crt", rootCACertificate) }
        if secret.data["token"]?.isEmpty ?? true, let token = sign(key, name, account.metadata.uid) { set("token", token) }
        var body: JSONValue = [:]
        if data != [:] { body["data"] = data }
        if uid.isEmpty { body["metadata"] = ["annotations": [Self.uidAnnotation: .string(account.metadata.uid)]] }
        guard body != [:] else { return .settled }
        return Plan([
            .merge(Secret.resource, key, body, revision: secret.metadata.resourceVersion, tolerates: .notFound)
        ])
    }
}
