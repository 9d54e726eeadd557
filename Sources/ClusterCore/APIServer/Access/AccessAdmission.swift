import API
import JSON

/// The part of admission that looks at who writes: nodes, grantors of rights, approvers and signers of certificates.
package struct AccessAdmission: Sendable {
    package let authorizer: Authorizer
    let caches: CacheSet

    package init(caches: CacheSet) {
        self.caches = caches
        authorizer = Authorizer(caches: caches)
    }

    private var nodes: NodeRestriction { NodeRestriction(caches: caches, authorizer: authorizer) }

    /// - Parameter object: With defaults, before it is validated.
    func admitCreate(_ kind: KindDefinition, _ object: inout JSONValue, _ user: User) throws(Status) {
        if let node = user.nodeName { try nodes.create(kind, object, node: node) }
        switch kind.gvr.group {
        case BootstrapPolicy.group: try EscalationCheck(authorizer: authorizer, user: user, kind: kind).create(object)
        case "certificates.k8s.io" where kind.resource == "certificatesigningrequests":
            CertificateAdmission.fillRequester(&object, user)
            try CertificateAdmission.checkSubject(object, kind)
        default: break
        }
    }

    func admitUpdate(
        _ kind: KindDefinition, _ new: JSONValue, old: JSONValue, _ part: WritePart, _ user: User
    ) throws(Status) {
        if let node = user.nodeName { try nodes.update(kind, new, old: old, part, node: node) }
        switch kind.gvr.group {
        case BootstrapPolicy.group:
            try EscalationCheck(authorizer: authorizer, user: user, kind: kind).update(new, old: old)
        case "certificates.k8s.io" where kind.resource == "certificatesigningrequests" && part == .status:
            try CertificateAdmission.checkSigning(new, old: old, kind, user, authorizer)
        default: break
        }
    }

    func admitDelete(_ kind: KindDefinition, _ key: NamespacedName, _ user: User) throws(Status) {
        if let node = user.nodeName { try nodes.delete(kind, key, node: node) }
    }

    /// Before something is made below an object: a token, an eviction.
    func admitCreateBelow(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ body: JSONValue, _ user: User
    ) throws(Status) {
        if let node = user.nodeName { try nodes.createBelow(kind, key, subresource, body, user, node: node) }
    }
}
