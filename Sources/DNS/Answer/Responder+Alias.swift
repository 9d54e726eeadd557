// Names that lead to other names: ExternalName Services, and names completed for the client.
extension Responder {
    /// Answers with the alias and goes on to where it leads.
    func follow(
        _ service: Int, from owner: DNSName, _ client: Client, _ message: UnsafeRawBufferPointer, _ model: DNSModel,
        _ space: inout Workspace, after earlier: [ForwardJob.Alias] = []
    ) -> Outcome {
        var aliases = earlier
        var owner = owner
        var service = service
        while true {
            guard let target = model.services[service].externalName else {
                return finish(.serverFailure, &space)
            }
            aliases.append(ForwardJob.Alias(owner: owner, target: target, ttl: configuration.ttl))
            if space.request.type == .cname || aliases.count > ZoneConfiguration.aliasesMax {
                return conclude(aliases, .noError, &space)
            }
            guard target.isWithin(configuration.domain) else {
                if space.request.type == .any { return conclude(aliases, .noError, &space) }
                return .forward(job(message, client, space, targets: [target], aliases: aliases, purpose: .alias))
            }
            space.other.set(target)
            guard let zone = space.other.ending(with: configuration.domain) else { return finish(.serverFailure, &space) }
            let found = model.find(space.other, zone: zone, pods: configuration.pods)
            if case .alias(let next) = found {
                service = next
                owner = target
                continue
            }
            return arrive(at: found, target, aliases, model, &space)
        }
    }

    /// Aliases, then the records of the name that they lead to, which `space.other` holds.
    private func arrive(
        at found: ClusterName, _ target: DNSName, _ aliases: [ForwardJob.Alias], _ model: DNSModel,
        _ space: inout Workspace
    ) -> Outcome {
        guard write(aliases, &space.writer) else { return finish(.noError, &space, isOurs: true, isTruncated: true) }
        let before = space.writer.answerCount
        var isTruncated = false
        if space.request.type == .a || space.request.type == .aaaa {
            isTruncated = write(found, space.request.type, owner: target.wire, model, &space)
        }
        if space.writer.answerCount == before, !isTruncated {
            return negative(found.exists ? .noError : .nameError, model, zone: nil, &space)
        }
        return finish(.noError, &space, isOurs: true, isTruncated: isTruncated)
    }

    private func conclude(_ aliases: [ForwardJob.Alias], _ code: ResponseCode, _ space: inout Workspace) -> Outcome {
        let fits = write(aliases, &space.writer)
        return finish(code, &space, isOurs: true, isTruncated: !fits)
    }

    private func write(_ aliases: [ForwardJob.Alias], _ writer: inout MessageWriter) -> Bool {
        aliases.allSatisfy { $0.write(&writer, ttl: $0.ttl) }
    }

    /// Walks the client's search list here instead of having it ask for one name after another.
    ///
    /// - Parameter zone: Where the zone begins in the question.
    /// - Returns: Nil when the question is not the first of such a walk.
    func completeName(
        zone: Int, _ client: Client, _ message: UnsafeRawBufferPointer, _ model: DNSModel, _ space: inout Workspace
    ) -> Outcome? {
        guard zone >= 3, let pod = model.pods.entry(client.address), case .cluster(let extra) = pod.search,
            space.request.name.label(zone - 1, equals: "svc"),
            space.request.name.label(zone - 2) == pod.namespace.dropFirst()
        else { return nil }
        let question = space.request.name
        let base = question.wire(before: zone - 2)
        let svc = DNSName(unchecked: Self.serviceLabel + records.domain)
        let searches = [svc, configuration.domain] + model.nodeSearches + extra
        var elsewhere: [DNSName] = []
        for search in searches + [DNSName.root] {
            guard let candidate = DNSName(unchecked: search.wire).prefixed(by: base) else { continue }
            guard candidate.isWithin(configuration.domain) else {
                // A single label is the name of a Service that is not there (yet); its denial waits for nobody.
                guard zone > 3 else { continue }
                if elsewhere.count < ZoneConfiguration.completionsMax, !elsewhere.contains(candidate) {
                    elsewhere.append(candidate)
                }
                continue
            }
            space.other.set(candidate)
            guard let inner = space.other.ending(with: configuration.domain) else { continue }
            let found = model.find(space.other, zone: inner, pods: configuration.pods)
            guard found.isTarget else { continue }
            space.completions += 1
            space.source = .autopath
            let alias = ForwardJob.Alias(owner: question.name, target: candidate, ttl: configuration.ttl)
            if case .alias(let service) = found {
                return follow(service, from: candidate, client, message, model, &space, after: [alias])
            }
            return arrive(at: found, candidate, [alias], model, &space)
        }
        guard !elsewhere.isEmpty else { return nil }
        return .forward(job(message, client, space, targets: elsewhere, purpose: .completion(serial: model.serial)))
    }
}
