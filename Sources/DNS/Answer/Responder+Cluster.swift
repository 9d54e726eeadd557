import NetworkTypes

// Questions for names of the cluster's zone.
extension Responder {
    /// - Parameter zone: The label of the question at which the zone's name begins.
    func answerCluster(
        zone: Int, _ client: Client, _ message: UnsafeRawBufferPointer, _ model: DNSModel, _ space: inout Workspace
    ) -> Outcome {
        let pointer = UInt16(0xc000 | (WireLimit.headerBytes + space.request.name.start(of: zone)))
        let found = model.find(space.request.name, zone: zone, pods: configuration.pods)
        let type = space.request.type
        if type == .any, found.exists { return finish(minimalAny(&space), &space, isOurs: true) }
        switch found {
        case .nothing:
            if configuration.completesNames, type == .a || type == .aaaa,
                let outcome = completeName(zone: zone, client, message, model, &space)
            {
                return outcome
            }
            return negative(.nameError, model, zone: pointer, &space)
        case .unready: return negative(.nameError, model, zone: pointer, &space)
        case .alias(let service):
            return follow(service, from: space.request.name.name, client, message, model, &space)
        default:
            let isTruncated = write(found, type, owner: nil, model, &space)
            if space.writer.answerCount == 0, !isTruncated { return negative(.noError, model, zone: pointer, &space) }
            return finish(.noError, &space, isOurs: true, isTruncated: isTruncated)
        }
    }

    func negative(_ code: ResponseCode, _ model: DNSModel, zone pointer: UInt16?, _ space: inout Workspace) -> Outcome {
        records.writeAuthority(&space.writer, .authority, serial: model.serial, zone: pointer)
        return finish(code, &space, isOurs: true)
    }

    /// The records of one type that a name has.
    ///
    /// - Parameter owner: Wire form; nil: the name in question.
    /// - Returns: Whether some did not fit.
    func write(
        _ found: ClusterName, _ type: RecordType, owner: [UInt8]?, _ model: DNSModel, _ space: inout Workspace
    ) -> Bool {
        let ttl = configuration.ttl
        switch (found, type) {
        case (.clusterIP(let service), .a):
            let address = model.services[service].ipv4
            return address != 0 && !writeAddress(.a, UInt128(address), owner, &space.writer)
        case (.clusterIP(let service), .aaaa):
            let address = model.services[service].ipv6
            return address != 0 && !writeAddress(.aaaa, address, owner, &space.writer)
        case (.headless(let service), .a):
            space.turn &+= 1
            guard let list = model.services[service].headless?.ipv4, !list.isEmpty else { return false }
            return writeAddresses(count: list.count, .a, owner, &space) { UInt128(list[$0]) }
        case (.headless(let service), .aaaa):
            space.turn &+= 1
            guard let list = model.services[service].headless?.ipv6, !list.isEmpty else { return false }
            return writeAddresses(count: list.count, .aaaa, owner, &space) { list[$0] }
        case (.endpoint(let service, let label), .a), (.endpoint(let service, let label), .aaaa):
            let name = owner == nil ? space.request.name : space.other
            let family: IPFamily = type == .a ? .ipv4 : .ipv6
            let list = model.endpoints(of: service, named: name.label(label)).filter { $0.family == family }
            space.turn &+= 1
            return !list.isEmpty && writeAddresses(count: list.count, type, owner, &space) { list[$0].address }
        case (.pod(let address), .a), (.pod(let address), .aaaa):
            guard (address.family == .ipv4) == (type == .a) else { return false }
            return !writeAddress(type, address.number, owner, &space.writer)
        case (.nameServer, .a), (.nameServer, .aaaa): return writeServerAddresses(type, owner, .answer, &space.writer)
        case (.ports(let service, let port, let transport), .srv):
            return writePorts(of: service, (space.request.name.label(port), transport), model, &space)
        case (.clusterIP(let service), .srv), (.headless(let service), .srv):
            return writePorts(of: service, nil, model, &space)
        case (.schemaVersion, .txt):
            let text = ZoneConfiguration.schemaVersion.utf8
            return !space.writer.record(.answer) { writer in
                writer.put(UInt16(0xc00c))
                writer.data(.txt, ttl: ttl) { writer in
                    writer.put(UInt8(text.count))
                    writer.put(text)
                }
            }
        case (.apex, .soa):
            records.writeAuthority(&space.writer, .answer, serial: model.serial, zone: 0xc00c)
            return false
        case (.apex, .ns):
            let server = records.server
            let fits = space.writer.record(.answer) { writer in
                writer.put(UInt16(0xc00c))
                writer.data(.ns, ttl: ttl) { $0.name(server) }
            }
            for type in [RecordType.a, .aaaa] { _ = writeServerAddresses(type, server, .additional, &space.writer) }
            return !fits
        default: return false
        }
    }

    private func writeServerAddresses(
        _ type: RecordType, _ owner: [UInt8]?, _ section: MessageWriter.Section, _ writer: inout MessageWriter
    ) -> Bool {
        var isTruncated = false
        for address in configuration.serverAddresses where (address.family == .ipv4) == (type == .a) {
            if !writeAddress(type, address.number, owner, &writer, in: section) { isTruncated = true }
        }
        return isTruncated
    }

    /// Returns false when it did not fit.
    func writeAddress(
        _ type: RecordType, _ number: UInt128, _ owner: [UInt8]?, _ writer: inout MessageWriter,
        in section: MessageWriter.Section = .answer
    ) -> Bool {
        guard let owner else { return writer.questionAddress(type, ttl: configuration.ttl, number) }
        let bytes = type == .a ? 4 : 16
        return writer.record(section) { writer in
            writer.name(owner)
            writer.fixed(type, ttl: configuration.ttl, data: bytes)
            writer.address(number, bytes: bytes)
        }
    }

    /// Every address, from another one on each time. Returns whether some did not fit.
    private func writeAddresses(
        count: Int, _ type: RecordType, _ owner: [UInt8]?, _ space: inout Workspace, _ address: (Int) -> UInt128
    ) -> Bool {
        let first = Int(space.turn % UInt32(count))
        for offset in 0..<count {
            let index = first + offset < count ? first + offset : first + offset - count
            if !writeAddress(type, address(index), owner, &space.writer) { return true }
        }
        return false
    }
}
