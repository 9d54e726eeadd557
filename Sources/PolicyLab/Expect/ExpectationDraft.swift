import NetworkTypes

/// Writes today's reachability as expectations: a file that passes now, and fails when something changes.
package enum ExpectationDraft {
    package static func text(_ run: LabRun, outside: [OutsideHost] = []) -> String {
        var lines = [
            "# Written by 'skiff netpol init' from today's reachability: read it, then keep it under review.",
            "apiVersion: \(Expectations.apiVersion)", "kind: \(Expectations.kind)", "default: deny",
        ]
        if !outside.isEmpty {
            lines.append("outside:")
            lines += outside.map { host in
                let addresses = host.addresses.map { quoted($0.description) }
                return "  \(quoted(host.name)): "
                    + (addresses.count == 1 ? addresses[0] : "[\(addresses.joined(separator: ", "))]")
            }
        }
        lines.append("allow:")
        let flows = flows(run)
        lines += flows.isEmpty ? ["  []"] : flows.map { "  - \(quoted($0))" }
        return lines.joined(separator: "\n")
    }

    private struct Pair: Hashable { var source, destination: String }

    /// One flow for each pair of workloads that has an allowed port; pods by name where replicas differ.
    private static func flows(_ run: LabRun) -> [String] {
        let pods = run.oracle.model.pods
        func workload(_ host: LabHost) -> String {
            if case .pod(let index) = host { "\(pods[index].workload)" } else { run.oracle.name(host) }
        }
        var order: [Pair] = []
        var answers: [Pair: [ListeningPort: [Int]]] = [:]
        for (index, probe) in run.probes.enumerated() {
            let pair = Pair(source: workload(probe.source), destination: workload(probe.destination))
            if answers[pair] == nil { order.append(pair) }
            answers[pair, default: [:]][probe.port, default: []].append(index)
        }
        var result: [String] = []
        for pair in order {
            let ports = answers[pair] ?? [:]
            let open = ports.filter { $0.value.allSatisfy { run.marks[$0].isAllowed } }.keys.sorted()
            if open.count == ports.count {
                result.append("\(pair.source) -> \(pair.destination)")
                continue
            }
            result += suffixes(open).map { "\(pair.source) -> \(pair.destination):\($0)" }
            for (port, indices) in ports.sorted(by: { $0.key < $1.key }) where !open.contains(port) {
                for index in indices where run.marks[index].isAllowed {
                    let probe = run.probes[index]
                    result.append("\(run.oracle.name(probe.source)) -> \(run.oracle.name(probe.destination)):\(port)")
                }
            }
        }
        var seen: Set<String> = []
        return result.filter { seen.insert($0).inserted }
    }

    /// `8080,9090/tcp`: the ports of one protocol together.
    private static func suffixes(_ ports: [ListeningPort]) -> [String] {
        TransportProtocol.allCases.compactMap { transport in
            let numbers = ports.filter { $0.transport == transport }.map { "\($0.number)" }
            return numbers.isEmpty ? nil : "\(numbers.joined(separator: ","))/\(transport.name)"
        }
    }

    /// A text as YAML reads it back.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.allSatisfy { $0.isLetter || $0.isNumber || " /->.:_,".contains($0) } && text.first?.isLetter ?? false
        return isPlain ? text : "\"\(text)\""
    }
}
