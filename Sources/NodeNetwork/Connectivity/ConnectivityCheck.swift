package import NetworkTypes

/// One claim about a cluster's network, and what proves it: a command in a client's shell and what it must print.
package struct ConnectivityCheck: Hashable, Sendable {
    package enum Probe: Hashable, Sendable {
        /// One request, answered with the server's name and the client's address as the server saw it.
        case ask(IPAddress, Port, source: IPAddress?)
        /// As many requests, all answered.
        case askOften(host: String, Port, times: Int)
        case connect(IPAddress, Port)
        case ping(IPAddress)
        /// A datagram to a port where nobody is; the host itself says so.
        case datagram(IPAddress)
        /// A body of this many bytes.
        case fetch(IPAddress, Port, bytes: Int)
        /// The name has this address among others.
        case resolve(String, IPAddress)
        /// Tries until it is answered, for some seconds: who enforces policies learns of a new pod a moment later.
        case becomesReachable(IPAddress, Port)
        /// Tries until it is refused or unanswered, for some seconds.
        case becomesUnreachable(IPAddress, Port)
    }

    package enum Outcome: Hashable, Sendable {
        case passed(String)
        case failed(String)
        case skipped(String)
    }

    /// Short, without white space: how the client's log names it.
    package var id: String
    /// What holds when it passes: `pod to pod on the same node, TCP, IPv4`.
    package var claim: String
    package var probe: Probe

    package init(id: String, claim: String, probe: Probe) {
        self.id = id
        self.claim = claim
        self.probe = probe
    }

    /// Seconds that one attempt may take.
    static let attemptSeconds = 4
    /// Attempts, and so seconds, until a policy must be in force.
    static let enforcementSecondsMax = 8

    package var isDatagram: Bool { if case .datagram = probe { true } else { false } }

    /// A line for busybox's shell that prints `RESULT ID STATUS`, and the output of the probe behind it.
    package var shell: String {
        let wait = Self.attemptSeconds
        let command =
            switch probe {
            case .ask(let address, let port, _): "get http://\(Self.host(address)):\(port)/cgi-bin/who"
            case .askOften(let host, let port, let times):
                "for i in $(seq \(times)); do get http://\(host):\(port)/cgi-bin/who || exit 1; done"
            case .connect(let address, let port): "nc -w \(wait) \(address) \(port) </dev/null"
            case .ping(let address): "timeout \(wait) ping -c 1 -W \(wait) \(address)"
            case .datagram(let address):
                "timeout \(2 * wait) \(address.family == .ipv6 ? "traceroute6" : "traceroute") -n -q 2 -w 1 -m 4 \(address)"
            case .fetch(let address, let port, _): "get http://\(Self.host(address)):\(port)/large | wc -c"
            case .resolve(let name, _): "timeout \(wait) nslookup \(name)"
            case .becomesReachable(let address, let port):
                "for i in $(seq \(Self.enforcementSecondsMax)); do "
                    + "timeout 2 wget -qO- http://\(Self.host(address)):\(port)/cgi-bin/who && exit 0; sleep 1; done; exit 1"
            case .becomesUnreachable(let address, let port):
                "for i in $(seq \(Self.enforcementSecondsMax)); do "
                    + "timeout 1 wget -qO- http://\(Self.host(address)):\(port)/cgi-bin/who || exit 0; sleep 1; done; exit 1"
            }
        return "check \(id) '\(command)'"
    }

    /// The functions that those lines call.
    package static let prelude = """
        get() { timeout \(attemptSeconds) wget -qO- "$1"; }
        check() { out=$( (eval "$2") 2>&1); echo "RESULT $1 $?" $out; }

        """

    package static func host(_ address: IPAddress) -> String {
        address.family == .ipv6 ? "[\(address)]" : address.description
    }

    /// The id, the status and the output of a line that `report` wrote; nil for any other line.
    package static func parse(_ line: some StringProtocol) -> (id: String, status: Int, output: String)? {
        let parts = line.split(separator: " ", maxSplits: 3)
        guard parts.count >= 3, parts[0] == "RESULT", let status = Int(parts[2]) else { return nil }
        return (String(parts[1]), status, parts.count > 3 ? String(parts[3]) : "")
    }

    package func judge(status: Int, output: String) -> Outcome {
        let words = output.split(separator: " ")
        switch probe {
        case .ask(_, _, let source):
            guard status == 0, words.count >= 2 else { return .failed(output.isEmpty ? "no answer" : output) }
            guard let source else { return .passed("answered by \(words[0])") }
            guard IPAddress(parsing: words[1]) == source else {
                return .failed("\(words[0]) saw \(words[1]) instead of the sender's own address \(source)")
            }
            return .passed("\(words[0]) saw \(words[1])")
        case .askOften(_, _, let times):
            let servers = Set(stride(from: 0, to: words.count - 1, by: 2).map { words[$0] })
            guard status == 0, words.count == 2 * times else {
                return .failed(
                    "\(words.count / 2) of \(times) requests were answered \(status == 0 ? "" : output.suffix(80).description)")
            }
            return .passed("\(times) requests, answered by \(servers.sorted().joined(separator: " and "))")
        case .connect: return status == 0 ? .passed("connected") : .failed(output.isEmpty ? "no connection" : output)
        case .ping: return status == 0 ? .passed("answered") : .failed("no answer")
        case .datagram(let address):
            // The heading names the target too; behind it only a hop does, which means that its word came back.
            let hops = words.drop { $0 != "packets" }.dropFirst()
            return hops.contains { IPAddress(parsing: $0) == address } ? .passed("arrived") : .failed("no word of it came back")
        case .fetch(_, _, let bytes):
            return words.last.flatMap { Int($0) } == bytes
                ? .passed("\(bytes) bytes") : .failed("\(words.last ?? "nothing") of \(bytes) bytes")
        case .resolve(_, let address):
            return words.contains { IPAddress(parsing: $0) == address }
                ? .passed("\(address)") : .failed(String(output.suffix(120)))
        case .becomesReachable: return status == 0 ? .passed("let in") : .failed(output.isEmpty ? "no answer" : output)
        case .becomesUnreachable:
            return status == 0 ? .passed("kept out") : .failed("still answered after \(Self.enforcementSecondsMax) s")
        }
    }
}
