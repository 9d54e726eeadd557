package import Netlink
import NetworkTypes

/// Builds cables and bridges from a plan, through netlink sockets opened inside the namespaces. Never on a task: it blocks.
package struct FabricApplier {
    private var namespaces: [String: NetworkNamespace] = [:]
    private var sockets: [String: NetlinkSocket] = [:]

    package init() {}

    package mutating func apply(_ operations: [FabricOperation]) throws {
        for operation in operations { try apply(operation) }
    }

    /// The open namespace, for a process that is to start in it.
    package mutating func namespace(_ name: String) throws -> NetworkNamespace {
        if let known = namespaces[name] { return known }
        let opened = try NetworkNamespace.named(name)
        namespaces[name] = opened
        return opened
    }

    package static func remove(namespace name: String) throws { try NetworkNamespace.remove(named: name) }

    private mutating func apply(_ operation: FabricOperation) throws {
        switch operation {
        case .createNamespace(let name):
            namespaces[name] = try NetworkNamespace.create(named: name)
            sockets[name] = nil
            try setUp("lo", in: name)
        case .createBridge(let name, let namespace):
            var link = LinkMessage(name: name)
            link.kind = .bridge
            try socket(namespace).apply([link.create])
        case .createCable(let inside, let namespace, let outside, let outsideNamespace):
            // The peer is given a namespace to be born in, so neither end ever shows on the host.
            var peer = LinkMessage(name: outside)
            peer.namespaceDescriptor = try self.namespace(outsideNamespace).descriptor
            var link = LinkMessage(name: inside)
            link.kind = .veth(peer: peer)
            try socket(namespace).apply([link.create])
        case .setLinkAddress(let address, let name, let namespace):
            var link = LinkMessage(index: try index(of: name, in: namespace))
            link.address = address
            try socket(namespace).apply([link.change])
        case .attach(let name, let bridge, let namespace):
            var link = LinkMessage(index: try index(of: name, in: namespace))
            link.master = try index(of: bridge, in: namespace)
            try socket(namespace).apply([link.change])
        case .addAddress(let address, let link, let namespace):
            let index = try index(of: link, in: namespace)
            // Nobody else is on the fabric: an address of IPv6 is usable at once.
            let flags: AddressMessage.Flags = address.address.family == .ipv6 ? .noDuplicateDetection : []
            try socket(namespace).apply([AddressMessage(address, on: index, flags: flags).replace])
        case .setUp(let link, let namespace): try setUp(link, in: namespace)
        case .addDefaultRoute(let gateway, let namespace):
            guard let everywhere = CIDR(gateway, prefixLength: 0) else {
                preconditionFailure("0 is a prefix length of both families")
            }
            try socket(namespace).apply([RouteMessage(everywhere, via: gateway, on: nil).replace])
        case .setSysctl(let key, let value, let namespace):
            try Sysctl(in: try self.namespace(namespace)).write(key, value)
        }
    }

    private mutating func setUp(_ name: String, in namespace: String) throws {
        var link = LinkMessage(index: try index(of: name, in: namespace))
        link.setUp()
        try socket(namespace).apply([link.change])
    }

    private mutating func index(of name: String, in namespace: String) throws -> InterfaceIndex {
        guard let index = try socket(namespace).link(LinkMessage(name: name))?.index else {
            throw NetlinkError.system(call: "find \(name) in \(namespace)", errno: LinuxErrno.noDevice)
        }
        return index
    }

    private mutating func socket(_ name: String) throws -> NetlinkSocket {
        if let known = sockets[name] { return known }
        let opened = try namespace(name).openSocket()
        sockets[name] = opened
        return opened
    }
}
