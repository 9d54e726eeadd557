import API
import NetworkTypes

/// Expectations over a model: which probes each line stands for.
package struct ExpectationPlan: Sendable {
    package var expectations: Expectations
    package var plan: ProbePlan
    /// For each line the positions of its probes.
    package var probesOfLine: [[Int]]
    /// Positions of probes that only `default` speaks of.
    package var otherProbes: [Int] = []

    /// - Throws: Every line that names nobody, or a port that its destinations do not have.
    package init(_ expectations: Expectations, _ model: LabModel, _ options: ProbeOptions) throws(InputRefusal) {
        self.expectations = expectations
        plan = ProbePlan()
        probesOfLine = []
        var problems: [InputProblem] = []
        for line in expectations.lines {
            do throws(FlowPatternError) {
                let probes = try FlowExpansion(model, options).probes(of: line.flow)
                probesOfLine.append(probes.map { plan.add($0) })
            } catch {
                problems.append(InputProblem("\(line.title): \(error)", at: line.place))
            }
        }
        guard problems.isEmpty else { throw InputRefusal(problems) }
        guard expectations.otherwise != nil else { return }
        for probe in ProbePlan.allPairs(model, options).probes where plan.position(of: probe) == nil {
            otherProbes.append(plan.add(probe))
        }
    }
}

