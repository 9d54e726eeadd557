import API
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Policy

/// Policies: all pairs, one pod's change, and compiling.
enum PolicyBenchmarks {
    static var all: [Benchmark] {
        [
            Benchmark(name: "Policy/all-pairs-1000-pods-500-policies") { count in
                let world = world(pods: 1000, policies: 500)
                var allowed = 0
                for _ in 0..<count {
                    let reachability = Reachability(PolicyEngine(world))
                    for (transport, port) in ports { allowed += reachability.matrix(transport, port).allowedCount }
                }
                return .items(allowed / max(count, 1))
            },
            Benchmark(name: "Policy/one-pair-with-reasons") { count in
                let engine = PolicyEngine(world(pods: 1000, policies: 500))
                let pods = engine.world.pods.keys.sorted()
                for index in 0..<count {
                    let (source, destination) = (pods[index % pods.count], pods[(index * 7 + 1) % pods.count])
                    _ = engine.verdict(Connection(from: .pod(source), to: .pod(destination), .tcp, 80))
                }
                return nil
            },
        ] + [10, 100, 1000].flatMap(changes) + [10, 100, 1000].map(kernel)
    }

    /// A peer that appears, committed to the kernel; in a network namespace of its own (`unshare --net`).
    private static func kernel(policies: Int) -> Benchmark {
        Benchmark(name: "Policy/kernel-peer-appears-\(policies)-policies") { count in
            let applier = try KernelApplier(logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
            var model = model(policies: policies)
            let desired = model.desired(.ipv4)
            model.forgetChanges()
            let standing = try await applier.read(desired.identifier, expecting: desired)
            try await applier.apply(Difference.between(standing, desired))
            var elements = 0
            for index in 0..<count {
                var pod = pod(index % 1000, node: "elsewhere")
                pod.key.name = "new-\(index)"
                pod.addresses = [.v4(IPv4Address(0x0a80_0000 + UInt32(index)))]
                model.podSeen(pod)
                let transaction = model.takeTransaction()
                elements += transaction.elementCount
                try await applier.apply(transaction)
            }
            return .items(elements / max(count, 1))
        }
    }

    private static func changes(policies: Int) -> [Benchmark] {
        [
            Benchmark(name: "Policy/peer-appears-\(policies)-policies") { count in
                var model = model(policies: policies)
                var elements = 0
                for index in 0..<count {
                    var pod = pod(index % 1000, node: "elsewhere")
                    pod.key.name = "new-\(index)"
                    pod.addresses = [.v4(IPv4Address(0x0a80_0000 + UInt32(index)))]
                    model.podSeen(pod)
                    elements += model.takeTransaction().elementCount
                }
                return .items(elements / max(count, 1))
            },
            Benchmark(name: "Policy/policy-changes-\(policies)-policies") { count in
                var model = model(policies: policies)
                var operations = 0
                for index in 0..<count {
                    model.policySeen(policy(0, port: UInt16(1000 + index % 2)))
                    operations += model.takeTransaction().operations.count
                }
                return .items(operations / max(count, 1))
            },
            Benchmark(name: "Policy/compile-100-local-pods-\(policies)-policies") { count in
                for _ in 0..<count {
                    var model = model(policies: policies)
                    _ = model.desired(.ipv4)
                }
                return nil
            },
        ]
    }

    /// Ports that the policies name, and one that none does.
    private static let ports: [(TransportProtocol, UInt16)] =
        (0..<10).map { (.tcp, UInt16(8000 + $0)) } + [(.udp, 53), (.tcp, 80), (.sctp, 80), (.tcp, 1)]

    /// Twenty namespaces; a label `app` with ten values and one of its own.
    private static func pod(_ number: Int, node: String) -> PolicyPod {
        PolicyPod(
            NamespacedName(namespace: "ns-\(number % 20)", name: "pod-\(number)"), uid: "uid-\(number)",
            labels: ["app": "app-\(number / 20 % 10)", "pod": "\(number)"],
            addresses: [.v4(IPv4Address(0x0a00_0000 + UInt32(number)))], ports: [NamedPort("web", .tcp, 8000)], nodeName: node)
    }

    private static func policy(_ number: Int, port: UInt16? = nil) -> NetworkPolicy {
        let own = NamespaceChoice.named("ns-\(number % 20)")
        let peers: [Peer] = [
            .pods(own, LabelSelector(matchLabels: ["app": "app-\(number % 10)"])),
            .pods(
                .matching(LabelSelector(matchLabels: ["team": "team-\(number % 5)"])),
                LabelSelector(matchLabels: ["app": "app-\(number % 7)"])),
        ]
        let ports: [PortMatch] = [
            .range(.tcp, (port ?? UInt16(8000 + number % 10))...(port ?? UInt16(8000 + number % 10))), .range(.udp, 53...53),
        ]
        return NetworkPolicy(
            NamespacedName(namespace: "ns-\(number % 20)", name: "policy-\(number)"),
            subject: number % 3 == 0 ? .everything : LabelSelector(matchLabels: ["app": "app-\(number % 10)"]),
            directions: number % 2 == 0 ? [.ingress] : [.ingress, .egress], ingress: [PolicyRule(peers: peers, ports: ports)],
            egress: number % 2 == 0 ? [] : [PolicyRule(peers: peers, ports: ports)])
    }

    private static func world(pods: Int, policies: Int) -> PolicyWorld {
        PolicyWorld(
            pods: (0..<pods).map { pod($0, node: $0 < 100 ? "here" : "elsewhere") },
            namespaces: (0..<20).map { PolicyNamespace("ns-\($0)", labels: ["team": "team-\($0 % 5)"]) },
            policies: (0..<policies).map { policy($0) })
    }

    private static func model(policies: Int) -> PolicyModel {
        let world = world(pods: 1000, policies: policies)
        var model = PolicyModel(PolicyConfiguration(nodeName: "here", podKey: .address, families: [.ipv4]))
        for namespace in world.namespaces.values { model.namespaceSeen(namespace) }
        for pod in world.pods.values { model.podSeen(pod) }
        for policy in world.policies.values { model.policySeen(policy) }
        _ = model.takeTransaction()
        return model
    }
}
