import API
import JSON
import NetworkTypes
import Policy
import Proxy

/// What NetworkPolicies and ClusterNetworkPolicies say about a connection to each of its candidates.
///
/// Policies see what the Service has become: the endpoint's own address and port.
struct PolicyFindings {
    private let engine: PolicyEngine
    private let candidatesMax = 32

    init(objects: [JSONValue]) {
        var world = PolicyWorld()
        for object in objects { world.add(json: object) }
        engine = PolicyEngine(world)
    }

    func findings(_ question: ConnectionQuestion, _ candidates: [Candidate]) -> [Finding] {
        let source: Party =
            switch question.source {
            case .pod(let pod): .pod(pod.key)
            case .node(let node): .node(node.metadata.name)
            case .outside: .address(question.sourceAddress)
            }
        let verdicts = candidates.prefix(candidatesMax).compactMap { candidate -> (Candidate, ConnectionVerdict)? in
            let destination = candidate.pod.map(Party.pod) ?? .address(candidate.backend.address)
            let connection = Connection(
                from: source, to: destination, question.transport, candidate.backend.port.rawValue, family: question.family)
            return engine.verdict(connection).map { (candidate, $0) }
        }
        let denied = verdicts.filter { !$0.1.isAllowed }
        guard let (first, verdict) = denied.first else {
            guard let (_, verdict) = verdicts.first else { return [] }
            return [Finding("policies", .passes, Self.allowed(verdict), details: Self.rules(verdict))]
        }
        let direction: PolicyDirection = verdict.egress.isAllowed ? .ingress : .egress
        let subject = direction == .egress ? question.sourceText : first.pod.map { "pod \($0)" } ?? first.backend.text
        let all = denied.count == verdicts.count
        let summary =
            all
            ? Self.denial(verdict.direction(direction), direction, of: subject)
            : "\(denied.count) of \(verdicts.count) endpoints are cut off: "
                + Self.denial(verdict.direction(direction), direction, of: subject)
        return [
            Finding(
                "policies", all ? .blocks : .note, summary, details: Self.near(verdict.direction(direction)),
                remedy: Self.remedy(verdict.direction(direction), direction),
                facts: [
                    "direction": .string(direction.rawValue),
                    "denied": .array(denied.map { .string($0.0.backend.text) }),
                    "isolatedBy": JSONValue(verdict.direction(direction).isolatedBy.map(\.description)),
                ])
        ]
    }

    private static func allowed(_ verdict: ConnectionVerdict) -> String {
        switch (verdict.egress.reason, verdict.ingress.reason) {
        case (.own, _): "a pod always reaches itself"
        case (_, .ownNode): "a node always reaches its own pods"
        case (.notSubject, .notSubject): "no policy applies to either end"
        case (.rule, _), (_, .rule): "policies allow it"
        default: "no policy isolates either end"
        }
    }

    private static func rules(_ verdict: ConnectionVerdict) -> [String] {
        func lines(_ one: DirectionVerdict) -> [String] {
            let references =
                one.allowedBy.isEmpty
                ? [one.reason].compactMap { if case .rule(let rule) = $0 { rule } else { nil } } : one.allowedBy
            return references.map { "allowed by \($0)" }
        }
        return lines(verdict.egress) + lines(verdict.ingress)
    }

    private static func denial(_ verdict: DirectionVerdict, _ direction: PolicyDirection, of subject: String) -> String {
        switch verdict.reason {
        case .rule(let rule): "\(rule) denies it"
        case .fault(let policy, let why): "\(policy) cannot be applied and cuts \(subject) off: \(why)"
        default:
            "\(direction.rawValue) of \(subject) is isolated by "
                + "\(verdict.isolatedBy.map(\.description).joined(separator: ", ")), and no rule allows it"
        }
    }

    private static func near(_ verdict: DirectionVerdict) -> [String] {
        verdict.nearest.prefix(4).map { miss in
            switch miss.lack {
            case .peer: "\(miss.rule) has the port, but not the other end"
            case .port: "\(miss.rule) has the other end, but not the port"
            case .both: "\(miss.rule) has neither the other end nor the port"
            }
        }
    }

    private static func remedy(_ verdict: DirectionVerdict, _ direction: PolicyDirection) -> String {
        switch verdict.reason {
        case .rule(let rule): "change \(rule.policy), or put a rule that accepts before it"
        case .fault(let policy, _): "correct \(policy)"
        default:
            verdict.nearest.first.map { miss in
                miss.lack == .port
                    ? "add the port to \(miss.rule)"
                    : "add the other end to the \(direction == .ingress ? "from" : "to") of \(miss.rule)"
            } ?? "add a NetworkPolicy with an \(direction.rawValue) rule that allows it"
        }
    }
}
