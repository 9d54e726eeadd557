import API
import DNS
import NetworkTypes

/// Answering from 30,000 Services with two endpoints each, on one thread and without the network; `resident` is the whole process.
enum DNSBenchmarks {
    static let serviceCount = 30_000

    private struct Server {
        let model = DNSModel()
        let ports = PortTable()
        let responder: Responder
        let client = Client(.v4(IPv4Address(10, 244, 1, 9)), .udp)

        init() {
            guard let domain = DNSName(parsing: "cluster.local") else { preconditionFailure("a constant") }
            responder = Responder(ZoneConfiguration(domain: domain))
            model.apply(.servicesListed([]))
            model.apply(.slicesListed([]))
            for index in 0..<serviceCount {
                model.apply(.seen(DNSBenchmarks.service(index), ports: ports))
                model.apply(.seen(DNSBenchmarks.slice(index, first: 1), ports: ports))
            }
        }
    }

    private static func name(_ index: Int) -> (namespace: String, name: String) {
        ("namespace-\(index % 100)", "service-\(index)")
    }

    private static func service(_ index: Int) -> Service {
        let (namespace, name) = name(index)
        let address = IPv4Address(UInt32(0x0a60_0000 + index)).description
        return Service(
            metadata: ObjectMeta(name: name, namespace: namespace),
            spec: .init(clusterIP: address, ports: [ServicePort(name: "http", port: 80)]))
    }

    private static func slice(_ index: Int, first: Int) -> EndpointSlice {
        let (namespace, name) = name(index)
        var metadata = ObjectMeta(name: "\(name)-abcde", namespace: namespace)
        metadata.labels[EndpointSlice.serviceNameLabel] = name
        let endpoints = (first...first + 1).map {
            Endpoint(addresses: [IPv4Address(UInt32(0x0af4_0000 + index * 2 + $0)).description])
        }
        return EndpointSlice(metadata: metadata, endpoints: endpoints, ports: [EndpointPort(name: "http", port: 8080)])
    }

    private static func question(_ text: String) -> [UInt8] {
        guard let name = DNSName(parsing: text) else { preconditionFailure("'\(text)' is a constant") }
        return Request.message(id: 1, name, .a)
    }

    static var all: [Benchmark] {
        let known = (0..<64).map { index in
            let (namespace, name) = name(index * 401)
            return question("\(name).\(namespace).svc.cluster.local")
        }
        let absent = [question("nobody.namespace-1.svc.cluster.local")]
        return [
            Benchmark(name: "dns/answer-service") { answer(known, count: $0) },
            Benchmark(name: "dns/answer-nxdomain") { answer(absent, count: $0) },
            Benchmark(name: "dns/change-slice") { count in
                let server = server.value
                for round in 0..<count {
                    server.model.apply(.seen(slice(round % serviceCount, first: 1 + round % 3), ports: server.ports))
                }
                return .items(1)
            },
        ]
    }

    private static func answer(_ messages: [[UInt8]], count: Int) -> Benchmark.Quantity {
        var space = Workspace()
        var buffer = [UInt8](repeating: 0, count: 1232)
        let server = server.value
        for round in 0..<count {
            messages[round % messages.count].withUnsafeBytes { message in
                buffer.withUnsafeMutableBytes { room in
                    _ = server.responder.answer(message, from: server.client, model: server.model, into: room, &space)
                }
            }
        }
        return .items(1)
    }

    // SAFETY: benchmarks run one after another, each on one task.
    private struct Unchecked<Value>: @unchecked Sendable { let value: Value }

    private static let server = Unchecked(value: Server())
}
