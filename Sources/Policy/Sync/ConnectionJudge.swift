import API
package import NFTables
package import NetworkTypes

/// Says which tracked connections the policies of one moment would not let begin.
///
/// Only what this node's rules judge is judged: the egress of its own pods and the ingress to them, by the addresses that the
/// forwarding path sees, behind the translation of the destination and before that of the source.
package struct ConnectionJudge {
    private struct Question: Hashable {
        var source: IPAddress
        var destination: IPAddress
        var transport: TransportProtocol
        var port: UInt16
    }

    private struct Side: Hashable {
        var pod: NamespacedName
        var direction: PolicyDirection
    }

    private let engine: PolicyEngine
    private let ownAddresses: Set<IPAddress>
    private let localPods: [IPAddress: PolicyPod]
    private let podNames: [IPAddress: NamespacedName]
    private let nodes: [IPAddress: String]
    /// Whether any policy applies.
    private var isSubject: [Side: Bool] = [:]
    private var answers: [Question: Bool] = [:]

    /// - Parameters:
    ///   - ownAddresses: Of the node itself, on all its interfaces: what it sends and receives is never judged.
    package init(_ engine: PolicyEngine, nodeName: String, ownAddresses: Set<IPAddress>) {
        self.engine = engine
        self.ownAddresses = ownAddresses
        let selectable = engine.world.pods.values.filter(\.isSelectable)
        func byAddress<Value>(_ pods: [PolicyPod], _ value: (PolicyPod) -> Value) -> [IPAddress: Value] {
            Dictionary(pods.flatMap { pod in pod.addresses.map { ($0, value(pod)) } }) { first, _ in first }
        }
        localPods = byAddress(selectable.filter { $0.nodeName == nodeName }) { $0 }
        podNames = byAddress(selectable, \.key)
        nodes = Dictionary(engine.world.nodes.values.flatMap { node in node.addresses.map { ($0, node.name) } }) { first, _ in
            first
        }
    }

    package mutating func denies(_ flow: Flow) -> Bool {
        let question = Question(
            source: flow.original.source, destination: flow.reply.source, transport: flow.transport,
            port: flow.reply.sourcePort.rawValue)
        if let known = answers[question] { return known }
        let answer = judge(question)
        answers[question] = answer
        return answer
    }

    private mutating func judge(_ question: Question) -> Bool {
        if ownAddresses.contains(question.source) || ownAddresses.contains(question.destination) { return false }
        let leaves = localPods[question.source].map { isSubject($0, .egress) } ?? false
        let enters = localPods[question.destination].map { isSubject($0, .ingress) } ?? false
        guard leaves || enters else { return false }
        let connection = Connection(
            from: party(question.source), to: party(question.destination), question.transport, question.port,
            family: question.source.family)
        guard let verdict = engine.verdict(connection) else { return false }
        return leaves && !verdict.egress.isAllowed || enters && !verdict.ingress.isAllowed
    }

    private mutating func isSubject(_ pod: PolicyPod, _ direction: PolicyDirection) -> Bool {
        let side = Side(pod: pod.key, direction: direction)
        if let known = isSubject[side] { return known }
        let answer = !engine.applicable(to: pod, direction).isEmpty
        isSubject[side] = answer
        return answer
    }

    private func party(_ address: IPAddress) -> Party {
        podNames[address].map(Party.pod) ?? nodes[address].map(Party.node) ?? .address(address)
    }
}
