import DNS
import Lab
import Logging
import NFTables
import Netfilter
import Netlink
import NetworkTypes

/// Makes the name server's addresses this machine's own: on a link, and past connection tracking.
///
/// A packet to an address of the machine is delivered here, whatever Service it belongs to. Without tracking it meets no nat chain,
/// neither our proxy's nor another's, so nobody sends it elsewhere or refuses it; and two questions from one port cannot race for
/// one entry of the connection table.
struct NameServerLink: Sendable {
    static let name = "skiff-dns"
    /// Reaches the node's own name server also where nobody knows the Service's address.
    static let linkLocal = IPAddress.v4(IPv4Address(169, 254, 20, 10))
    private static let servers = "servers"
    /// Before connection tracking, which is at -200.
    private static let priority: Int32 = -300

    private let applier: KernelApplier
    private let families: [IPFamily]
    private let addresses: [IPAddress]
    private let logger: Logger

    /// What is there already stays: a restart disturbs nothing.
    static func install(_ addresses: [IPAddress], port: UInt16, logger: Logger) async throws -> NameServerLink {
        try await BlockingWork.run { try addAddresses(addresses, logger) }
        let link = NameServerLink(
            applier: try KernelApplier(logger: logger), families: Set(addresses.map(\.family)).sorted(), addresses: addresses,
            logger: logger)
        for family in link.families {
            let wanted = table(family, addresses, port)
            let standing = try await link.applier.read(wanted.identifier, expecting: wanted)
            try await link.applier.apply(Difference.between(standing, wanted))
        }
        return link
    }

    /// Whether a server has one of the addresses at this moment: it took over, and needs what `install` put there.
    func isServed(port: UInt16) -> Bool {
        addresses.contains { address in
            let file = address.family == .ipv4 ? "/proc/self/net/udp" : "/proc/self/net/udp6"
            let wanted = Self.kernelText(address, port)
            let lines = ((try? FileTree.text(file)) ?? "").split(separator: "\n")
            return lines.contains { $0.split(separator: " ").dropFirst().first.map { $0 == wanted } ?? false }
        }
    }

    /// `0A00600A:0035`: words of four bytes in the machine's order, as `/proc/net/udp` has them.
    private static func kernelText(_ address: IPAddress, _ port: UInt16) -> String {
        func hex(_ value: UInt32, _ digits: Int) -> String {
            let text = String(value, radix: 16, uppercase: true)
            return String(repeating: "0", count: digits - text.count) + text
        }
        let bytes = address.bytes
        let words = stride(from: 0, to: bytes.count, by: 4).map { start in
            hex(bytes[start..<(start + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) }, 8)
        }
        return words.joined() + ":" + hex(UInt32(port), 4)
    }

    /// Takes away what `install` put there.
    func remove() async {
        for family in families {
            let identifier = TableIdentifier(TableFamily(family), Self.name)
            do { try await applier.apply(Transaction([.deleteTable(identifier)])) } catch {
                logger.error("rules stay", metadata: ["key": "\(identifier)", "error": "\(error)"])
            }
        }
        do { try await BlockingWork.run { [addresses] in try Self.removeAddresses(addresses) } } catch {
            logger.error("link stays", metadata: ["key": "\(Self.name)", "error": "\(error)"])
        }
    }

    /// - Returns: `ip skiff-dns`: packets to and from the name servers' addresses, in both directions.
    static func table(_ family: IPFamily, _ addresses: [IPAddress], _ port: UInt16) -> Table {
        var elements: [ElementKey: ElementValue] = [:]
        for address in addresses where address.family == family {
            for transport in [TransportProtocol.udp, .tcp] {
                let bytes = address.bytes + [transport.rawValue, 0, 0, 0, UInt8(port >> 8), UInt8(port & 255), 0, 0]
                guard let key = KeyBytes(bytes: bytes) else {
                    preconditionFailure("an address, a protocol and a port make a key")
                }
                elements[ElementKey(key)] = ElementValue.none
            }
        }
        let set = NamedSet(servers, key: [.address(family), .transport, .port], elements: elements)
        let asking = Rule(.match(.member([.destinationAddress, .transport, .destinationPort], of: servers)), .notrack)
        let answering = Rule(.match(.member([.sourceAddress, .transport, .sourcePort], of: servers)), .notrack)
        return Table(
            TableIdentifier(TableFamily(family), name),
            chains: [
                Chain("prerouting", base: BaseChain(.filter, .prerouting, priority: priority), rules: [asking]),
                Chain("output", base: BaseChain(.filter, .output, priority: priority), rules: [asking, answering]),
            ], sets: [set])
    }

    /// A dummy link of its own; on a kernel without that kind, the loopback link.
    private static func addAddresses(_ addresses: [IPAddress], _ logger: Logger) throws {
        let socket = try NetlinkSocket()
        var link = LinkMessage(name: name)
        link.kind = .other("dummy")
        if try socket.link(LinkMessage(name: name)) == nil, try socket.exchange([link.create]).first?.refusal != nil {
            logger.debug("no dummy links here, using loopback")
        }
        let known = try socket.link(LinkMessage(name: name)) ?? socket.link(LinkMessage(name: "lo"))
        guard let index = known?.index else { throw NetlinkError.system(call: "find lo", errno: LinuxErrno.noDevice) }
        var up = LinkMessage(index: index)
        up.setUp()
        try socket.apply([up.change] + addresses.map { address(on: index, $0).replace })
    }

    private static func removeAddresses(_ addresses: [IPAddress]) throws {
        let socket = try NetlinkSocket()
        if let own = try socket.link(LinkMessage(name: name)) {
            try socket.apply([LinkMessage(index: own.index ?? InterfaceIndex(rawValue: 0)).delete])
        } else if let index = try socket.link(LinkMessage(name: "lo"))?.index {
            _ = try socket.exchange(addresses.filter { !$0.isLoopback }.map { address(on: index, $0).delete })
        }
    }

    private static func address(on index: InterfaceIndex, _ address: IPAddress) -> AddressMessage {
        guard let complete = InterfaceAddress(address, prefixLength: address.family.bitCount) else {
            preconditionFailure("a family's bit count is a prefix length")
        }
        var message = AddressMessage(complete, on: index, flags: address.family == .ipv6 ? .noDuplicateDetection : [])
        // Pods' links have no address of their own: what the node sends to its pods must not come from the name server's.
        message.isReserved = true
        return message
    }
}
