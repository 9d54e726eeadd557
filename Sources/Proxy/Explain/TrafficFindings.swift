import API
import JSON
import NetworkTypes

/// What the Service's own fields and its endpoints say about a connection: traffic policies, source ranges, hints, affinity.
package struct TrafficFindings {
    private let question: ConnectionQuestion
    private let service: Service
    private let port: ServicePort
    private let objects: ClusterObjects

    package private(set) var findings: [Finding] = []
    /// Who may answer; empty when something blocks.
    package private(set) var candidates: [Candidate] = []

    /// Nil for a question that names no Service.
    package init?(_ question: ConnectionQuestion, _ objects: ClusterObjects) {
        guard let service = question.service, let port = question.servicePort else { return nil }
        self.question = question
        self.service = service
        self.port = port
        self.objects = objects
        walk()
    }

    private var nodeName: String { question.nodeName ?? "" }
    private var isExternal: Bool { question.way != .clusterIP }
    /// Traffic that enters from outside by a frontend of policy `Local`; inside the cluster such a frontend reaches everybody.
    private var staysLocal: Bool {
        isExternal
            ? service.spec.externalTrafficPolicy == "Local" && question.isFromOutside
            : service.spec.internalTrafficPolicy == "Local"
    }

    private mutating func walk() {
        let known = endpoints()
        if question.way == .loadBalancer, !sourceIsAllowed() { return }
        let node = objects.node(nodeName)
        let selection = EndpointSelection.select(known, nodeName: nodeName, zone: node?.zone)
        let usable = staysLocal ? selection.local : selection.cluster
        guard !usable.isEmpty else { return nobody(known, selection) }
        candidates = weighed(usable, known).map(candidate)
        split()
        policyNote(selection)
        endpointsNote(known, usable)
        affinityNote()
        if let note = EndpointTrouble(service: service, port: port, objects: objects).undeclaredPort() { findings.append(note) }
    }

    private func endpoints() -> [ProxyEndpoint] { endpoints(service, port.name) }

    private func endpoints(_ service: Service, _ port: String) -> [ProxyEndpoint] {
        let change = ServiceChange(
            name: service.key, service: ProxyService(service),
            slices: objects.slices(of: service.key).compactMap(ProxySlice.init))
        return change.endpoints(port: port, transport: question.transport, family: question.family, nodeName: nodeName)
    }

    /// Without those that an annotation takes out of the draw.
    private func weighed(_ usable: [Backend], _ known: [ProxyEndpoint]) -> [Backend] {
        let idle = Set(known.filter { $0.weight == 0 }.map(\.backend))
        return usable.filter { !idle.contains($0) }
    }

    /// Adds the endpoints of the Service that takes a part of the connections.
    private mutating func split() {
        guard let split = ServiceOptions(service.metadata).split, let other = objects.services[split.service] else { return }
        let ports = other.spec.ports.filter { $0.transport == port.transport }
        guard let target = ports.first(where: { $0.name == port.name }) ?? ports.first(where: { $0.port == port.port }) else {
            return
        }
        let known = endpoints(other, target.name)
        let selection = EndpointSelection.select(known, nodeName: nodeName, zone: objects.node(nodeName)?.zone)
        let others = weighed(staysLocal ? selection.local : selection.cluster, known).map(candidate)
        guard !others.isEmpty else { return }
        candidates = (split.percent == 100 ? [] : candidates) + others
        findings.append(
            Finding(
                "split", .note,
                "\(split.percent) % of new connections go to Service \(split.service)", details: others.map(\.text)
            ))
    }

    private func candidate(_ backend: Backend) -> Candidate {
        let pod = objects.pod(at: backend.address)
        let host = objects.node(at: backend.address)
        return Candidate(backend: backend, pod: pod?.key, nodeName: pod?.spec.nodeName ?? host?.metadata.name)
    }

    // MARK: What blocks

    private mutating func sourceIsAllowed() -> Bool {
        guard let served = ProxyService(service), !served.sourceRanges.isEmpty else { return true }
        let ranges = served.sourceRanges.filter { $0.family == question.family }
        if ranges.isEmpty || ranges.contains(where: { $0.contains(question.sourceAddress) }) { return true }
        let list = ranges.map(\.description).joined(separator: ", ")
        findings.append(
            Finding(
                "policy", .blocks,
                "loadBalancerSourceRanges let in \(list), not \(question.sourceAddress): packets are dropped without an answer",
                remedy: "add \(CIDR(host: question.sourceAddress)) to spec.loadBalancerSourceRanges of service \(service.key)"))
        return false
    }

    private mutating func nobody(_ known: [ProxyEndpoint], _ selection: EndpointSelection) {
        if staysLocal, !selection.cluster.isEmpty {
            let field = isExternal ? "externalTrafficPolicy" : "internalTrafficPolicy"
            let check =
                service.spec.healthCheckNodePort > 0
                ? " (health check node port \(service.spec.healthCheckNodePort) tells which)" : ""
            let places = Set(selection.cluster.compactMap { candidate($0).nodeName }).sorted().joined(separator: ", ")
            findings.append(
                Finding(
                    "policy", .blocks,
                    "\(field) is Local, and \(nodeName) has no usable endpoint: packets are dropped without an answer",
                    details: ["usable endpoints: \(selection.cluster.count), on \(places.isEmpty ? "no known node" : places)"],
                    remedy: isExternal
                        ? "send to \(places.isEmpty ? "a node with an endpoint" : places)\(check), or set \(field): Cluster"
                        : "run an endpoint on \(nodeName), or set \(field): Cluster"))
            return
        }
        let ready = objects.slices(of: service.key).flatMap(\.endpoints).count(where: \.isReady)
        var finding = EndpointTrouble(service: service, port: port, objects: objects).finding(ready: ready)
        let other = objects.slices(of: service.key).filter { $0.family == question.family }
        if other.isEmpty, ready > 0, known.isEmpty {
            finding = Finding(
                "endpoints", .blocks,
                "Service \(service.key) has \(ready) ready endpoints, none of \(question.family.kubernetesName)",
                remedy: "the pods need an address of \(question.family.kubernetesName), or the client must use the other family")
        }
        findings.append(finding)
    }

    // MARK: What is worth knowing

    private mutating func policyNote(_ selection: EndpointSelection) {
        let field = isExternal ? "externalTrafficPolicy" : "internalTrafficPolicy"
        let value = isExternal ? service.spec.externalTrafficPolicy : service.spec.internalTrafficPolicy
        guard value == "Local" else {
            findings.append(Finding("policy", .passes, "\(field) Cluster: every endpoint may answer"))
            return
        }
        findings.append(
            staysLocal
                ? Finding("policy", .passes, "\(field) Local: only endpoints on \(nodeName), source address kept")
                : Finding("policy", .passes, "\(field) Local, but traffic from inside the cluster reaches every endpoint"))
    }

    private mutating func endpointsNote(_ known: [ProxyEndpoint], _ usable: [Backend]) {
        let ready = known.count(where: \.isReady)
        var details: [String] = []
        for endpoint in known.sorted(by: { $0.backend < $1.backend }).prefix(Self.linesMax) {
            let about = candidate(endpoint.backend)
            let state =
                endpoint.isReady
                ? "ready" : endpoint.isServing && endpoint.isTerminating ? "terminating, still serves" : "not ready"
            let chosen = usable.contains(endpoint.backend) ? "" : ", not used"
            let why = endpoint.isReady ? nil : about.pod.flatMap(objects.pod).flatMap(PodTrouble.text)
            details.append(
                "\(about.text)\(about.nodeName.map { " on \($0)" } ?? ""): \(state)\(chosen)\(why.map { ", \($0)" } ?? "")")
        }
        if known.count > Self.linesMax { details.append("and \(known.count - Self.linesMax) more") }
        let hinted = ready > usable.count && !staysLocal && ready > 0
        if ready == 0 { details.append("none is ready: those that still serve while they terminate are used") }
        if hinted { details.append("topology hints keep the others away from \(nodeName)") }
        findings.append(
            Finding(
                "endpoints", .passes,
                "\(usable.count) of \(known.count) may answer: \(ready) ready",
                details: details,
                facts: [
                    "usable": .array(usable.map { .string($0.text) }), "ready": .int(Int64(ready)),
                    "known": .int(Int64(known.count)),
                ]))
        let away = Set(usable.compactMap { candidate($0).nodeName }).filter { objects.node($0)?.isReady == false }.sorted()
        if !away.isEmpty {
            findings.append(
                Finding(
                    "nodes", .note, "\(away.joined(separator: ", ")) is not Ready: its endpoints may not answer",
                    remedy: "kubectl describe node \(away[0])"))
        }
    }

    private mutating func affinityNote() {
        guard service.spec.sessionAffinity == "ClientIP" else { return }
        let seconds = service.spec.clientIPAffinityTimeoutSeconds ?? 10800
        findings.append(
            Finding(
                "affinity", .note,
                "sessionAffinity ClientIP: a client stays with its first endpoint for \(seconds) s after its last connection"
            ))
    }

    private static let linesMax = 12
}
