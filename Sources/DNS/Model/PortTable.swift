import API
import NetworkTypes
import Synchronization

/// One port of a Service or of a slice.
package struct NamedPort: Hashable, Sendable {
    /// `_http`, the label of a question; empty for a port without a name.
    var label: [UInt8]
    var transport: TransportProtocol
    var number: UInt16

    /// `_http._tcp`; `._tcp` without a name.
    var text: String { String(decoding: label, as: UTF8.self) + "._" + transport.kubernetesName.lowercased() }
}

/// Lists of ports, each kept once: nearly every Service of a cluster has one of a few.
package final class PortTable: Sendable {
    private let lists = Mutex<[[NamedPort]: [NamedPort]]>([:])

    /// Beyond it, further lists are not shared.
    private static let listsMax = 4096

    package init() {}

    /// The same list, as it is stored already.
    func shared(_ list: [NamedPort]) -> [NamedPort] {
        if list.isEmpty { return [] }
        return lists.withLock { lists in
            if let known = lists[list] { return known }
            if lists.count < Self.listsMax { lists[list] = list }
            return list
        }
    }

    static func label(_ name: String) -> [UInt8] {
        guard !name.isEmpty, name.utf8.count < WireLimit.labelBytes else { return [] }
        return [UInt8(ascii: "_")] + name.utf8.map(ASCII.lowered)
    }
}
