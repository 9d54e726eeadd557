import NetworkTypes

// From addresses to names.
extension Responder {
    /// Nil for an address that somebody else may know.
    func answerReverse(_ address: IPAddress, _ model: DNSModel, _ space: inout Workspace) -> Outcome? {
        let names = reverseNames(address, model)
        if names.isEmpty {
            guard configuration.ownRanges.contains(where: { $0.contains(address) }) else { return nil }
            return negativeReverse(.nameError, address, model, &space)
        }
        if space.request.type == .any { return finish(minimalAny(&space), &space, isOurs: true) }
        guard space.request.type == .ptr else { return negativeReverse(.noError, address, model, &space) }
        for name in names {
            let fits = space.writer.record(.answer) { writer in
                writer.put(UInt16(0xc00c))
                writer.data(.ptr, ttl: configuration.ttl) { $0.name(name) }
            }
            if !fits { return finish(.noError, &space, isOurs: true, isTruncated: true) }
        }
        return finish(.noError, &space, isOurs: true)
    }

    /// A Service's own name; else one for each headless Service with this endpoint, for lack of them each other Service.
    func reverseNames(_ address: IPAddress, _ model: DNSModel) -> [[UInt8]] {
        if let service = model.service(clusterIP: address) {
            return [model.services[service].key + Self.serviceLabel + records.domain]
        }
        func names(_ kind: ServiceRecord.Kind) -> [[UInt8]] {
            var result: [[UInt8]] = []
            for index in model.services(endpoint: address) where model.services[index].kind == kind {
                let service = model.services[index]
                for slice in model.slices(of: index) where slice.family == address.family {
                    for endpoint in slice.endpoints where endpoint.isReady && endpoint.address == address.number {
                        let label = endpoint.label(slice.family)
                        let name = [UInt8(label.count)] + label + service.key + Self.serviceLabel + records.domain
                        if !result.contains(name) { result.append(name) }
                    }
                }
            }
            return result
        }
        let headless = names(.headless)
        return headless.isEmpty ? names(.clusterIP) : headless
    }

    /// The zone of the negative answer is the whole reverse tree of the family.
    private func negativeReverse(
        _ code: ResponseCode, _ address: IPAddress, _ model: DNSModel, _ space: inout Workspace
    ) -> Outcome {
        let zone = space.request.name.start(of: address.family == .ipv4 ? 4 : 32)
        _ = space.writer.record(.authority) { writer in
            writer.put(UInt16(0xc000 | (WireLimit.headerBytes + zone)))
            writer.data(.soa, ttl: configuration.ttl) { writer in
                writer.name(records.server)
                writer.name(records.mailbox)
                writer.putTimes(serial: model.serial, minimum: configuration.ttl)
            }
        }
        return finish(code, &space, isOurs: true)
    }
}
