package import API
package import NetworkTypes

/// Turns what a person typed into a question, or says which part of it leads nowhere.
package struct QuestionResolver {
    package struct Options: Hashable, Sendable {
        /// Nil: that of the Service's port, else TCP.
        package var transport: TransportProtocol?
        /// Nil: the first family in which both ends have an address.
        package var family: IPFamily?
        /// Where traffic from outside arrives; nil: the node that has the destination address, else the first one.
        package var nodeName: String?

        package init(transport: TransportProtocol? = nil, family: IPFamily? = nil, nodeName: String? = nil) {
            self.transport = transport
            self.family = family
            self.nodeName = nodeName
        }
    }

    private let objects: ClusterObjects
    private let options: Options
    package private(set) var findings: [Finding] = []

    /// Nil question: the last finding says why there is none.
    package static func resolve(
        from source: EndText, to target: TargetText, in objects: ClusterObjects, _ options: Options = Options()
    ) -> (question: ConnectionQuestion?, findings: [Finding]) {
        var resolver = QuestionResolver(objects: objects, options: options)
        return (resolver.resolve(source, target), resolver.findings)
    }

    private init(objects: ClusterObjects, options: Options) {
        self.objects = objects
        self.options = options
    }

    private mutating func block(_ step: String, _ summary: String, _ details: [String] = [], remedy: String? = nil) {
        findings.append(Finding(step, .blocks, summary, details: details, remedy: remedy))
    }

    private mutating func resolve(_ source: EndText, _ target: TargetText) -> ConnectionQuestion? {
        guard let start = self.source(source) else { return nil }
        switch target.end {
        case .address(let address): return question(start, address, target.port)
        case .node(let name):
            guard let node = objects.node(name) else {
                block("target", "there is no node \(name)", remedy: "kubectl get nodes")
                return nil
            }
            guard let address = node.address(family(start) ?? .ipv4) else {
                block("target", "node \(name) has no internal address of that family")
                return nil
            }
            return question(start, address, target.port)
        case .pod(let name):
            guard let pod = objects.pod(name), let address = address(of: pod, start, "target") else {
                if objects.pod(name) == nil { block("target", "there is no pod \(name)", remedy: similarPods(name)) }
                return nil
            }
            return question(start, address, target.port)
        case .name(let name): return question(start, service: name, target.port)
        }
    }

    // MARK: The source

    private struct Start {
        var source: ConnectionQuestion.Source
        var addresses: [IPAddress]
        var nodeName: String?
    }

    private mutating func source(_ text: EndText) -> Start? {
        switch text {
        case .node(let name):
            guard let node = objects.node(name) else {
                block("source", "there is no node \(name)", remedy: "kubectl get nodes")
                return nil
            }
            return start(node)
        case .pod(let name), .name(let name):
            guard let pod = objects.pod(name) else {
                block("source", "there is no pod \(name)", remedy: similarPods(name))
                return nil
            }
            return start(pod)
        case .address(let address):
            if let pod = objects.pod(at: address) { return start(pod) }
            if let node = objects.node(at: address) { return start(node) }
            findings.append(Finding("source", .passes, "\(address) is outside of the cluster"))
            return Start(source: .outside, addresses: [address], nodeName: options.nodeName)
        }
    }

    private mutating func start(_ node: Node) -> Start {
        let addresses = node.addresses.filter { $0.type == "InternalIP" }.compactMap { IPAddress(parsing: $0.address) }
        let list = addresses.map(\.description).joined(separator: ", ")
        findings.append(Finding("source", .passes, "node \(node.metadata.name) itself, \(list)"))
        return Start(source: .node(node), addresses: addresses, nodeName: node.metadata.name)
    }

    private mutating func start(_ pod: Pod) -> Start? {
        guard !pod.isFinished else {
            block("source", "pod \(pod.key) has ended (\(pod.status.phase)): nothing runs in it")
            return nil
        }
        guard !pod.addresses.isEmpty else {
            let trouble = PodTrouble.text(pod) ?? pod.status.phase
            block(
                "source", "pod \(pod.key) has no address yet: \(trouble)",
                remedy: "kubectl describe pod -n \(pod.metadata.namespace) \(pod.metadata.name)")
            return nil
        }
        let list = pod.addresses.map(\.description).joined(separator: ", ")
        let shared = pod.spec.hostNetwork ? " in the node's own network" : ""
        findings.append(Finding("source", .passes, "pod \(pod.key) on \(pod.spec.nodeName)\(shared), \(list)"))
        if pod.spec.hostNetwork, let node = objects.node(pod.spec.nodeName) {
            return Start(source: .node(node), addresses: pod.addresses, nodeName: pod.spec.nodeName)
        }
        return Start(source: .pod(pod), addresses: pod.addresses, nodeName: pod.spec.nodeName)
    }

    private func similarPods(_ name: NamespacedName) -> String {
        let elsewhere = objects.pods.filter { $0.metadata.name == name.name }.map { "\($0.key)" }
        let alike = objects.pods.filter {
            $0.metadata.namespace == name.namespace && $0.metadata.name.hasPrefix(name.name + "-")
        }
        let known = (elsewhere + alike.map { "\($0.key)" }).prefix(3)
        return known.isEmpty ? "kubectl get pods -n \(name.namespace)" : "did you mean \(known.joined(separator: ", "))?"
    }

    private mutating func address(of pod: Pod, _ start: Start, _ step: String) -> IPAddress? {
        let wanted = family(start)
        if let found = pod.addresses.first(where: { wanted == nil || $0.family == wanted }) { return found }
        block(step, "pod \(pod.key) has no address\(wanted.map { " of \($0.kubernetesName)" } ?? "")")
        return nil
    }

    /// The only family that the source has, or the one that was asked for.
    private func family(_ start: Start) -> IPFamily? {
        if let family = options.family { return family }
        let families = Set(start.addresses.map(\.family))
        return families.count == 1 ? families.first : nil
    }

    // MARK: The target

    /// To an address, which may be a Service's.
    private mutating func question(_ start: Start, _ address: IPAddress, _ portText: String) -> ConnectionQuestion? {
        let owners = objects.services.values.sorted { $0.key < $1.key }.compactMap { service in
            way(of: address, in: service, portText).map { (service, $0) }
        }
        if let (service, way) = owners.first { return question(start, service, way, address, portText) }
        guard let port = NetworkTypes.Port(exactly: Int(portText) ?? 0), !port.isNone else {
            block("target", "'\(portText)' is no port: only a Service's ports have names")
            return nil
        }
        let what: String
        if let pod = objects.pod(at: address) {
            what = "\(address) is pod \(pod.key) on \(pod.spec.nodeName)"
        } else if let node = objects.node(at: address) {
            what = "\(address) is node \(node.metadata.name), and \(port) is no node port of a Service"
        } else {
            what = "\(address) belongs to no Service, pod or node that the cluster knows"
        }
        findings.append(Finding("target", .passes, what))
        return finish(start, nil, nil, .direct, address, options.transport ?? .tcp, port)
    }

    /// How a Service owns an address: nil when it does not.
    private func way(of address: IPAddress, in service: Service, _ portText: String) -> ConnectionQuestion.Way? {
        func has(_ texts: [String]) -> Bool { texts.contains { IPAddress(parsing: $0) == address } }
        if service.hasClusterIP, has(service.spec.clusterIPs) { return .clusterIP }
        if has(service.status.loadBalancer.map(\.ip)) { return .loadBalancer }
        if has(service.spec.externalIPs) { return .externalIP }
        let isNodePort = service.spec.ports.contains { $0.nodePort > 0 && "\($0.nodePort)" == portText }
        return isNodePort && objects.node(at: address) != nil ? .nodePort : nil
    }

    private mutating func question(_ start: Start, service name: NamespacedName, _ portText: String) -> ConnectionQuestion? {
        guard let service = objects.services[name] else {
            let elsewhere = objects.services.keys.filter { $0.name == name.name }.sorted().map(\.description)
            let alike = objects.services.keys.filter { $0.namespace == name.namespace }.map(\.name).sorted()
            block(
                "service", "there is no Service \(name)",
                alike.isEmpty ? [] : ["Services in \(name.namespace): \(alike.prefix(8).joined(separator: ", "))"],
                remedy: elsewhere.isEmpty
                    ? "kubectl get services -n \(name.namespace)"
                    : "use \(elsewhere.joined(separator: " or ")): a name without a namespace is looked up in the caller's own")
            return nil
        }
        let wanted = family(start)
        if service.spec.type == "ExternalName" {
            findings.append(
                Finding(
                    "service", .unknown,
                    "Service \(name) is only a name: DNS answers \(service.spec.externalName), and no rule takes part",
                    remedy: "ask for that host's address"))
            return nil
        }
        if service.isHeadless { return headless(start, service, portText) }
        guard service.hasClusterIP else {
            block(
                "service", "Service \(name) has no cluster IP yet",
                remedy: "kubectl describe service -n \(name.namespace) \(name.name)")
            return nil
        }
        let addresses = service.spec.clusterIPs.compactMap { IPAddress(parsing: $0) }
        guard let address = addresses.first(where: { wanted == nil || $0.family == wanted }) else {
            let families = service.spec.ipFamilies.joined(separator: ", ")
            block(
                "service", "Service \(name) has no address of \(wanted?.kubernetesName ?? "any family"), only of \(families)",
                remedy: "ipFamilyPolicy: PreferDualStack gives a Service both where the cluster has both")
            return nil
        }
        return question(start, service, .clusterIP, address, portText)
    }

    /// A headless Service: the name resolves to pods, and nothing translates ports.
    private mutating func headless(_ start: Start, _ service: Service, _ portText: String) -> ConnectionQuestion? {
        let slices = objects.slices(of: service.key)
        let ready = slices.flatMap(\.endpoints).filter(\.isReady)
        guard let address = ready.compactMap({ $0.addresses.first.flatMap { IPAddress(parsing: $0) } }).first else {
            let trouble = EndpointTrouble(service: service, objects: objects)
            findings.append(trouble.finding(ready: 0))
            return nil
        }
        let numbers = Set(slices.flatMap(\.ports).compactMap(\.port)).sorted()
        let named = service.spec.ports.first { $0.name == portText }
        guard
            let number = Int(portText)
                ?? named.map({ named in slices.flatMap(\.ports).first { $0.name == named.name }?.port ?? named.port }),
            let port = NetworkTypes.Port(exactly: number)
        else {
            block("service", "headless Service \(service.key) has no port named \(portText)")
            return nil
        }
        findings.append(
            Finding(
                "service", .passes,
                "headless Service \(service.key): its name resolves to its ready endpoints (\(ready.count)), no rule takes part"
            ))
        if !numbers.contains(number) {
            let spoken = service.spec.ports.contains { $0.port == number }
            block(
                "port", "its pods listen on \(numbers.map(String.init).joined(separator: ", ")), not on \(number)",
                spoken
                    ? ["\(number) is the port of the Service; without a cluster IP nothing translates it to the targetPort"] : [],
                remedy: "connect to \(numbers.first.map { "\(service.metadata.name):\($0)" } ?? "the pods' port")")
            return nil
        }
        return finish(start, nil, nil, .direct, address, options.transport ?? .tcp, port)
    }

    private mutating func question(
        _ start: Start, _ service: Service, _ way: ConnectionQuestion.Way, _ address: IPAddress, _ portText: String
    ) -> ConnectionQuestion? {
        if let other = service.metadata.labels[ProxyService.proxyNameLabel] {
            block(
                "service", "Service \(service.key) is served by another proxy, \(other)",
                remedy: "remove the label \(ProxyService.proxyNameLabel) to have it served here")
            return nil
        }
        let list = service.spec.ports.map { port in
            let node = port.nodePort > 0 ? ", node port \(port.nodePort)" : ""
            return "\(port.port)/\(port.transport)\(port.name.isEmpty ? "" : " \(port.name)") -> \(port.targetPort.text)\(node)"
        }
        let matches = service.spec.ports.filter { port in
            (way == .nodePort ? "\(port.nodePort)" == portText : "\(port.port)" == portText || port.name == portText)
                && (options.transport == nil || port.transportProtocol == options.transport)
        }
        guard let found = matches.first, let transport = found.transportProtocol,
            let number = NetworkTypes.Port(exactly: way == .nodePort ? found.nodePort : found.port)
        else {
            wrongPort(service, portText, list)
            return nil
        }
        let shown = list.first { $0.hasPrefix("\(found.port)/\(found.transport)") } ?? "\(found.port)"
        findings.append(
            Finding(
                "service", .passes,
                "\(service.spec.type) Service \(service.key), \(way.rawValue) \(address), port \(shown)"
            ))
        return finish(start, service, found, way, address, transport, number)
    }

    private mutating func wrongPort(_ service: Service, _ portText: String, _ list: [String]) {
        let asTarget = service.spec.ports.first { $0.targetPort.text == portText }
        let asNode = service.spec.ports.first { "\($0.nodePort)" == portText }
        let other = service.spec.ports.first { "\($0.port)" == portText || $0.name == portText }
        let remedy: String
        if let other {
            remedy = "its port \(portText) is \(other.transport): ask with --protocol \(other.transport.lowercased())"
        } else if let asTarget {
            remedy = "\(portText) is the pods' port: clients of the Service use \(asTarget.port)"
        } else if let asNode {
            remedy = "\(portText) is the node port: use it with a node's address, or \(asNode.port) with the Service's"
        } else {
            remedy = "use one of them, or add the port to the Service"
        }
        let transport = options.transport.map { "/\($0.kubernetesName)" } ?? ""
        block(
            "service", "Service \(service.key) has no port \(portText)\(transport): a connection is refused",
            list.map { "port \($0)" },
            remedy: remedy)
    }

    private mutating func finish(
        _ start: Start, _ service: Service?, _ port: ServicePort?, _ way: ConnectionQuestion.Way, _ address: IPAddress,
        _ transport: TransportProtocol, _ number: NetworkTypes.Port
    ) -> ConnectionQuestion? {
        guard let source = start.addresses.first(where: { $0.family == address.family }) else {
            block("source", "the source has no address of \(address.family.kubernetesName), which \(address) is")
            return nil
        }
        let entry = start.nodeName ?? objects.node(at: address)?.metadata.name ?? objects.nodes.map(\.metadata.name).min()
        return ConnectionQuestion(
            source: start.source, sourceAddress: source, service: service, servicePort: port, way: way, address: address,
            transport: transport, port: number, nodeName: entry)
    }
}

extension ServicePort.TargetPort {
    package var text: String {
        switch self {
        case .number(let number): "\(number)"
        case .name(let name): name
        }
    }
}
