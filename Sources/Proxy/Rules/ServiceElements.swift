package import NFTables
package import NetworkTypes

/// An element together with the set it belongs in.
package struct SetElement: Hashable, Sendable {
    package var set: ProxySet
    package var element: Element

    package init(_ set: ProxySet, _ element: Element) {
        self.set = set
        self.element = element
    }
}

/// Where clients connect: an address, a protocol and a port, or a protocol and a port on the node's own addresses.
package struct Frontend: Hashable, Sendable, Comparable {
    package var isNodePort: Bool
    /// `address . protocol . port`, or `protocol . port` of a node port.
    package var key: KeyBytes

    package init(isNodePort: Bool, key: KeyBytes) {
        self.isNodePort = isNodePort
        self.key = key
    }

    package static func < (left: Frontend, right: Frontend) -> Bool { left.key < right.key }

    /// `10.96.0.1 . tcp . 80`, as nft prints it.
    package func description(_ family: IPFamily) -> String {
        let types: [FieldType] = (isNodePort ? [] : [.address(family)]) + [.transport, .port]
        return (isNodePort ? "node port " : "") + Printer.print(ElementKey(key), as: types)
    }
}

/// What one Service wants in one family's table.
package struct ServiceElements: Hashable, Sendable {
    /// In order; another Service may have the same.
    package var clusterIPs: [IPAddress] = []
    /// Endpoints on this node, in order, each once; other Services may have them too.
    package var localEndpoints: [IPAddress] = []
    /// The elements of each frontend: they stand together or not at all.
    package var frontends: [Frontend: [SetElement]] = [:]

    package init() {}

    package var isEmpty: Bool { clusterIPs.isEmpty && localEndpoints.isEmpty && frontends.isEmpty }

    package static func clusterIP(_ address: IPAddress) -> SetElement { SetElement(.clusterIPs, Element(KeyBytes(address))) }

    package static func hairpin(_ address: IPAddress) -> SetElement {
        var key = KeyBytes(address)
        key.append(address)
        return SetElement(.hairpins, Element(key))
    }
}
