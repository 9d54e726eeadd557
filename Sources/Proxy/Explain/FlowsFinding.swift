import JSON
package import NFTables
package import NetworkTypes

/// What connection tracking remembers: flows of the same source to the same place, which no rule looks at again.
package enum FlowsFinding {
    private static let linesMax = 8

    /// Nil where flows were not read, or there are none.
    package static func finding(_ question: ConnectionQuestion, _ candidates: [Candidate], _ rules: NodeRuleset) -> Finding? {
        guard let all = rules.flows else { return nil }
        let flows = all.filter { isAbout(question, $0, local: rules.localAddresses) }
        guard !flows.isEmpty else { return Finding("flows", .passes, "no tracked connection stands in the way") }
        let allowed = Set(candidates.map(\.backend))
        let stale = flows.filter { question.service != nil && !allowed.contains(Backend($0.reply.source, $0.reply.sourcePort)) }
        let silent = flows.filter { !$0.isAnswered }
        let lines = flows.sorted { $0.original.sourcePort < $1.original.sourcePort }.prefix(linesMax).map { flow in
            "from port \(flow.original.sourcePort) to \(Backend(flow.reply.source, flow.reply.sourcePort).text)"
                + "\(flow.isAnswered ? "" : ", never answered"), forgotten in \(flow.seconds) s"
        }
        let facts: JSONObject = [
            "flows": .int(Int64(flows.count)), "stale": .int(Int64(stale.count)), "unanswered": .int(Int64(silent.count)),
        ]
        let family = question.family == .ipv4 ? "ipv4" : "ipv6"
        if !stale.isEmpty, question.transport == .udp {
            return Finding(
                "flows", .note,
                "tracked UDP flows that still go elsewhere: \(stale.count), and packets from these ports follow them",
                details: lines,
                remedy:
                    "conntrack -D -f \(family) -p udp -s \(question.sourceAddress) -d \(question.address)"
                    + " --dport \(question.port) on \(rules.nodeName)",
                facts: facts)
        }
        if !silent.isEmpty {
            return Finding(
                "flows", .note, "\(silent.count) of \(flows.count) tracked connections never got an answer", details: lines,
                remedy: "the endpoint does not answer, or something on the way drops: skiff trace", facts: facts)
        }
        return Finding(
            "flows", .passes, "\(flows.count) tracked connection\(flows.count == 1 ? "" : "s"), all answered", details: lines,
            facts: facts)
    }

    /// - Parameter local: Addresses of the node, any of which a process of the node may send from.
    package static func isAbout(_ question: ConnectionQuestion, _ flow: Flow, local: Set<IPAddress> = []) -> Bool {
        let isSource: Bool =
            if case .node = question.source, !local.isEmpty {
                local.contains(flow.original.source)
            } else {
                flow.original.source == question.sourceAddress
            }
        return isSource && flow.transport == question.transport
            && flow.original.destination == question.address && flow.original.destinationPort == question.port
    }
}

/// Where the programs of a pod listen, by the kernel's own list.
package struct Listeners: Hashable, Sendable {
    /// Address and port of each socket that listens (TCP) or is bound (UDP).
    package private(set) var places: [Backend] = []

    package init(_ places: [Backend]) { self.places = places }

    /// Adds what `/proc/PID/net/tcp`, `tcp6`, `udp` or `udp6` say.
    package mutating func add(_ text: String, isTCP: Bool) {
        for line in text.split(separator: "\n").dropFirst() {
            let fields = line.split(separator: " ")
            // st 0A: TCP_LISTEN; 07: an unconnected UDP socket.
            guard fields.count > 3, fields[3] == (isTCP ? "0A" : "07") else { continue }
            let parts = fields[1].split(separator: ":")
            guard parts.count == 2, let port = UInt16(parts[1], radix: 16), let address = Self.address(parts[0]) else { continue }
            places.append(Backend(address, Port(port)))
        }
    }

    /// Words of four bytes, each in the host's order.
    private static func address(_ text: Substring) -> IPAddress? {
        var bytes: [UInt8] = []
        var rest = text
        while rest.count >= 8 {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
            withUnsafeBytes(of: word) { bytes += $0 }
            rest = rest.dropFirst(8)
        }
        return rest.isEmpty ? IPAddress(bytes: bytes) : nil
    }

    /// A socket that takes what is sent to the pod's address.
    package func accepts(_ backend: Backend) -> Bool {
        places.contains { place in
            place.port == backend.port
                && (place.address == backend.address
                    || place.address.isUnspecified
                        && (place.address.family == backend.address.family || place.address.family == .ipv6))
        }
    }

    package func finding(_ candidate: Candidate) -> Finding {
        let who = candidate.pod.map { "pod \($0)" } ?? "\(candidate.backend.address)"
        let port = candidate.backend.port
        if accepts(candidate.backend) { return Finding("listener", .passes, "a program listens on \(port) in \(who)") }
        let list = Set(places.map(\.text)).sorted().joined(separator: ", ")
        if let near = places.first(where: { $0.port == port }) {
            return Finding(
                "listener", .blocks,
                "in \(who) port \(port) listens on \(near.address) only: a connection from elsewhere is refused",
                remedy: "let the program listen on 0.0.0.0 or on the pod's address")
        }
        return Finding(
            "listener", .blocks, "nothing listens on port \(port) in \(who): a connection is refused",
            details: [places.isEmpty ? "nothing listens there at all" : "it listens on \(list)"],
            remedy: "set the targetPort to a port that the program listens on, or change the program")
    }
}
