import NFTables
import NetworkTypes

extension RulesWriter {
    /// Names so many elements before it lets a sync go first.
    private static let namedAtOnceMax = 1000

    /// The transaction with the numbers that its new elements go on from: a frontend keeps its count when its element is replaced, as
    /// it is when the number of its slots changes. What is counted between this look and the commit is lost, a matter of microseconds.
    ///
    /// - Parameter standing: The table as it was read; nil: as this writer left it.
    func keepingCounts(_ transaction: Transaction, of table: TableIdentifier, standing: Table? = nil) async -> Transaction {
        var result = transaction
        for set in ProxySet.counted where standing.map({ $0.sets[set.name]?.isCounted == true }) ?? true {
            let keys = Self.replaced(transaction, in: set.name)
            guard !keys.isEmpty, let counts = try? await counter(of: keys, set, table) else { continue }
            result.counts[set.name] = counts
        }
        return result
    }

    private func counter(
        of keys: [ElementKey], _ set: ProxySet, _ table: TableIdentifier
    ) async throws(ApplyError) -> [ElementKey: ElementCount] {
        do throws(ApplyError) {
            return try await applier.counts(of: keys, set: set.name, in: table)
        } catch  where error.errno == ApplyError.noEntry {
            // One of them is new, because the whole table is: take those that are there.
            let wanted = Set(keys)
            return try await applier.counts(of: nil, set: set.name, in: table).filter { wanted.contains($0.key) }
        }
    }

    /// Keys that the transaction deletes and adds again, alone or with the whole table.
    static func replaced(_ transaction: Transaction, in set: String) -> [ElementKey] {
        var gone: Set<ElementKey> = []
        var isWhole = false
        for operation in transaction.operations {
            switch operation {
            case .deleteTable: isWhole = true
            case .deleteElements(_, let name, let keys) where name == set: gone.formUnion(keys)
            case .addElements(_, let name, let elements) where name == set:
                let keys = elements.map(\.key)
                return isWhole ? keys : keys.filter(gone.contains)
            default: break
            }
        }
        return []
    }

    /// The counts of a family with the Services that they belong to. Lets syncs go first now and then.
    func named(_ counts: [ElementKey: ElementCount], in set: ProxySet, _ family: IPFamily) async -> [ConnectionCount] {
        var result: [ConnectionCount] = []
        for (index, (key, count)) in counts.enumerated() {
            if index % Self.namedAtOnceMax == Self.namedAtOnceMax - 1 { await Task.yield() }
            guard let identity = identity(of: key, in: set, family) else { continue }
            result.append(ConnectionCount(identity, connections: count.packets))
        }
        return result
    }
}

extension ProxySyncer {
    /// New connections by Service port and way in, as the kernel counts them; empty while there is no table, or without counters.
    package func connections() async -> [ConnectionCount] {
        guard configuration.countsConnections else { return [] }
        var result: [ConnectionCount] = []
        for family in configuration.families {
            let table = StaticRuleset.identifier(family)
            for set in ProxySet.counted {
                guard let counts = try? await counters.counts(of: nil, set: set.name, in: table) else { continue }
                result += await writer.named(counts, in: set, family)
            }
        }
        return result
    }
}
