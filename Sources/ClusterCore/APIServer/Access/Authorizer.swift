import API

/// Decides what a user may do: masters everything, nodes what belongs to their pods, everyone what roles give them.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubeapiserver/authorizer/config.go` with `--authorization-mode=Node,RBAC`.
package final class Authorizer: Sendable {
    let roles: RBACAuthorizer
    let nodes: NodeAuthorizer

    package init(caches: CacheSet) {
        roles = RBACAuthorizer(caches: caches)
        nodes = NodeAuthorizer(graph: NodeGraph(caches: caches))
    }

    package func decide(_ request: AccessRequest) -> AccessDecision {
        if request.user.isMaster { return .allowed() }
        let node = nodes.decide(request)
        if node.isAllowed { return node }
        let role = roles.decide(request)
        if role.isAllowed { return role }
        return .noOpinion([node.reason, role.reason].filter { !$0.isEmpty }.joined(separator: "\n"))
    }

    package func allows(_ request: AccessRequest) -> Bool { decide(request).isAllowed }

    /// Every rule that holds for a user in a namespace, for `kubectl auth can-i --list`.
    ///
    /// - Returns: `problem` says why the list is incomplete; nil when it is whole.
    func rules(for user: User, namespace: String) -> (rules: [PolicyRule], problem: String?) {
        let (rules, missing) = roles.rules(for: user, namespace: namespace)
        var problems = missing.isEmpty ? [] : [RBACAuthorizer.listed(missing)]
        if user.nodeName != nil { problems.insert("node authorizer does not support user rule resolution", at: 0) }
        return (rules, problems.isEmpty ? nil : RBACAuthorizer.listed(problems))
    }
}
