import API
import JSON
import NetworkTypes

/// What changes between two inputs, by workload and port.
package struct ReachabilityDiff: Sendable {
    package enum Kind: String, Hashable, Sendable {
        case opened
        case closed
        /// Some replicas or families before or after, and another share now.
        case changed
    }

    package struct Change: Hashable, Sendable {
        package var kind: Kind
        /// `shop/web -> shop/db:5432/tcp`.
        package var connection: String
        /// `denied by ingress`, `no such pods`.
        package var before: String
        package var after: String
    }

    package let changes: [Change]
    /// Connections that are in both inputs.
    package let comparedCount: Int

    private struct Key: Hashable {
        var source: String
        var destination: String
        var port: ListeningPort
        var family: IPFamily

        var text: String { "\(source) -> \(destination):\(port)" + (family == .ipv6 ? " over IPv6" : "") }
    }

    package init(from old: LabRun, to new: LabRun) {
        let before = Self.answers(old)
        let after = Self.answers(new)
        var changes: [Change] = []
        for (key, marks) in before {
            guard let now = after[key] else {
                if marks.contains(where: { $0.isAllowed }) {
                    changes.append(
                        Change(kind: .closed, connection: key.text, before: Self.words(marks), after: "no such pods or port"))
                }
                continue
            }
            guard Self.share(marks) != Self.share(now) else { continue }
            changes.append(
                Change(
                    kind: Self.share(now) == .all ? .opened : Self.share(now) == .none ? .closed : .changed,
                    connection: key.text, before: Self.words(marks), after: Self.words(now)))
        }
        for (key, marks) in after where before[key] == nil && marks.contains(where: { $0.isAllowed }) {
            changes.append(Change(kind: .opened, connection: key.text, before: "no such pods or port", after: Self.words(marks)))
        }
        self.changes = changes.sorted { ($0.connection, $0.kind.rawValue) < ($1.connection, $1.kind.rawValue) }
        comparedCount = before.keys.count { after[$0] != nil }
    }

    private enum Share { case all, some, none }

    private static func share(_ marks: Set<CellMark>) -> Share {
        let allowed = marks.count { $0.isAllowed }
        return allowed == marks.count ? .all : allowed == 0 ? .none : .some
    }

    private static func words(_ marks: Set<CellMark>) -> String {
        marks.map(\.words).sorted().joined(separator: " or ")
    }

    private static func answers(_ run: LabRun) -> [Key: Set<CellMark>] {
        let model = run.oracle.model
        func name(_ host: LabHost) -> String {
            if case .pod(let index) = host { "\(model.pods[index].workload)" } else { run.oracle.name(host) }
        }
        var result: [Key: Set<CellMark>] = [:]
        for (index, probe) in run.probes.enumerated() {
            let key = Key(
                source: name(probe.source), destination: name(probe.destination), port: probe.port, family: probe.family)
            result[key, default: []].insert(run.marks[index])
        }
        return result
    }
}

extension LabModel {
    private static let blockHostsMax = 64

    /// One host for each prefix that a policy names and that holds no pod, so that opening or closing it shows.
    package func blockHosts() -> [OutsideHost] {
        var hosts: [OutsideHost] = []
        for text in Set(policies.flatMap { $0.value.prefixTexts }).sorted() {
            guard hosts.count < Self.blockHostsMax, let prefix = CIDR(parsing: text),
                !pods.contains(where: { $0.addresses.contains { prefix.contains($0) } }), let address = Expectations.host(text),
                !outside.contains(where: { $0.addresses.contains(address) })
            else { continue }
            hosts.append(OutsideHost(name: text, addresses: [address]))
        }
        return hosts
    }

    /// Ports that rules about prefixes name, and the usual one.
    package var blockPorts: [ListeningPort] {
        var ports: Set<ListeningPort> = [ProbeOptions.outsidePort]
        for policy in policies {
            for rule in policy.value["spec"]?["egress"]?.array ?? []
            where (rule["to"]?.array ?? []).contains(where: { $0["ipBlock"] != nil }) {
                for port in rule["ports"]?.array ?? [] {
                    guard let number = port["port"]?.int.flatMap({ Port(exactly: $0) }),
                        let transport = TransportProtocol(kubernetesName: port["protocol"]?.string ?? "TCP")
                    else { continue }
                    ports.insert(ListeningPort(transport: transport, number: number))
                }
            }
        }
        return ports.sorted()
    }
}

extension ProbePlan {
    /// Every pair of pods, and every pod with every outside host in both directions.
    package static func everything(_ model: LabModel, _ options: ProbeOptions, outsidePorts: [ListeningPort]) -> ProbePlan {
        var plan = allPairs(model, options)
        for host in model.outside.indices {
            for pod in model.pods.indices where !model.pods[pod].isOnHostNetwork {
                for family in options.families
                where model.outside[host].address(family) != nil && model.pods[pod].address(family) != nil {
                    for port in outsidePorts { plan.add(Probe(from: .pod(pod), to: .outside(host), port, family: family)) }
                    for port in options.ports(of: model.pods[pod]) {
                        plan.add(Probe(from: .outside(host), to: .pod(pod), port, family: family))
                    }
                }
            }
        }
        return plan
    }
}
