import NFTables

extension RulesWriter {
    /// Says in the table which endpoints are ejected, why and for how long. An element that ends between looking and deleting refuses the
    /// whole change, which is then tried again.
    ///
    /// - Returns: How often something was committed.
    func writeEjections(_ model: ProxyModel) async throws(ApplyError) -> UInt32 {
        let set = ProxySet.ejected.name
        let wanted = model.ejected().prefix(Int(ProxySet.ejectedMax))
        for attempt in 1... {
            let standing = try await applier.elements(of: set, in: model.table)
            let present = Set(standing)
            let elements = Set(wanted.map(\.element))
            let gone = standing.filter { !elements.contains($0) }.map(\.key).sorted()
            let come = wanted.filter { !present.contains($0.element) }
            var transaction = Transaction()
            if !gone.isEmpty { transaction.append(.deleteElements(model.table, set: set, gone)) }
            if !come.isEmpty { transaction.append(.addElements(model.table, set: set, come.map(\.element))) }
            transaction.notes[set] = Dictionary(come.map { ($0.element.key, $0.note) }) { first, _ in first }
            if transaction.isEmpty { return 0 }
            do throws(ApplyError) {
                try await applier.apply(transaction)
                return 1
            } catch  where error.errno == ApplyError.noEntry && attempt < Self.attemptsMax {
                continue
            }
        }
        return 0
    }
}
