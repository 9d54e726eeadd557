import API
import NetworkTypes
import Testing

@testable import DNS

/// A cluster in memory, and questions to it.
struct Fixture {
    let model: DNSModel
    var zone = ZoneConfiguration(domain: name("cluster.local"))

    static let client = address("10.244.1.9")

    init(model: DNSModel = DNSModel()) { self.model = model }

    /// Everything that the tables ask about.
    static func cluster() -> Fixture {
        var fixture = Fixture()
        fixture.zone.serverAddresses = [address("10.96.0.10")]
        fixture.zone.ownRanges = [prefix("10.96.0.0/16"), prefix("10.244.0.0/16"), prefix("fd00::/112")]
        let model = fixture.model
        model.servicesListed([
            service("kubernetes", ip: ["10.96.0.1"], ports: [ServicePort(name: "https", port: 443)]),
            service(
                "two", ip: ["10.96.0.20", "fd00::20"],
                ports: [ServicePort(name: "http", port: 80), ServicePort(name: "dns", transport: "UDP", port: 53)]),
            service("plain", ip: ["10.96.0.30"], ports: [ServicePort(port: 80)]),
            service("six", ip: ["fd00::6"], ports: [ServicePort(name: "http", port: 80)]),
            service("idle", ip: ["10.96.0.31"], ports: [ServicePort(port: 80)]),
            headless(
                "db",
                ports: [ServicePort(name: "sql", port: 5432, targetPort: .number(15432)), ServicePort(name: "admin", port: 80)]),
            headless("starting"), headless("eager"), headless("bare"), headless("shared"),
            external("out", "www.example.com"), external("inner", "two.default.svc.cluster.local"),
            external("chain", "inner.default.svc.cluster.local"), external("loop", "loop.default.svc.cluster.local"),
            external("lost", "nobody.default.svc.cluster.local"),
        ])
        model.slicesListed([
            slice("two", ports: [("http", 8080)], [Endpoint(addresses: ["10.244.1.20"])]),
            slice(
                "db", ports: [("sql", 15432), ("admin", 8081)],
                [
                    Endpoint(addresses: ["10.244.1.2"], hostname: "web-0"),
                    Endpoint(addresses: ["10.244.1.3"], hostname: "web-1"),
                    Endpoint(addresses: ["10.244.2.4"]), Endpoint(addresses: ["10.244.2.5"], ready: false),
                ]),
            slice("starting", ports: [("sql", 1)], [Endpoint(addresses: ["10.244.3.1"], ready: false)]),
            // The controller writes ready=true for a Service that publishes what is not.
            slice(
                "eager", ports: [("sql", 1)],
                [Endpoint(addresses: ["10.244.3.2"]), Endpoint(addresses: ["10.244.3.3"], ready: nil)]),
            slice(
                "bare", ports: [],
                [
                    Endpoint(addresses: ["10.244.3.4"]),
                    Endpoint(addresses: ["10.244.3.5"], ready: false, serving: true, terminating: true),
                ]),
            slice(
                "shared", ports: [("sql", 1)],
                [
                    Endpoint(addresses: ["10.244.3.6"], hostname: "pair"), Endpoint(addresses: ["10.244.3.7"], hostname: "pair"),
                ]),
        ])
        model.namespacesListed(["default", "kube-system", "void"])
        model.pods.seen(PodRecord(key: NamespacedName(namespace: "default", name: "client"), addresses: [client]))
        model.serial = 7
        return fixture
    }

    struct Answer: Equatable {
        var code: ResponseCode
        var flags: UInt16
        var answers: [String]
        var authorities: [String]
        var additional: Int
        var bytes: [UInt8]

        var isTruncated: Bool { flags & HeaderFlags.truncated != 0 }
        var isAuthoritative: Bool { flags & HeaderFlags.authoritative != 0 }
    }

