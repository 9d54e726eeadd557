package import NFTables
package import NetworkTypes

/// Which endpoints the clients of one Service may stay with.
package struct AffinityPlan: Hashable, Sendable {
    package struct Frontend: Hashable, Sendable {
        package var isNodePort: Bool
        /// `address . protocol . port`, or `protocol . port` of a node port.
        package var key: KeyBytes
    }

    /// `address . port` of every endpoint that new connections may go to.
    package private(set) var backends: [Frontend: Set<KeyBytes>] = [:]

    package init() {}

    /// Reads what `FrontendElements` built.
    package init(_ elements: ServiceElements) { self.init(elements.frontends.values.flatMap(\.self)) }

    private init(_ elements: [SetElement]) {
        var sticky: Set<Frontend> = []
        for item in elements {
            switch item.set {
            case .sticky: sticky.insert(Frontend(isNodePort: false, key: item.element.key.start))
            case .nodePortSticky: sticky.insert(Frontend(isNodePort: true, key: item.element.key.start))
            default: break
            }
        }
        guard !sticky.isEmpty else { return }
        for item in elements {
            let isNodePort = item.set == .nodePortEndpoints || item.set == .nodePortLocalEndpoints
            guard isNodePort || item.set == .endpoints || item.set == .localEndpoints,
                case .fields(let backend) = item.element.value
            else { continue }
            let key = item.element.key.start
            let frontend = Frontend(isNodePort: isNodePort, key: key.prefix(words: Int(key.wordCount) - 1))
            if sticky.contains(frontend) { backends[frontend, default: []].insert(backend) }
        }
    }

    /// A client may have been sent somewhere that `newer` does not allow.
    package func allowsMore(than newer: AffinityPlan) -> Bool {
        backends.contains { frontend, allowed in !allowed.isSubset(of: newer.backends[frontend] ?? []) }
    }

    /// The remembered clients among `elements` of an affinity map that must draw anew.
    package static func lapsed(
        _ elements: [Element], isNodePort: Bool, family: IPFamily, plans: some Collection<AffinityPlan>
    ) -> [ElementKey] {
        var allowed: [Frontend: Set<KeyBytes>] = [:]
        for plan in plans { allowed.merge(plan.backends) { $0.union($1) } }
        let clientWords = family.byteCount / 4
        return elements.compactMap { element in
            let key = element.key.start
            let frontend = Frontend(
                isNodePort: isNodePort, key: key.prefix(words: Int(key.wordCount) - clientWords))
            guard case .fields(let backend) = element.value, allowed[frontend]?.contains(backend) == true else {
                return element.key
            }
            return nil
        }
        .sorted()
    }
}
