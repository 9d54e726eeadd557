import Glibc
import Lab
import NFTables
import Netfilter
import Netlink
import NetworkTypes
import Proxy

/// Reads what a node's kernel holds for one question. Blocks; runs on threads of its own.
struct NodeRulesReader: Sendable {
    /// Where the node's network is; nil: that of the caller.
    let namespace: NetworkNamespace?
    let nodeName: String

    /// The namespace of a node of a cluster on this machine; nil when there is no such node here.
    static func namespace(of node: String, in cluster: ClusterPlan?) -> NetworkNamespace? {
        guard let identity = cluster?.node(named: node) else { return nil }
        return try? NetworkNamespace.named(identity.networkNamespace)
    }

    func read(_ question: ConnectionQuestion) throws -> NodeRuleset {
        try perform {
            var inspector = KernelInspector(socket: try NetfilterSocket())
            var table = try inspector.table(StaticRuleset.identifier(question.family))
            for (name, set) in table?.sets ?? [:] where set.isDynamic && name != ProxySet.ejected.name {
                // What packets of this client wrote: keys end with the client's address.
                let written = try inspector.elements(of: name, in: StaticRuleset.identifier(question.family))
                for element in written
                where element.key.start.bytes.suffix(question.family.byteCount) == question.sourceAddress.bytes[...] {
                    table?.sets[name]?.elements[element.key] = element.value
                }
            }
            let local = LocalAddresses.read()
            let ejected = try table.map { try Self.ejected(in: $0, &inspector) } ?? []
            return NodeRuleset(
                nodeName: nodeName, origin: .kernel, ruleset: Ruleset(table.map { [$0] } ?? []), localAddresses: local,
                hooks: try inspector.hookedChains(),
                flows: try inspector.flows(question.family) { FlowsFinding.isAbout(question, $0, local: local) }, ejected: ejected
            )
        }
    }

    /// Empty where no Service asks for ejection.
    static func ejected(in table: Table, _ inspector: inout KernelInspector) throws -> [EjectedEndpoint] {
        let name = ProxySet.ejected.name
        guard table.sets[name] != nil else { return [] }
        let elements = try inspector.elements(of: name, in: table.identifier)
        return EjectedEndpoint.read(
            Dictionary(elements.map { ($0.key, $0.value) }) { first, _ in first },
            notes: try inspector.notes(of: name, in: table.identifier), table.identifier.family.addresses)
    }

    func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        if let namespace { return try namespace.perform(body) }
        return try FreshThread.run(body)
    }
}

/// Addresses of the network namespace of the calling thread.
enum LocalAddresses {
    static func read() -> Set<IPAddress> {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found: Set<IPAddress> = []
        var entry = list
        while let current = entry {
            if let place = current.pointee.ifa_addr, let address = address(place) { found.insert(address) }
            entry = current.pointee.ifa_next
        }
        return found
    }

    private static func address(_ place: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        // SAFETY: the family says which of the two structures stands there.
        switch Int32(place.pointee.sa_family) {
        case AF_INET:
            return place.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { known in
                withUnsafeBytes(of: known.pointee.sin_addr) { IPAddress(bytes: Array($0)) }
            }
        case AF_INET6:
            return place.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { known in
                withUnsafeBytes(of: known.pointee.sin6_addr) { IPAddress(bytes: Array($0)) }
            }
        default: return nil
        }
    }
}

/// Finds the network of a pod on this machine by its address, and what listens there.
enum PodSockets {
    /// Nil when no process of this machine lives in a network with this address, or when that may not be seen.
    static func listeners(at address: IPAddress, _ transport: TransportProtocol) -> Listeners? {
        guard transport != .sctp, let process = process(at: address) else { return nil }
        var listeners = Listeners([])
        for suffix in ["", "6"] {
            let path = "/proc/\(process)/net/\(transport.name)\(suffix)"
            if let text = try? FileTree.text(path) { listeners.add(text, isTCP: transport == .tcp) }
        }
        return listeners
    }

    /// Looks at one process of each network namespace.
    static func process(at address: IPAddress) -> Int32? {
        var seen: Set<String> = []
        for name in FileTree.names(in: "/proc") ?? [] {
            guard let process = Int32(name), let namespace = link("/proc/\(name)/ns/net"), seen.insert(namespace).inserted else {
                continue
            }
            if has(address, process) { return process }
        }
        return nil
    }

    private static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink(path, $0, bytes.count) } ?? -1
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    private static func has(_ address: IPAddress, _ process: Int32) -> Bool {
        guard case .v6 = address else {
            guard let trie = try? FileTree.text("/proc/\(process)/net/fib_trie") else { return false }
            let lines = trie.split(separator: "\n")
            return zip(lines, lines.dropFirst()).contains { $0.hasSuffix("-- \(address)") && $1.hasSuffix("/32 host LOCAL") }
        }
        guard let list = try? FileTree.text("/proc/\(process)/net/if_inet6") else { return false }
        let digits = address.bytes.map { String($0, radix: 16) }.map { $0.count == 1 ? "0\($0)" : $0 }.joined()
        return list.split(separator: "\n").contains { $0.hasPrefix(digits) }
    }
}
