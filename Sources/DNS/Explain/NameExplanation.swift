import NetworkTypes

/// How a pod's resolver is set up, as its `/etc/resolv.conf` says.
package struct ResolverSetup: Hashable, Sendable {
    package var searches: [DNSName]
    package var ndots: Int
    /// Other name servers than the cluster's, which this pod asks instead.
    package var foreignServers: [String]

    package init(searches: [DNSName], ndots: Int, foreignServers: [String] = []) {
        self.searches = searches
        self.ndots = ndots
        self.foreignServers = foreignServers
    }

    /// Names in the order in which glibc and musl ask for them. A dot at the end stops the search.
    package func candidates(_ text: String) -> [DNSName] {
        if let address = IPAddress(parsing: text) { return [AddressLabel.reverseName(address)] }
        guard let bare = DNSName(parsing: text) else { return [] }
        if text.hasSuffix(".") { return [bare] }
        let completed = searches.compactMap { $0.prefixed(by: bare.wire.dropLast()) }
        let dots = text.count { $0 == "." }
        return dots >= ndots ? [bare] + completed : completed + [bare]
    }
}

/// What becomes of a name, one step of the search after another.
package struct NameExplanation: Hashable, Sendable {
    package enum Result: Hashable, Sendable {
        /// Records, or none of the types asked for: the search ends here.
        case answers([String])
        case noSuchName
        /// Somebody else is asked.
        case forwarded([String])
    }

    package struct Step: Hashable, Sendable {
        package var name: DNSName
        package var result: Result
        /// `Service default/web`; empty: no object.
        package var object: String
        /// Why the result is what it is.
        package var reason: String
    }

    package var steps: [Step]

    /// The step at which the client stops asking: the first with an answer, or one that others have to answer.
    package var end: Step? {
        steps.first { if case .noSuchName = $0.result { false } else { true } }
    }

    package var isResolved: Bool { if case .answers(let list) = end?.result { !list.isEmpty } else { false } }
}

