package import NetworkTypes

/// The address family of a table: one each, because a table of both would have to test the family in every rule.
package enum TableFamily: UInt8, Hashable, Sendable, Comparable {
    case ip = 2
    case ip6 = 10

    package init(_ family: IPFamily) { self = family == .ipv4 ? .ip : .ip6 }

    package var name: String { self == .ip ? "ip" : "ip6" }
    package var addresses: IPFamily { self == .ip ? .ipv4 : .ipv6 }

    package static func < (left: TableFamily, right: TableFamily) -> Bool { left.rawValue < right.rawValue }
}

package struct TableIdentifier: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var family: TableFamily
    package var name: String

    package init(_ family: TableFamily, _ name: String) {
        self.family = family
        self.name = name
    }

    package var description: String { "\(family.name) \(name)" }

    package static func < (left: TableIdentifier, right: TableIdentifier) -> Bool {
        (left.family, left.name) < (right.family, right.name)
    }
}

/// Tables by name: what one side (we, or the kernel) holds.
package struct Ruleset: Hashable, Sendable {
    package var tables: [TableIdentifier: Table]

    package init(_ tables: [Table] = []) {
        self.tables = Dictionary(tables.map { ($0.identifier, $0) }) { _, last in last }
    }
}

/// A table: chains, and sets (maps are sets with values), each by name.
package struct Table: Hashable, Sendable {
    package let identifier: TableIdentifier
    /// Nobody but the socket that made it can change the table, and it outlives that socket.
    package var isOwned: Bool
    package var chains: [String: Chain]
    package var sets: [String: NamedSet]

    package init(_ identifier: TableIdentifier, isOwned: Bool = false, chains: [Chain] = [], sets: [NamedSet] = []) {
        self.identifier = identifier
        self.isOwned = isOwned
        self.chains = Dictionary(chains.map { ($0.name, $0) }) { _, last in last }
        self.sets = Dictionary(sets.map { ($0.name, $0) }) { _, last in last }
    }
}
