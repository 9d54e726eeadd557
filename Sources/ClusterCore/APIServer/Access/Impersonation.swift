import API
import HTTP
import Machinery

/// Lets those who may act as someone else: `kubectl --as`, `--as-group`, `--as-uid`, extra fields.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/filters/impersonation`.
struct Impersonation: Sendable {
    /// One thing that the sender wants to be, and must be allowed to.
    private struct Wish {
        var group: String
        var resource: String
        var subresource = ""
        var namespace = ""
        var name: String
    }

    /// The headers ask for groups, a uid or extra fields, but for no user.
    struct Incomplete: Error, Hashable, Sendable {
        var description: String
    }

    private static let extraPrefix = "impersonate-extra-"
    private static let own = "authentication.k8s.io"

    let authorizer: Authorizer

    /// The user to act as; nil when the request asks for nobody.
    func user(_ sender: User, _ headers: HTTPHeaders) throws -> User? {
        let name = headers["impersonate-user"] ?? ""
        let groups = headers.values("impersonate-group")
        let uid = headers["impersonate-uid"] ?? ""
        let extra = Self.extra(headers)
        guard !name.isEmpty else {
            guard groups.isEmpty, uid.isEmpty, extra.isEmpty else { throw Self.incomplete(groups, uid, extra) }
            return nil
        }
        var user = User(name: name, uid: uid, groups: groups)
        var wishes: [Wish] = []
        if let account = Self.serviceAccount(name) {
            wishes.append(
                Wish(group: "", resource: "serviceaccounts", namespace: account.namespace, name: account.name))
            if groups.isEmpty { user.groups = ["system:serviceaccounts", "system:serviceaccounts:\(account.namespace)"] }
        } else {
            wishes.append(Wish(group: "", resource: "users", name: name))
        }
        wishes += groups.map { Wish(group: "", resource: "groups", name: $0) }
        for (key, value) in extra {
            wishes.append(Wish(group: Self.own, resource: "userextras", subresource: key, name: value))
            user.extra[key, default: []].append(value)
        }
        if !uid.isEmpty { wishes.append(Wish(group: Self.own, resource: "uids", name: uid)) }
        for wish in wishes { try confirm(wish, sender) }
        addCommonGroup(&user)
        return user
    }

    private func confirm(_ wish: Wish, _ sender: User) throws(Status) {
        let request = AccessRequest(
            user: sender, verb: "impersonate", namespace: wish.namespace, group: wish.group,
            version: wish.group.isEmpty ? "" : "v1", resource: wish.resource, subresource: wish.subresource,
            name: wish.name)
        let decision = authorizer.decide(request)
        guard decision.isAllowed else { throw request.refused(decision.reason) }
    }

    private func addCommonGroup(_ user: inout User) {
        let isKnown = user.groups.contains { $0 == User.authenticatedGroup || $0 == User.unauthenticatedGroup }
        guard !isKnown else { return }
        user.groups.append(user.name == User.anonymous.name ? User.unauthenticatedGroup : User.authenticatedGroup)
    }

    /// `system:serviceaccount:NAMESPACE:NAME`.
    private static func serviceAccount(_ name: String) -> NamespacedName? {
        let prefix = "system:serviceaccount:"
        guard name.hasPrefix(prefix) else { return nil }
        let parts = name.dropFirst(prefix.count).split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, NameValidation.dns1123Label(parts[0]).isEmpty,
            NameValidation.dns1123Subdomain(parts[1]).isEmpty
        else { return nil }
        return NamespacedName(namespace: parts[0], name: parts[1])
    }

    /// Keys are lower case with percent escapes undone, in the order of the headers.
    private static func extra(_ headers: HTTPHeaders) -> [(key: String, value: String)] {
        headers.fields.compactMap { field in
            let name = field.name.lowercased()
            guard name.hasPrefix(extraPrefix) else { return nil }
            let raw = name.dropFirst(extraPrefix.count)
            return (PercentCoding.decode(raw, plusIsSpace: false) ?? String(raw), field.value)
        }
    }

    private static func incomplete(
        _ groups: [String], _ uid: String, _ extra: [(key: String, value: String)]
    ) -> Incomplete {
        var wishes = groups.map { "{Group  \($0)    }" }
        wishes += extra.map { "{UserExtra  \($0.value)  authentication.k8s.io/v1  \($0.key)}" }
        if !uid.isEmpty { wishes.append("{UID  \(uid)  authentication.k8s.io/v1  }") }
        return Incomplete(description: "requested [\(wishes.joined(separator: " "))] without impersonating a user")
    }
}