/// Explains names from the same model that answers them.
package struct NameExplainer {
    private let responder: Responder
    private let forward: ForwardConfiguration
    private let model: DNSModel

    package init(_ zone: ZoneConfiguration, _ forward: ForwardConfiguration, _ model: DNSModel) {
        var plain = zone
        // Each step is shown as the resolver takes it; completing would fold them into the first.
        plain.completesNames = false
        responder = Responder(plain)
        self.forward = forward
        self.model = model
    }

    package func explain(_ text: String, for setup: ResolverSetup) -> NameExplanation {
        var steps: [NameExplanation.Step] = []
        for candidate in setup.candidates(text) {
            let step = explain(candidate)
            steps.append(step)
            if case .noSuchName = step.result { continue }
            break
        }
        return NameExplanation(steps: steps)
    }

    private func explain(_ name: DNSName) -> NameExplanation.Step {
        var records: [String] = []
        var exists = false
        for type in Self.types(name) {
            switch ask(name, type) {
            case .forward(let job):
                let servers = forward.upstreams(for: job.targets.first ?? name).map(\.description)
                let alias = job.aliases.map { "\($0.owner) CNAME \($0.target)" }
                let reason =
                    servers.isEmpty ? "no server to ask is configured: the answer is SERVFAIL" : "not a name of the cluster"
                return .init(
                    name: name, result: .forwarded(servers), object: object(name)?.name ?? "",
                    reason: (alias + [reason]).joined(separator: "; "))
            case .reply(let found, let code):
                exists = exists || code == .noError
                records += found.filter { !records.contains($0) }
            case .none: break
            }
        }
        let (object, reason) = object(name) ?? ("", "not a name that the cluster gives")
        return .init(name: name, result: exists ? .answers(records) : .noSuchName, object: object, reason: reason)
    }

    /// What somebody who asks for such a name wants to know.
    private static func types(_ name: DNSName) -> [RecordType] {
        if AddressLabel.reverse(QuestionName(name)) != nil { return [.ptr] }
        let first = name.labels.first ?? []
        if first.first == UInt8(ascii: "_") { return [.srv] }
        return first == ArraySlice("dns-version".utf8) ? [.txt] : [.a, .aaaa]
    }

    private enum Reply { case reply([String], ResponseCode), forward(ForwardJob), none }

    private func ask(_ name: DNSName, _ type: RecordType) -> Reply {
        var space = Workspace()
        var buffer = [UInt8](repeating: 0, count: WireLimit.messageBytes)
        let outcome = Request.message(id: 0, name, type).withUnsafeBytes { message in
            buffer.withUnsafeMutableBytes {
                responder.answer(message, from: Client(.v4(IPv4Address(0)), .tcp), model: model, into: $0, &space)
            }
        }
        switch outcome {
        case .drop: return .none
        case .forward(let job): return .forward(job)
        case .reply(let bytes, let code):
            let answer = try? MessageReader.read(Array(buffer[..<bytes]))
            return .reply(answer?.answers.map { "\($0.type) \($0.dataText)" } ?? [], code)
        }
    }

    /// The object behind a name, and what it has to say.
    private func object(_ name: DNSName) -> (name: String, reason: String)? {
        let question = QuestionName(name)
        let domain = responder.configuration.domain
        guard let zone = question.ending(with: domain) else {
            guard let address = AddressLabel.reverse(question) else { return ("", "not a name of the cluster") }
            return reverseObject(address)
        }
        if zone >= 1, question.label(zone - 1, equals: "pod") { return podObject(question, zone) }
        guard zone >= 1, question.label(zone - 1, equals: "svc") else { return nil }
        func text(_ label: Int) -> String { String(decoding: question.label(label), as: UTF8.self) }
        guard zone >= 2 else { return ("", "the zone of all Services") }
        let namespace = text(zone - 2)
        guard model.hasNamespace(question.label(zone - 2)) else { return ("", "there is no namespace '\(namespace)'") }
        guard zone >= 3 else { return ("Namespace \(namespace)", "a namespace has no address") }
        let service = "\(namespace)/\(text(zone - 3))"
        guard let index = model.find(question.bytes[question.start(of: zone - 3)..<question.start(of: zone - 1)]),
            model.services[index].kind != .absent
        else { return ("", "there is no Service \(service)" + elsewhere(text(zone - 3))) }
        return ("Service \(service)", reason(index, question, labels: zone - 3))
    }

    /// Where a Service of this name is, when it is not where it was looked for: the usual mistake.
    private func elsewhere(_ name: String) -> String {
        let namespaces = model.services.filter { $0.kind != .absent && $0.name == ArraySlice(name.utf8) }
            .map { String(decoding: $0.namespace, as: UTF8.self) }.sorted()
        guard let first = namespaces.first else { return "" }
        let list = namespaces.prefix(Self.hintsMax).map { "'\($0)'" }.joined(separator: ", ")
        return "; there is one in \(list): ask for \(name).\(first)"
    }

    private static let hintsMax = 3

    private static func text(_ question: QuestionName, _ label: Int) -> String {
        String(decoding: question.label(label), as: UTF8.self)
    }

    private func reverseObject(_ address: IPAddress) -> (name: String, reason: String) {
        if let index = model.service(clusterIP: address) {
            return ("Service \(model.services[index].objectKey)", "\(address) is its cluster IP")
        }
        let owners = model.services(endpoint: address).map { "\(model.services[$0].objectKey)" }
        if !owners.isEmpty { return ("Service \(owners.joined(separator: ", "))", "\(address) is an endpoint of it") }
        let isOwn = responder.configuration.ownRanges.contains { $0.contains(address) }
        return ("", isOwn ? "no Service has \(address), and no endpoint" : "\(address) is not the cluster's")
    }

    private func podObject(_ question: QuestionName, _ zone: Int) -> (name: String, reason: String) {
        guard zone >= 2 else { return ("", "the zone of all pods") }
        let namespace = Self.text(question, zone - 2)
        guard model.hasNamespace(question.label(zone - 2)) else { return ("", "there is no namespace '\(namespace)'") }
        guard zone == 3, let address = AddressLabel.parse(question.label(0)) else {
            return ("Namespace \(namespace)", "pods are called by their addresses with dashes here")
        }
        let pod = model.pods.name(address).map { "Pod \($0)" }
        return (pod ?? "", "the address in the name" + (pod == nil ? "; whether there is such a pod is not looked at" : ""))
    }

    private func reason(_ index: Int, _ question: QuestionName, labels: Int) -> String {
        let service = model.services[index]
        let slices = model.slices(of: index)
        let all = slices.flatMap(\.endpoints)
        let port = labels == 2 ? "\(Self.text(question, 0)).\(Self.text(question, 1))" : ""
        let ready = all.count(where: \.isReady)
        let label = labels > 0 ? String(decoding: question.label(labels - 1), as: UTF8.self) : ""
        switch (service.kind, labels) {
        case (.externalName, 0): return "another name for \(service.externalName?.description ?? "nothing")"
        case (.externalName, _): return "an ExternalName Service has no names below it"
        case (.clusterIP, 0): return "its cluster IP; \(ready) of \(all.count) endpoints ready"
        case (.headless, 0):
            if all.isEmpty { return "headless, and no pod matches its selector" }
            return "headless: \(ready) of \(all.count) endpoints ready" + (ready == 0 ? ", so the name does not exist yet" : "")
        case (_, 1):
            let named = slices.flatMap { slice in
                slice.endpoints.filter { String(decoding: $0.label(slice.family), as: UTF8.self) == label }
            }
            if named.isEmpty { return "no endpoint is called '\(label)': a pod needs hostname and subdomain" }
            return named.contains(where: \.isReady) ? "the endpoint '\(label)'" : "the endpoint '\(label)' is not ready"
        case (_, 2):
            let names = Set((service.kind == .headless ? slices.flatMap(\.ports) : service.ports).map(\.text)).sorted()
            let named = names.filter { !$0.hasPrefix(".") }
            if named.contains(port) {
                return "the port '\(port)'" + (ready == 0 ? "; \(ready) of \(all.count) endpoints ready" : "")
            }
            let others = named.isEmpty ? ": none has a name" : "; there is \(named.joined(separator: ", "))"
            return "no port is called '\(port)'" + others
        default: return "no name has so many labels"
        }
    }
}