    func outcome(_ message: [UInt8], from client: Client) -> (Outcome, [UInt8]) {
        var space = Workspace()
        var buffer = [UInt8](repeating: 0, count: client.transport == .tcp ? 65535 : 1232)
        let outcome = message.withUnsafeBytes { request in
            buffer.withUnsafeMutableBytes {
                Responder(zone).answer(request, from: client, model: model, into: $0, &space)
            }
        }
        if case .reply(let bytes, _) = outcome { return (outcome, Array(buffer[..<bytes])) }
        return (outcome, [])
    }

    /// Nil: the question is forwarded, or dropped.
    func ask(
        _ text: String, _ type: RecordType, from client: String = "10.244.9.9", over transport: Client.Transport = .udp,
        payload: UInt16 = 1232
    ) throws -> Answer? {
        let message = Request.message(id: 4711, name(text), type, payloadBytes: payload)
        let (outcome, bytes) = outcome(message, from: Client(address(client), transport))
        guard case .reply(_, let code) = outcome else { return nil }
        let parsed = try MessageReader.read(bytes)
        #expect(parsed.id == 4711)
        #expect(parsed.code == code)
        return Answer(
            code: parsed.code, flags: parsed.flags, answers: parsed.answers.map(\.description),
            authorities: parsed.authorities.map(\.description), additional: Int(bytes[10]) << 8 | Int(bytes[11]), bytes: bytes)
    }

    func forwarded(_ text: String, _ type: RecordType, from client: String = "10.244.9.9") -> ForwardJob? {
        let (outcome, _) = outcome(Request.message(id: 1, name(text), type), from: Client(address(client), .udp))
        if case .forward(let job) = outcome { return job }
        return nil
    }
}

func name(_ text: String) -> DNSName {
    guard let name = DNSName(parsing: text) else { preconditionFailure("'\(text)' is no name") }
    return name
}

func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(parsing: text) else { preconditionFailure("'\(text)' is no address") }
    return address
}

func prefix(_ text: String) -> CIDR {
    guard let prefix = CIDR(parsing: text) else { preconditionFailure("'\(text)' is no prefix") }
    return prefix
}

func service(_ name: String, namespace: String = "default", ip: [String], ports: [ServicePort] = []) -> Service {
    Service(
        metadata: ObjectMeta(name: name, namespace: namespace),
        spec: .init(clusterIP: ip.first ?? "", clusterIPs: ip, ports: ports))
}

func headless(_ name: String, namespace: String = "default", ports: [ServicePort] = []) -> Service {
    service(name, namespace: namespace, ip: ["None"], ports: ports)
}

func external(_ name: String, _ target: String) -> Service {
    Service(
        metadata: ObjectMeta(name: name, namespace: "default"), spec: .init(type: "ExternalName", externalName: target))
}

func slice(
    _ service: String, namespace: String = "default", suffix: String = "1", type: String = "IPv4",
    ports: [(name: String, port: Int)], _ endpoints: [Endpoint]
) -> EndpointSlice {
    var metadata = ObjectMeta(name: "\(service)-\(suffix)", namespace: namespace)
    metadata.labels[EndpointSlice.serviceNameLabel] = service
    return EndpointSlice(
        metadata: metadata, addressType: type, endpoints: endpoints,
        ports: ports.map { EndpointPort(name: $0.name, port: $0.port) })
}

extension DNSModel {
    /// As a reflector would hand objects over.
    private static let ports = PortTable()

    func servicesListed(_ list: [Service]) { servicesListed(list.compactMap { ServiceRecord($0, ports: Self.ports) }) }
    func serviceSeen(_ service: Service) { apply(.seen(service, ports: Self.ports)) }
    func slicesListed(_ list: [EndpointSlice]) { slicesListed(list.compactMap { SliceRecord($0, ports: Self.ports) }) }
    func sliceSeen(_ slice: EndpointSlice) { apply(.seen(slice, ports: Self.ports)) }
}