/// Turns one pattern into probes.
package struct FlowExpansion: Sendable {
    private let model: LabModel
    private let options: ProbeOptions

    package init(_ model: LabModel, _ options: ProbeOptions) {
        self.model = model
        self.options = options
    }

    /// - Throws: When one side names nobody, or no probe is left.
    package func probes(of flow: FlowPattern) throws(FlowPatternError) -> [Probe] {
        let sources = try hosts(flow.source)
        if case .service(let name) = flow.destination { return try throughService(sources, name, flow.ports) }
        let destinations = try hosts(flow.destination)
        let isOwn = isOnePod(flow, sources)
        var probes: [Probe] = []
        var hasPort = false
        for destination in destinations {
            let ports = try ports(of: destination, flow.ports)
            hasPort = hasPort || !ports.isEmpty
            for source in sources where source != destination || isOwn {
                for family in options.families where has(source, family) && has(destination, family) {
                    probes += ports.map { Probe(from: source, to: destination, $0, family: family) }
                }
            }
        }
        if !hasPort { throw FlowPatternError("no destination has the port that is named") }
        if probes.isEmpty {
            throw FlowPatternError("source and destination have no address family in common, or are the same pod")
        }
        return probes
    }

    /// Whether both sides name one pod, and not a workload that happens to have one: then its way to itself is meant.
    private func isOnePod(_ flow: FlowPattern, _ sources: [LabHost]) -> Bool {
        guard flow.source == flow.destination, sources.count == 1, case .pod(let index) = sources[0] else { return false }
        return switch flow.source {
        case .pods(_, let name): name == model.pods[index].name
        case .address: true
        default: false
        }
    }

    private func hosts(_ pattern: EndpointPattern) throws(FlowPatternError) -> [LabHost] {
        switch pattern {
        case .node: return [.node]
        case .outside(let name):
            guard let index = model.outside.firstIndex(where: { $0.name == name }) else {
                throw FlowPatternError("'outside' has no host named '\(name)'")
            }
            return [.outside(index)]
        case .address(let address):
            if let index = model.pods.firstIndex(where: { $0.addresses.contains(address) }) { return [.pod(index)] }
            guard let index = model.outside.firstIndex(where: { $0.addresses.contains(address) }) else {
                throw FlowPatternError("nobody has the address \(address)")
            }
            return [.outside(index)]
        case .pods, .labelled, .service:
            let found = model.pods.indices.filter { !model.pods[$0].isOnHostNetwork && pattern.matches(model.pods[$0]) }
            if found.isEmpty { throw FlowPatternError("no pod matches\(Self.suggestion(pattern, model))") }
            return found.map { .pod($0) }
        }
    }

    private static func suggestion(_ pattern: EndpointPattern, _ model: LabModel) -> String {
        guard case .pods(let namespace, let name) = pattern else { return "" }
        if !model.pods.contains(where: { Glob.matches(namespace, $0.namespace) }) {
            let names = Set(model.pods.map(\.namespace)).sorted().prefix(8).joined(separator: ", ")
            return " \(namespace)/\(name): the input has \(names.isEmpty ? "no pods" : "pods in \(names)")"
        }
        let names = Set(model.pods.filter { Glob.matches(namespace, $0.namespace) }.map(\.workload.name))
        return
            " \(namespace)/\(name): there \(names.count == 1 ? "is" : "are") \(names.sorted().prefix(8).joined(separator: ", "))"
    }

    private func has(_ host: LabHost, _ family: IPFamily) -> Bool {
        switch host {
        case .pod(let index): model.pods[index].address(family) != nil
        case .outside(let index): model.outside[index].address(family) != nil
        case .node: true
        }
    }

    private func ports(of host: LabHost, _ pattern: PortPattern) throws(FlowPatternError) -> [ListeningPort] {
        let listening: [ListeningPort]
        var declared: [ContainerPortNumber] = []
        switch host {
        case .pod(let index):
            listening = options.ports(of: model.pods[index])
            declared = model.pods[index].ports
        case .outside, .node: listening = [ProbeOptions.outsidePort]
        }
        if pattern.numbers.isEmpty { return listening }
        var found: Set<ListeningPort> = []
        for number in pattern.numbers {
            switch number {
            case .number(let port):
                for transport in pattern.transports.isEmpty ? [.tcp] : pattern.transports {
                    found.insert(ListeningPort(transport: transport, number: port))
                }
            case .named(let name):
                for port in declared where port.name == name {
                    guard pattern.transports.isEmpty || pattern.transports.contains(port.transport) else { continue }
                    if let listening = port.listening { found.insert(listening) }
                }
            }
        }
        return found.sorted()
    }

    private func throughService(
        _ sources: [LabHost], _ name: NamespacedName, _ pattern: PortPattern
    ) throws(FlowPatternError) -> [Probe] {
        guard let service = model.services.first(where: { $0.key == name }) else {
            let names = model.services.prefix(8).map(\.key.description).joined(separator: ", ")
            throw FlowPatternError("the input has no Service \(name): \(names.isEmpty ? "it has none" : "it has \(names)")")
        }
        guard !service.addresses.isEmpty else { throw FlowPatternError("Service \(name) has no virtual address") }
        var probes: [Probe] = []
        for entry in service.entries where Self.means(pattern, entry) {
            for (number, backend) in entry.backends.enumerated() {
                guard let index = model.pods.firstIndex(where: { $0.key == backend.pod }) else { continue }
                for family in options.families {
                    guard let address = service.address(family), model.pods[index].address(family) != nil else { continue }
                    let door = ServiceDoor(service: name, address: address, port: entry.port, backend: number)
                    for source in sources where source != .pod(index) && has(source, family) {
                        probes.append(
                            Probe(from: source, to: .pod(index), backend.port, family: family, service: door))
                    }
                }
            }
        }
        if probes.isEmpty { throw FlowPatternError("Service \(name) has no such port, or no pod behind it") }
        return probes
    }

    private static func means(_ pattern: PortPattern, _ entry: LabService.Entry) -> Bool {
        if !pattern.transports.isEmpty, !pattern.transports.contains(entry.port.transport) { return false }
        if pattern.numbers.isEmpty { return true }
        return pattern.numbers.contains { number in
            switch number {
            case .number(let port):
                entry.port.number == port && (!pattern.transports.isEmpty || entry.port.transport == .tcp)
            case .named(let name): entry.name == name
            }
        }
    }
}
