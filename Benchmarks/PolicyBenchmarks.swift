import API
import Glibc
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
        ] + [10, 100, 1000].flatMap(changes) + (isAlone ? [10, 100, 1000].flatMap(kernel) : [])
    }

    /// In a network namespace with nothing but its loopback, so that no rules of the machine's own are written to.
    private static var isAlone: Bool {
        var links = 0
        for index in UInt32(1)...64 {
            var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
            if if_indextoname(index, &name) != nil { links += 1 }
        }
        return links == 1
    }

    /// What is made before the clock runs. Each benchmark has its own, made at its first run.
    private actor Prepared {
        private let policies: Int
        private let shape: Shape
        private let usesKernel: Bool
        private var model: PolicyModel?
        private var session: KernelSession?
        private var number = 0

        init(policies: Int, _ shape: Shape, usesKernel: Bool) {
            self.policies = policies
            self.shape = shape
            self.usesKernel = usesKernel
        }

        /// Lets a model work that holds everything, and the kernel too when it is asked for.
        private func with<Value>(_ body: (inout PolicyModel, inout KernelSession?) throws -> Value) throws -> Value {
            if model == nil {
                var made = PolicyBenchmarks.model(policies: policies, shape)
                if usesKernel {
                    var opened = try KernelSession()
                    let table = made.desired(.ipv4)
                    // What an earlier benchmark left goes first.
                    try opened.commit(
                        Transaction([.addTable(table.identifier), .deleteTable(table.identifier)])
                    )
                    try opened.commit(Difference.between(nil, table))
                    session = opened
                }
                made.forgetChanges()
                model = made
            }
            // Out of the actor while it changes, so that nothing is copied.
            guard var taken = model.take() else { preconditionFailure("made above") }
            defer { model = taken }
            return try body(&taken, &session)
        }

        /// A pod on another node comes, and goes again: two transactions.
        ///
        /// - Returns: How many elements one of them had.
        func comeAndGo(_ count: Int) throws -> Int {
            let first = number
            number += count
            return try with { model, session in
                var elements = 0
                for index in first..<first + count {
                    var pod = PolicyBenchmarks.pod(index % 1000, node: "elsewhere")
                    pod.key.name = "new-\(index)"
                    pod.addresses = [.v4(IPv4Address(0x0a80_0000 + UInt32(index % 65536)))]
                    model.podSeen(pod)
                    let transaction = model.takeTransaction()
                    elements = transaction.elementCount
                    try session?.commit(transaction)
                    model.podGone(pod.key)
                    let back = model.takeTransaction()
                    try session?.commit(back)
                }
                return elements
            }
        }

        func changePolicy(_ count: Int) throws -> Int {
            let first = number
            number += count
            return try with { model, _ in
                var operations = 0
                for index in first..<first + count {
                    model.policySeen(PolicyBenchmarks.policy(0, .mixed, port: UInt16(1000 + index % 2)))
                    operations = model.takeTransaction().operations.count
                }
                return operations
            }
        }
    }

    /// Which pods the policies are about.
    private enum Shape: String {
        /// A label of ten values within the namespace, and in other namespaces.
        case mixed
        /// Each policy has a peer selector and a port of its own, and all of them choose the pod that comes.
        case matching
    }

    /// A peer that comes and goes, committed to the kernel: the model's work, encoding and two commits; in a network namespace of its
    /// own (`unshare --net`). The rate is that of elements in one of the two.
    private static func kernel(policies: Int) -> [Benchmark] {
        [Shape.mixed, .matching].map { shape in
            let prepared = Prepared(policies: policies, shape, usesKernel: true)
            return Benchmark(name: "Policy/kernel-peer-comes-and-goes-\(policies)-\(shape.rawValue)") { count in
                .items(try await prepared.comeAndGo(count))
            }
        }
    }

    private static func changes(policies: Int) -> [Benchmark] {
        let peers = Prepared(policies: policies, .mixed, usesKernel: false)
        let changed = Prepared(policies: policies, .mixed, usesKernel: false)
        return [
            Benchmark(name: "Policy/peer-comes-and-goes-\(policies)-policies") { count in
                .items(try await peers.comeAndGo(count))
            },
            Benchmark(name: "Policy/policy-changes-\(policies)-policies") { count in
                .items(try await changed.changePolicy(count))
            },
            Benchmark(name: "Policy/compile-100-local-pods-\(policies)-policies") { count in
                for _ in 0..<count {
                    var model = model(policies: policies, .mixed)
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

    private static func policy(_ number: Int, _ shape: Shape, port: UInt16? = nil) -> NetworkPolicy {
        if shape == .matching {
            let peer = Peer.pods(.matching(.everything), LabelSelector([.init("pod", .notIn, ["nobody-\(number)"])]))
            let port = UInt16(8000 + number)
            return NetworkPolicy(
                NamespacedName(namespace: "ns-\(number % 20)", name: "policy-\(number)"),
                subject: LabelSelector(matchLabels: ["app": "app-\(number / 20 % 5)"]), directions: [.ingress],
                ingress: [PolicyRule(peers: [peer], ports: [.range(.tcp, port...port)])])
        }
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

    private static func world(pods: Int, policies: Int, _ shape: Shape = .mixed) -> PolicyWorld {
        PolicyWorld(
            pods: (0..<pods).map { pod($0, node: $0 < 100 ? "here" : "elsewhere") },
            namespaces: (0..<20).map { PolicyNamespace("ns-\($0)", labels: ["team": "team-\($0 % 5)"]) },
            policies: (0..<policies).map { policy($0, shape) })
    }

    private static func model(policies: Int, _ shape: Shape) -> PolicyModel {
        let world = world(pods: 1000, policies: policies, shape)
        var model = PolicyModel(PolicyConfiguration(nodeName: "here", podKey: .address, families: [.ipv4]))
        for namespace in world.namespaces.values { model.namespaceSeen(namespace) }
        for pod in world.pods.values { model.podSeen(pod) }
        for policy in world.policies.values { model.policySeen(policy) }
        _ = model.takeTransaction()
        return model
    }
}
