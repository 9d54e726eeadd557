/// Operations that the kernel performs in order and together, or not at all.
package struct Transaction: Hashable, Sendable {
    package enum Operation: Hashable, Sendable {
        /// Keeps a table that is there; an owned one that nobody owns any more becomes ours.
        case addTable(TableIdentifier, isOwned: Bool = false)
        case deleteTable(TableIdentifier)
        /// The set's elements are not added by this.
        case addSet(TableIdentifier, NamedSet)
        case deleteSet(TableIdentifier, name: String)
        /// The chain's rules are not added by this.
        case addChain(TableIdentifier, Chain)
        case deleteChain(TableIdentifier, name: String)
        case flushChain(TableIdentifier, name: String)
        /// One rule, by the number that the kernel gave it: for tables of other programs.
        case deleteRule(TableIdentifier, chain: String, handle: UInt64)
        /// Appends.
        case addRule(TableIdentifier, chain: String, Rule)
        /// Refused for a key that is there with another value.
        case addElements(TableIdentifier, set: String, [Element])
        /// Refused for a key that is not there.
        case deleteElements(TableIdentifier, set: String, [ElementKey])
    }

    package var operations: [Operation]
    /// Where the counters of added elements begin, by set; those of others begin at zero.
    package var counts: [String: [ElementKey: ElementCount]] = [:]
    /// What stands beside added elements, by set: of a dynamic one only.
    package var notes: [String: [ElementKey: ElementNote]] = [:]

    package init(_ operations: [Operation] = []) { self.operations = operations }

    package var isEmpty: Bool { operations.isEmpty }
    package mutating func append(_ operation: Operation) { operations.append(operation) }

    /// Elements added and deleted.
    package var elementCount: Int {
        operations.reduce(0) {
            switch $1 {
            case .addElements(_, _, let elements): $0 + elements.count
            case .deleteElements(_, _, let keys): $0 + keys.count
            default: $0
            }
        }
    }
}

extension Transaction.Operation: CustomStringConvertible {
    /// One line that names the operation and its object, for logs.
    package var description: String {
        switch self {
        case .addTable(let table, let isOwned): "add table \(table)\(isOwned ? " (owned)" : "")"
        case .deleteTable(let table): "delete table \(table)"
        case .addSet(let table, let set): "add \(set.isMap ? "map" : "set") \(table) \(set.name)"
        case .deleteSet(let table, let name): "delete set \(table) \(name)"
        case .addChain(let table, let chain): "add chain \(table) \(chain.name)"
        case .deleteChain(let table, let name): "delete chain \(table) \(name)"
        case .flushChain(let table, let name): "flush chain \(table) \(name)"
        case .deleteRule(let table, let chain, let handle): "delete rule \(table) \(chain) handle \(handle)"
        case .addRule(let table, let chain, let rule):
            "add rule \(table) \(chain) \(Printer.print(rule, family: table.family.addresses))"
        case .addElements(let table, let set, let elements): "add element \(table) \(set): \(elements.count)"
        case .deleteElements(let table, let set, let keys): "delete element \(table) \(set): \(keys.count)"
        }
    }
}
