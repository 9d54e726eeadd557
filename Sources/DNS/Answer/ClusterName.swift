import NetworkTypes

/// What a name of the cluster's zone stands for.
///
/// - SeeAlso: Kubernetes DNS-based service discovery 1.1.0; CoreDNS `plugin/kubernetes/parse.go`.
enum ClusterName: Equatable {
    /// No such name.
    case nothing
    /// A Service without addresses to give: headless, and none of its endpoints ready.
    case unready(service: Int)
    /// A name without records of its own: `svc.ZONE`, a namespace, `_tcp` of a Service with ports.
    case empty
    case apex
    case schemaVersion
    case nameServer
    case clusterIP(service: Int)
    case headless(service: Int)
    case alias(service: Int)
    /// One endpoint of a Service; `label` is its place in the question.
    case endpoint(service: Int, label: Int)
    /// `_port._protocol` of a Service; the two labels' places in the question.
    case ports(service: Int, port: Int, transport: TransportProtocol)
    case pod(IPAddress)

    /// There is something at this name, or at least a place for it: no NXDOMAIN.
    var exists: Bool {
        switch self {
        case .nothing, .unready: false
        default: true
        }
    }

    /// Somebody who looks for an address has arrived.
    var isTarget: Bool {
        switch self {
        case .clusterIP, .headless, .alias, .endpoint, .pod, .nameServer: true
        default: false
        }
    }
}

extension DNSModel {
    /// - Parameter zone: The label of the question at which the zone's name begins.
    func find(_ name: QuestionName, zone: Int, pods mode: ZoneConfiguration.PodMode) -> ClusterName {
        guard zone > 0 else { return .apex }
        let last = zone - 1
        if name.label(last, equals: "svc") { return findService(name, last) }
        if name.label(last, equals: "pod") { return mode == .disabled ? .nothing : findPod(name, last, mode) }
        if last == 0 {
            if name.label(0, equals: "dns-version") { return .schemaVersion }
            if name.label(0, equals: "dns") { return .empty }
        }
        if last == 1, name.label(1, equals: "dns"), name.label(0, equals: "ns") { return .nameServer }
        return .nothing
    }

    private func findService(_ name: QuestionName, _ svc: Int) -> ClusterName {
        if svc == 0 { return .empty }
        if svc == 1 { return hasNamespace(name.label(0)) ? .empty : .nothing }
        guard let service = find(name.bytes[name.start(of: svc - 2)..<name.start(of: svc)]) else { return .nothing }
        let kind = services[service].kind
        switch (svc - 2, kind) {
        case (_, .absent): return .nothing
        case (0, .clusterIP): return .clusterIP(service: service)
        case (0, .headless):
            return services[service].headless?.isEmpty == false ? .headless(service: service) : .unready(service: service)
        case (0, .externalName): return .alias(service: service)
        case (_, .externalName): return .nothing
        case (1, _):
            if !endpoints(of: service, named: name.label(0)).isEmpty { return .endpoint(service: service, label: 0) }
            guard let transport = Self.transport(name, 0) else { return .nothing }
            return hasPort(service, nil, transport) ? .empty : .nothing
        case (2, _):
            guard let transport = Self.transport(name, 1), name.labelLength(0) > 1,
                name.label(0).first == UInt8(ascii: "_"), hasPort(service, name.label(0), transport)
            else { return .nothing }
            return .ports(service: service, port: 0, transport: transport)
        default: return .nothing
        }
    }

    private static func transport(_ name: QuestionName, _ label: Int) -> TransportProtocol? {
        if name.label(label, equals: "_tcp") { return .tcp }
        if name.label(label, equals: "_udp") { return .udp }
        if name.label(label, equals: "_sctp") { return .sctp }
        return nil
    }

    /// - Parameter label: `_http`; nil: any port with a name.
    private func hasPort(_ service: Int, _ label: ArraySlice<UInt8>?, _ transport: TransportProtocol) -> Bool {
        func matches(_ port: NamedPort) -> Bool {
            port.transport == transport && !port.label.isEmpty && (label.map { $0 == port.label[...] } ?? true)
        }
        guard services[service].kind == .headless else { return services[service].ports.contains(where: matches) }
        return slices(of: service).contains { slice in
            slice.ports.contains(where: matches) && slice.contains(where: \.isReady)
        }
    }

    private func findPod(_ name: QuestionName, _ pod: Int, _ mode: ZoneConfiguration.PodMode) -> ClusterName {
        if pod == 0 { return .empty }
        let namespace = name.label(pod - 1)
        if pod == 1 { return hasNamespace(namespace) ? .empty : .nothing }
        guard pod == 2, let address = AddressLabel.parse(name.label(0)) else { return .nothing }
        switch mode {
        case .disabled: return .nothing
        case .insecure: return hasNamespace(namespace) ? .pod(address) : .nothing
        case .verified:
            guard let entry = pods.entry(address), entry.namespace.dropFirst() == namespace else { return .nothing }
            return .pod(address)
        }
    }
}
