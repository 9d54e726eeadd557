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
    /// What to do when it fails, in one line.
    package var remedy: String

    package init(id: String, claim: String, probe: Probe, remedy: String) {
        self.id = id
        self.claim = claim
        self.probe = probe
        self.remedy = remedy
    }

    /// Seconds that one attempt may take.
    static let attemptSeconds = 4
    /// Until then a policy must be in force.
    static let enforcementSecondsMax = 8

    /// What a client runs: all checks at once, each with a line of its own as soon as it is done, and `end` behind them.
    ///
    /// Datagrams go one after the other: busybox's `traceroute` takes a neighbour's answer for its own.
    package static func script(_ checks: [ConnectivityCheck]) -> String {
        let together = checks.filter { !$0.isDatagram }.map { "\($0.shell) &\n" }
        let inTurn = checks.filter(\.isDatagram).map { "\($0.shell)\n" }
        return prelude + together.joined() + "{\n:\n" + inTurn.joined() + "} &\nwait\necho \(end)\n"
    }

    private var isDatagram: Bool { if case .datagram = probe { true } else { false } }

    /// The line after the last result.
    package static let end = "END"

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
                // Datagrams may be lost: a second try is fair. What is printed is the last try's alone.
                "for i in 1 2; do out=$(timeout \(wait + 1) \(address.family == .ipv6 ? "traceroute6" : "traceroute") "
                    + "-n -q 3 -w 1 -m 4 \(address) 2>&1); case \"${out#*packets}\" in *\" \(address) \"*) break;; esac; done; echo $out"
            case .fetch(let address, let port, _): "get http://\(Self.host(address)):\(port)/large | wc -c"
            case .resolve(let name, _): "timeout \(wait) nslookup \(name)"
            case .becomesReachable(let address, let port):
                Self.repeated("timeout 1 wget -qO- http://\(Self.host(address)):\(port)/cgi-bin/who && exit 0")
            case .becomesUnreachable(let address, let port):
                Self.repeated("timeout 1 wget -qO- http://\(Self.host(address)):\(port)/cgi-bin/who || exit 0")
            }
        return "check \(id) '\(command)'"
    }

    private static func repeated(_ attempt: String) -> String {
        "until=$(($(date +%s) + \(enforcementSecondsMax))); "
            + "while [ $(date +%s) -lt $until ]; do \(attempt); sleep 0.3; done; exit 1"
    }

    /// The functions that those lines call. An asterisk in an output is none of a file name.
    private static let prelude = """
        set -f
        get() { timeout \(attemptSeconds) wget -qO- "$1"; }
        check() { out=$( (eval "$2") 2>&1); echo "RESULT $1 $?" $out; }

        """

    package static func host(_ address: IPAddress) -> String {
        address.family == .ipv6 ? "[\(address)]" : address.description
    }

    /// The id, the status and the output of a line that `report` wrote; nil for any other line.
    package static func parse(_ line: some StringProtocol) -> (id: String, status: Int, output: String)? {
        let parts = line.split(separator: " ")
        guard parts.count >= 3, parts[0] == "RESULT", let status = Int(parts[2]) else { return nil }
        // What the shell says of a program whose time is up.
        return (String(parts[1]), status, parts.dropFirst(3).filter { $0 != "Terminated" }.joined(separator: " "))
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
            return hops.contains { IPAddress(parsing: $0) == address }
                ? .passed("arrived") : .failed("no word of it came back: \(hops.joined(separator: " "))")
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
