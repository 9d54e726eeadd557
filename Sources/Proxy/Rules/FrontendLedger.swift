package import API
package import NFTables
import NetworkTypes

/// Who has which frontend in one table, and which elements changed.
///
/// Two Services may want the same external address and port: the older one has it, then the one whose name comes first, so that the
/// order of events cannot matter. All elements of a frontend follow its holder. The elements themselves are not kept: whoever knows the
/// Services computes them again.
package struct FrontendLedger: Sendable {
    package struct Claimant: Hashable, Sendable, Comparable {
        package var createdSeconds: Int64
        package var name: NamespacedName

        package init(_ name: NamespacedName, createdSeconds: Int64) {
            self.name = name
            self.createdSeconds = createdSeconds
        }

        package static func < (left: Claimant, right: Claimant) -> Bool {
            left.createdSeconds == right.createdSeconds ? left.name < right.name : left.createdSeconds < right.createdSeconds
        }
    }

    private struct Identity: Hashable {
        var set: ProxySet
        var key: ElementKey
    }

    private struct Exchange {
        var old: ElementValue?
        var new: ElementValue?
    }

    private var holders: [Frontend: Claimant] = [:]
    /// Frontends that two or more want: all of them, the holder first.
    package private(set) var contested: [Frontend: [Claimant]] = [:]
    private var clusterIPs: [IPAddress: Int] = [:]
    private var localEndpoints: [IPAddress: Int] = [:]
    /// Nil: nothing is recorded, the next sync compares everything.
    private var exchanges: [Identity: Exchange]?

    package init() {}

    package func holder(of frontend: Frontend) -> NamespacedName? { holders[frontend]?.name }
    package func claimant(of frontend: Frontend) -> Claimant? { holders[frontend] }

    /// Exchanges everything that one Service wants.
    ///
    /// - Parameter elements: Those of another Service at a frontend.
    package mutating func replace(
        _ old: ServiceElements, with new: ServiceElements, of claimant: Claimant,
        elements: (NamespacedName, Frontend) -> [SetElement]
    ) {
        exchangeShared(old.clusterIPs, new.clusterIPs, \.clusterIPs, ServiceElements.clusterIP)
        exchangeShared(old.localEndpoints, new.localEndpoints, \.localEndpoints, ServiceElements.hairpin)
        for frontend in old.frontends.keys where new.frontends[frontend] == nil {
            exchange(frontend, old, new, claimant, elements)
        }
        for frontend in new.frontends.keys { exchange(frontend, old, new, claimant, elements) }
    }

    private mutating func exchange(
        _ frontend: Frontend, _ old: ServiceElements, _ new: ServiceElements, _ claimant: Claimant,
        _ elements: (NamespacedName, Frontend) -> [SetElement]
    ) {
        let before = holders[frontend]
        var claims = contested[frontend] ?? before.map { [$0] } ?? []
        claims.removeAll { $0.name == claimant.name }
        if new.frontends[frontend] != nil {
            claims.append(claimant)
            claims.sort()
        }
        let after = claims.first
        if before != after { holders[frontend] = after }
        if claims.count > 1 || contested[frontend] != nil { contested[frontend] = claims.count > 1 ? claims : nil }
        guard exchanges != nil else { return }
        func wanted(_ holder: Claimant?, _ own: ServiceElements) -> [SetElement] {
            guard let holder else { return [] }
            return holder.name == claimant.name ? own.frontends[frontend] ?? [] : elements(holder.name, frontend)
        }
        if let before, before.name == after?.name, before.name != claimant.name { return }
        let (gone, come) = (wanted(before, old), wanted(after, new))
        if gone == come { return }
        for item in gone { remove(item) }
        for item in come { add(item) }
    }

    private mutating func exchangeShared(
        _ old: [IPAddress], _ new: [IPAddress], _ counts: WritableKeyPath<FrontendLedger, [IPAddress: Int]>,
        _ element: (IPAddress) -> SetElement
    ) {
        if old == new { return }
        for address in new {
            self[keyPath: counts][address, default: 0] += 1
            if self[keyPath: counts][address] == 1 { add(element(address)) }
        }
        for address in old {
            guard let count = self[keyPath: counts][address] else { continue }
            self[keyPath: counts][address] = count > 1 ? count - 1 : nil
            if count == 1 { remove(element(address)) }
        }
    }

    private mutating func remove(_ item: SetElement) {
        let identity = Identity(set: item.set, key: item.element.key)
        exchanges?[identity, default: Exchange(old: item.element.value)].new = nil
    }

    private mutating func add(_ item: SetElement) {
        exchanges?[Identity(set: item.set, key: item.element.key), default: Exchange()].new = item.element.value
    }

    /// Puts the elements that belong to no frontend into their sets.
    package func fillShared(_ put: (SetElement) -> Void) {
        for address in clusterIPs.keys { put(ServiceElements.clusterIP(address)) }
        for address in localEndpoints.keys { put(ServiceElements.hairpin(address)) }
    }

    /// From here on changes are recorded.
    package mutating func startRecording() { exchanges = [:] }

    /// The kernel's state is not known any more: a full comparison must come.
    package mutating func stopRecording() { exchanges = nil }

    /// The element-only transaction for what was recorded; recording goes on.
    package mutating func takeTransaction(for table: TableIdentifier) -> Transaction {
        var removed: [ProxySet: [ElementKey]] = [:]
        var added: [ProxySet: [Element]] = [:]
        for (identity, exchange) in exchanges ?? [:] where exchange.old != exchange.new {
            if exchange.old != nil { removed[identity.set, default: []].append(identity.key) }
            if let new = exchange.new { added[identity.set, default: []].append(Element(identity.key, new)) }
        }
        exchanges = [:]
        var transaction = Transaction()
        for set in ProxySet.allCases {
            if let keys = removed[set] { transaction.append(.deleteElements(table, set: set.name, keys.sorted())) }
        }
        for set in ProxySet.allCases {
            if let elements = added[set] {
                transaction.append(.addElements(table, set: set.name, elements.sorted { $0.key < $1.key }))
            }
        }
        return transaction
    }
}
