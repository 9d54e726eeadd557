import API
package import JSON
package import NFTables
package import NetworkTypes

/// An endpoint of a Service port that gets no new connections for a while, as the proxy's table says.
package struct EjectedEndpoint: Hashable, Sendable {
    /// A cluster IP of the Service.
    package var address: IPAddress
    /// Of the Service.
    package var port: NetworkTypes.Port
    package var backend: Backend
    /// Until it may come back.
    package var secondsLeft: Int
    package var reason: String

    package init(address: IPAddress, port: NetworkTypes.Port, backend: Backend, secondsLeft: Int, reason: String) {
        self.address = address
        self.port = port
        self.backend = backend
        self.secondsLeft = secondsLeft
        self.reason = reason
    }

    /// `10.244.1.2:8080 (ejected, 25 s left: 5 attempts failed, the last one refused)`.
    package var text: String { "\(backend.text) (ejected, \(secondsLeft) s left: \(reason))" }

    // MARK: In the table

    /// One element for each cluster IP and port of the Service whose endpoint is ejected.
    static func elements(
        of change: ServiceChange, family: IPFamily, nodeName: String
    ) -> [(element: Element, note: ElementNote)] {
        guard let service = change.service else { return [] }
        var elements: [(element: Element, note: ElementNote)] = []
        for port in service.ports where port.transport == .tcp {
            let own = change.endpoints(port: port.name, transport: .tcp, family: family, nodeName: nodeName)
            let others = change.splitEndpoints(port, family: family, nodeName: nodeName)
            for backend in Set((own + others).map(\.backend)).sorted() {
                guard let ejection = change.ejections[backend] else { continue }
                for address in service.clusterIPs where address.family == family {
                    var key = KeyBytes(address)
                    key.append(port.transport)
                    key.append(port.port)
                    key.append(backend.address)
                    var value = KeyBytes(backend.address)
                    value.append(backend.port)
                    elements.append(
                        (Element(key, .fields(value)), ElementNote(seconds: UInt32(ejection.seconds), comment: ejection.text)))
                }
            }
        }
        return elements
    }

    /// What the set of ejected endpoints says, in order of cluster IP, port and endpoint.
    package static func read(
        _ elements: [ElementKey: ElementValue], notes: [ElementKey: ElementNote], _ family: IPFamily
    ) -> [EjectedEndpoint] {
        let words = family.byteCount / 4
        return elements.sorted { $0.key < $1.key }.compactMap { key, value in
            guard case .fields(let fields) = value, Int(key.start.wordCount) == 2 * words + 2, Int(fields.wordCount) > words,
                let address = IPAddress(bytes: key.start.bytes.prefix(family.byteCount)),
                let endpoint = IPAddress(bytes: key.start.bytes.suffix(family.byteCount))
            else { return nil }
            return EjectedEndpoint(
                address: address, port: Port(UInt16(key.start[words + 1] >> 16)),
                backend: Backend(endpoint, Port(UInt16(fields[words] >> 16))), secondsLeft: Int(notes[key]?.seconds ?? 0),
                reason: notes[key]?.comment ?? "")
        }
    }

    package var json: JSONValue {
        ["endpoint": .string(backend.text), "secondsLeft": .int(Int64(secondsLeft)), "reason": .string(reason)]
    }
}

/// Which of those who may answer are ejected on the node that the connection enters by.
package enum EjectionFinding {
    /// - Parameter candidates: Who may answer by the objects; those that are ejected are taken out.
    /// - Returns: Nil when none is.
    package static func finding(
        _ question: ConnectionQuestion, _ candidates: inout [Candidate], _ rules: NodeRuleset
    ) -> Finding? {
        guard question.transport == .tcp, let service = question.service, let port = question.servicePort else { return nil }
        let addresses = Set(service.spec.clusterIPs.compactMap { IPAddress(parsing: $0) })
        let known = Set(candidates.map(\.backend))
        var seen: Set<Backend> = []
        let ejected = rules.ejected.filter { one in
            addresses.contains(one.address) && Int(one.port.rawValue) == port.port && known.contains(one.backend)
                && seen.insert(one.backend).inserted
        }
        guard !ejected.isEmpty else { return nil }
        let left = candidates.filter { !seen.contains($0.backend) }
        // As the rules do: when nobody else is left, all of them count.
        if !left.isEmpty { candidates = left }
        return Finding(
            "ejected", .note,
            "\(ejected.count) of \(known.count) endpoints \(ejected.count == 1 ? "fails and gets" : "fail and get") no new connections from \(rules.nodeName)"
                + (left.isEmpty ? ", but nobody else is left: they are used" : ""),
            details: ejected.map(\.text),
            remedy: "look at these pods: do they listen, and does a policy let \(rules.nodeName) in?",
            facts: ["ejected": .array(ejected.map(\.json))])
    }
}
