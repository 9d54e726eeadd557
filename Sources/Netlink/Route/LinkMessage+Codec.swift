import NetworkTypes

extension LinkMessage {
    /// Creates the link; EEXIST when a name is taken.
    package var create: NetlinkMessage { request(.newLink, [.create, .exclusive]) }
    /// Changes the link that `index` or `name` names.
    package var change: NetlinkMessage { request(.newLink) }
    package var delete: NetlinkMessage { request(.deleteLink) }
    package var get: NetlinkMessage { request(.getLink) }
    package static var list: NetlinkMessage { LinkMessage().request(.getLink, .dump) }

    /// Gives the link that `index` or `name` names the names in `alternativeNames`; EEXIST when one is taken.
    package var addAlternativeNames: NetlinkMessage { properties(.newLinkProperty, [.create, .exclusive, .append]) }

    /// Takes the names in `alternativeNames` from the link that `index` or `name` names.
    package var deleteAlternativeNames: NetlinkMessage { properties(.deleteLinkProperty, []) }

    private func properties(_ type: MessageType, _ flags: MessageFlags) -> NetlinkMessage {
        var writer = MessageWriter()
        encodeHeader(into: &writer)
        if let name { writer.attribute(LinkAttribute.name, text: name) }
        writer.attribute(LinkAttribute.properties | LinkAttribute.nestedFlag) {
            for name in alternativeNames { $0.attribute(LinkAttribute.alternativeName, text: name) }
        }
        return NetlinkMessage(type, flags: flags, payload: writer.bytes)
    }

    /// Deletes every link of `group` in one transaction, which waits once for the kernel's readers instead of once per link.
    package static func deleteAll(inGroup group: UInt32) -> NetlinkMessage {
        var link = LinkMessage()
        link.group = group
        return link.request(.deleteLink)
    }

    private func request(_ type: MessageType, _ flags: MessageFlags = []) -> NetlinkMessage {
        var writer = MessageWriter()
        encode(into: &writer)
        return NetlinkMessage(type, flags: flags, payload: writer.bytes)
    }

    private func encodeHeader(into writer: inout MessageWriter) {
        writer.append(UInt32(0))  // family, padding, device type
        writer.append(index?.rawValue ?? 0)
        writer.append(flags.rawValue)
        writer.append(changedFlags.rawValue)
    }

    private func encode(into writer: inout MessageWriter) {
        encodeHeader(into: &writer)
        if let name { writer.attribute(LinkAttribute.name, text: name) }
        if let alternative = alternativeNames.first { writer.attribute(LinkAttribute.alternativeName, text: alternative) }
        if let alias { writer.attribute(LinkAttribute.alias, bytes: Array(alias.utf8)) }
        if let address { writer.attribute(LinkAttribute.address, bytes: address.bytes) }
        if let mtu { writer.attribute(LinkAttribute.mtu, number: mtu) }
        if let group { writer.attribute(LinkAttribute.group, number: group) }
        if let master { writer.attribute(LinkAttribute.master, number: master.rawValue) }
        if let peerIndex { writer.attribute(LinkAttribute.link, number: peerIndex.rawValue) }
        if let queues {
            writer.attribute(LinkAttribute.transmitQueues, number: queues)
            writer.attribute(LinkAttribute.receiveQueues, number: queues)
        }
        if let namespaceDescriptor { writer.attribute(LinkAttribute.namespaceDescriptor, number: namespaceDescriptor) }
        if let kind { encode(kind, into: &writer) }
        encodeFamilySettings(into: &writer)
    }

    private func encode(_ kind: Kind, into writer: inout MessageWriter) {
        writer.attribute(LinkAttribute.info) {
            $0.attribute(LinkAttribute.infoKind, bytes: Array(kind.name.utf8))
            if case .vxlan(let settings?) = kind { $0.attribute(LinkAttribute.infoData) { settings.encode(into: &$0) } }
            guard case .veth(let peer?) = kind else { return }
            $0.attribute(LinkAttribute.infoData) {
                $0.attribute(LinkAttribute.vethPeer) { peer.encode(into: &$0) }
            }
        }
    }

    private func encodeFamilySettings(into writer: inout MessageWriter) {
        guard ipv4 != nil || ipv6AddressGeneration != nil else { return }
        writer.attribute(LinkAttribute.familySettings) {
            if let ipv4 {
                $0.attribute(UInt16(AddressFamily.inet.rawValue)) {
                    $0.attribute(LinkAttribute.inetConfiguration) {
                        $0.attribute(LinkAttribute.forwarding, number: UInt32(ipv4.forwarding ? 1 : 0))
                        $0.attribute(LinkAttribute.sendRedirects, number: UInt32(ipv4.sendRedirects ? 1 : 0))
                        $0.attribute(LinkAttribute.reversePathFilter, number: ipv4.reversePathFilter)
                        if ipv4.routesLoopback { $0.attribute(LinkAttribute.routeLoopback, number: UInt32(1)) }
                    }
                }
            }
            if let ipv6AddressGeneration {
                $0.attribute(UInt16(AddressFamily.inet6.rawValue)) {
                    $0.attribute(LinkAttribute.addressGeneration, number: ipv6AddressGeneration)
                }
            }
        }
    }

    /// Reads `RTM_NEWLINK` and `RTM_DELLINK`; nil for another type, a header cut short, and for what bridges report about
    /// their ports with the same types (`AF_BRIDGE`).
    package init?(_ message: NetlinkMessage) {
        guard message.type == .newLink || message.type == .deleteLink else { return nil }
        var reader = MessageReader(message.payload)
        guard reader.integer(UInt8.self) == AddressFamily.unspecified.rawValue, reader.skip(3),
            let index = reader.integer(Int32.self), let flags = reader.integer(UInt32.self),
            reader.skip(4)
        else { return nil }
        self.init(index: InterfaceIndex(rawValue: index))
        self.flags = Flags(rawValue: flags)
        while let attribute = reader.attribute() { read(attribute) }
    }

    private mutating func read(_ attribute: Attribute) {
        switch attribute.type {
        case LinkAttribute.name: name = attribute.text
        case LinkAttribute.address: address = MACAddress(bytes: attribute.payload)
        case LinkAttribute.mtu: mtu = attribute.number
        case LinkAttribute.alias: alias = attribute.text
        case LinkAttribute.group: group = attribute.number
        case LinkAttribute.master: master = attribute.index
        case LinkAttribute.link: peerIndex = attribute.index
        case LinkAttribute.linkNamespace: peerNamespace = attribute.number.map { Int32(bitPattern: $0) }
        case LinkAttribute.properties:
            alternativeNames = attribute.nested.filter { $0.type == LinkAttribute.alternativeName }.map { $0.text }
        case LinkAttribute.info:
            for part in attribute.nested where part.type == LinkAttribute.infoKind {
                kind =
                    switch part.text {
                    case "veth": .veth(peer: nil)
                    case "bridge": .bridge
                    case "vxlan":
                        .vxlan(VXLANSettings(attribute.nested.first { $0.type == LinkAttribute.infoData }?.nested ?? []))
                    default: .other(part.text)
                    }
            }
        default: break
        }
    }
}

extension Attribute {
    /// The payload as an interface's number.
    var index: InterfaceIndex? { number.map { InterfaceIndex(rawValue: Int32(bitPattern: $0)) } }
}
