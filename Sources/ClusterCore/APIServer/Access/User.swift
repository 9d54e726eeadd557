/// Who asks.
package struct User: Hashable, Sendable {
    package var name: String
    package var uid: String
    package var groups: [String]
    /// As upstream's `extra`: the pod and node of a service account token, ...
    package var extra: [String: [String]]

    package init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    package static let authenticatedGroup = "system:authenticated"
    package static let unauthenticatedGroup = "system:unauthenticated"
    package static let anonymous = User(name: "system:anonymous", groups: [unauthenticatedGroup])
    /// The controllers and the scheduler of this process.
    package static let loopback = User(name: "system:apiserver", groups: ["system:masters", "system:authenticated"])

    package static let mastersGroup = "system:masters"
    package static let nodesGroup = "system:nodes"

    package var isMaster: Bool { groups.contains(Self.mastersGroup) }

    /// The node whose kubelet this is.
    package var nodeName: String? {
        let prefix = "system:node:"
        guard groups.contains(Self.nodesGroup), name.hasPrefix(prefix) else { return nil }
        return String(name.dropFirst(prefix.count))
    }
}
