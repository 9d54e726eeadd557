/// An ordered list of rules. The order of rules matters, everything else is keyed.
package struct Chain: Hashable, Sendable {
    package let name: String
    /// Nil: reached by jump and goto only.
    package var base: BaseChain?
    package var rules: [Rule]

    package init(_ name: String, base: BaseChain? = nil, rules: [Rule] = []) {
        self.name = name
        self.base = base
        self.rules = rules
    }
}

/// Where a chain is hooked into the packet path; lower priorities see the packet earlier.
package struct BaseChain: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case filter, nat, route }

    package enum Hook: UInt32, Hashable, Sendable, CaseIterable {
        case prerouting = 0
        case input = 1
        case forward = 2
        case output = 3
        case postrouting = 4

        package var name: String {
            switch self {
            case .prerouting: "prerouting"
            case .input: "input"
            case .forward: "forward"
            case .output: "output"
            case .postrouting: "postrouting"
            }
        }
    }

    package var kind: Kind
    package var hook: Hook
    package var priority: Int32
    /// What becomes of a packet that no rule decided.
    package var acceptsByDefault: Bool

    package init(_ kind: Kind, _ hook: Hook, priority: Int32, acceptsByDefault: Bool = true) {
        self.kind = kind
        self.hook = hook
        self.priority = priority
        self.acceptsByDefault = acceptsByDefault
    }
}
