import API
import ArgumentParser
import ControlLoop
import JSON
import Lab
import NetworkTypes
import Proxy

/// Where the objects of a question come from, and which node's rules are read.
struct ExplainSource: ParsableArguments {
    enum Rules: String, ExpressibleByArgument, CaseIterable {
        case auto, node, here, model
    }

    @Option(help: "How to reach the cluster; default: the cluster of --data-dir, then KUBECONFIG.") var kubeconfig: String?
    @Option(help: "The context of the kubeconfig.") var context: String?
    @Option(help: "JSON file with the objects, instead of a cluster.") var objects: String?
    @Option(name: .shortAndLong, help: "Namespace of names without one.") var namespace = "default"
    @Option(
        help: """
            Whose rules are asked: of the node's kernel (node; for a cluster of 'skiff up', as root), of this network \
            namespace (here), or computed from the objects (model).
            """)
    var rules = Rules.auto
    @Option(help: "Pod addresses for computed rules, comma-separated prefixes.") var clusterCidr = ClusterPlan.podNetwork
    @Option(help: "Service addresses for computed rules, comma-separated prefixes.") var serviceCidr = ClusterPlan.serviceNetwork
    @OptionGroup var cluster: ClusterOptions

    func validate() throws {
        for (option, text) in [("--cluster-cidr", clusterCidr), ("--service-cidr", serviceCidr)] {
            for part in text.split(separator: ",") where CIDR(parsing: part) == nil {
                throw ValidationError("\(option): '\(part)' is no address prefix")
            }
        }
    }

    /// Runs `body` with a source of objects, and lets go of it.
    func withListWatch<Result>(_ body: (any ListWatch) async throws -> Result) async throws -> Result {
        try await cluster.withListWatch(objects: objects, kubeconfig: kubeconfig, context: context, body)
    }

    /// What the model needs of a node that it stands for.
    func configuration(of node: Node?, named name: String) -> ProxyConfiguration {
        func prefixes(_ text: String) -> [CIDR] { text.split(separator: ",").compactMap { CIDR(parsing: $0) } }
        let addresses = node?.addresses.compactMap { IPAddress(parsing: $0.address) } ?? []
        return ProxyConfiguration(
            nodeName: name, zone: node?.zone, clusterCIDRs: prefixes(clusterCidr), serviceCIDRs: prefixes(serviceCidr),
            nodeAddresses: addresses,
            families: IPFamily.allCases.filter { family in
                prefixes(clusterCidr + "," + serviceCidr).contains { $0.family == family }
            })
    }
}

extension ExplainSource {
    /// No kernel is asked, for this reason.
    struct NoKernel: Error {
        var reason: String
    }

    /// Where the rules of a question's node are read.
    ///
    /// - Parameter forTrace: A trace has no model to fall back on: then the caller's own network is the node's.
    func reader(for question: ConnectionQuestion, forTrace: Bool = false) throws -> NodeRulesReader {
        let name = question.nodeName ?? "this node"
        if rules == .model, !forTrace { throw NoKernel(reason: "as asked") }
        let plan = objects == nil && rules != .here ? try cluster.load() : nil
        let namespace = NodeRulesReader.namespace(of: name, in: plan)
        if namespace == nil, rules != .here, objects == nil {
            let reason = "\(name) is no node of a cluster on this machine"
            if forTrace { throw Refusal(reason, remedy: "run it on \(name) with --rules here") }
            throw NoKernel(reason: reason)
        }
        return NodeRulesReader(namespace: namespace, nodeName: name)
    }
}

/// The two ends of a connection that a command asks about.
struct ExplainQuestionOptions: ParsableArguments {
    @Option(help: "POD, NAMESPACE/POD, node/NAME or an address.") var from: String
    @Option(help: "SERVICE:PORT, NAMESPACE/SERVICE:PORT, pod/NAME:PORT or ADDRESS:PORT.") var to: String
    @Option(name: .customLong("protocol"), help: "tcp, udp or sctp; default: that of the Service's port.") var transport: String?
    @Option(help: "ipv4 or ipv6; default: what both ends have.") var family: String?
    @Option(help: "The node that traffic from outside enters by.") var node: String?
    @OptionGroup var source: ExplainSource

    func validate() throws {
        if let transport, TransportProtocol(kubernetesName: transport.uppercased()) == nil {
            throw ValidationError("--protocol: '\(transport)' is none of tcp, udp, sctp")
        }
        if let family, Self.families[family.lowercased()] == nil {
            throw ValidationError("--family: '\(family)' is neither ipv4 nor ipv6")
        }
        guard EndText(parsing: from, namespace: "default") != nil else {
            throw ValidationError("--from: '\(from)' is neither a pod, a node nor an address")
        }
        guard TargetText(parsing: to, namespace: "default") != nil else {
            throw ValidationError("--to: '\(to)' is no SERVICE:PORT or ADDRESS:PORT")
        }
    }

    /// Nil question: the last finding says why there is none.
    func resolve(_ objects: ClusterObjects) -> (question: ConnectionQuestion?, findings: [Finding]) {
        guard let start = EndText(parsing: from, namespace: source.namespace),
            let target = TargetText(parsing: to, namespace: source.namespace)
        else { preconditionFailure("validate() has read both") }
        let options = QuestionResolver.Options(
            transport: transport.flatMap { TransportProtocol(kubernetesName: $0.uppercased()) },
            family: family.flatMap { Self.families[$0.lowercased()] }, nodeName: node)
        return QuestionResolver.resolve(from: start, to: target, in: objects, options)
    }

    private static let families: [String: IPFamily] = ["ipv4": .ipv4, "ipv6": .ipv6]
}

/// The objects of one question, as views and as the policies read them.
struct ExplainObjects {
    var cluster: ClusterObjects
    /// Pods, namespaces, nodes and policies as trees.
    var policyObjects: [JSONValue]

    static func load(_ source: any ListWatch) async throws -> ExplainObjects {
        func list(_ resource: GroupVersionResource, optional: Bool = false) async throws -> [JSONValue] {
            do { return try await source.list(resource, scope: .everything).items } catch {
                // A kind that the server does not serve, or that the caller may not see.
                if optional { return [] }
                throw error
            }
        }
        let pods = try await list(Pod.resource)
        let nodes = try await list(Node.resource, optional: true)
        let cluster = ClusterObjects(
            services: try await list(Service.resource).map(Service.init(json:)),
            slices: try await list(EndpointSlice.resource).map(EndpointSlice.init(json:)),
            pods: pods.map(Pod.init(json:)), nodes: nodes.map(Node.init(json:)))
        var trees = pods.map { kind($0, "Pod") } + nodes.map { kind($0, "Node") }
        for (name, resource) in [
            ("Namespace", GroupVersionResource(group: "", version: "v1", resource: "namespaces")),
            ("NetworkPolicy", GroupVersionResource(group: "networking.k8s.io", version: "v1", resource: "networkpolicies")),
            (
                "ClusterNetworkPolicy",
                GroupVersionResource(group: "policy.networking.k8s.io", version: "v1alpha2", resource: "clusternetworkpolicies")
            ),
        ] {
            trees += try await list(resource, optional: true).map { kind($0, name) }
        }
        return ExplainObjects(cluster: cluster, policyObjects: trees)
    }

    /// Items of a list come without their kind.
    private static func kind(_ object: JSONValue, _ kind: String) -> JSONValue {
        var object = object
        object["kind"] = .string(kind)
        return object
    }
}
