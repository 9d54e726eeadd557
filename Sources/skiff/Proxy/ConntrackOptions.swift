import ArgumentParser
import Glibc
import Logging
import Netlink

/// The connection tracking settings that kube-proxy makes, under the names of its flags.
///
/// - SeeAlso: Kubernetes 1.36 `cmd/kube-proxy/app/conntrack.go`, `server_linux.go` (`setupConntrack`).
struct ConntrackOptions: ParsableArguments {
    @Option(help: "Connections to track per CPU; 0 leaves the limit as it is. A higher limit is never lowered.")
    var conntrackMaxPerCore = 32768
    @Option(help: "Connections to track at least.") var conntrackMin = 131_072
    @Option(help: "Idle timeout of established TCP connections; 0 leaves it as it is.") var conntrackTcpTimeoutEstablished = "24h"
    @Option(help: "Timeout of TCP connections in CLOSE_WAIT; 0 leaves it as it is.") var conntrackTcpTimeoutCloseWait = "1h"
    @Flag(help: "Do not take TCP packets outside the window for invalid.") var conntrackTcpBeLiberal = false
    @Option(help: "Idle timeout of unanswered UDP flows; 0 leaves it as it is.") var conntrackUdpTimeout = "0"
    @Option(help: "Idle timeout of answered UDP flows; 0 leaves it as it is.") var conntrackUdpTimeoutStream = "0"

    private static let folder = "net/netfilter/nf_conntrack_"
    private static let hashSize = "/sys/module/nf_conntrack/parameters/hashsize"

    func validate() throws { _ = try settings(cores: 1) }

    /// Name below `net/netfilter/nf_conntrack_` and value, in order; the limit on its own.
    func settings(cores: Int) throws -> (connectionsMax: Int, others: [(name: String, value: Int)]) {
        var others: [(String, Int)] = []
        func add(_ name: String, _ text: String, _ option: String) throws {
            let seconds = Int(try GoDuration.parse(text, option).components.seconds)
            if seconds > 0 { others.append((name, seconds)) }
        }
        if conntrackTcpBeLiberal { others.append(("tcp_be_liberal", 1)) }
        try add("tcp_timeout_established", conntrackTcpTimeoutEstablished, "--conntrack-tcp-timeout-established")
        try add("tcp_timeout_close_wait", conntrackTcpTimeoutCloseWait, "--conntrack-tcp-timeout-close-wait")
        try add("udp_timeout", conntrackUdpTimeout, "--conntrack-udp-timeout")
        try add("udp_timeout_stream", conntrackUdpTimeoutStream, "--conntrack-udp-timeout-stream")
        return (conntrackMaxPerCore > 0 ? max(conntrackMin, conntrackMaxPerCore * cores) : 0, others)
    }

    /// Writes what differs in the network namespace of the calling thread. What the kernel refuses is logged and left: the rules work
    /// without.
    func apply(_ log: Logger) throws {
        let (connectionsMax, others) = try settings(cores: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        if connectionsMax > 0, let present = Self.read("max"), present < connectionsMax, Self.write("max", connectionsMax, log) {
            raiseHashSize(to: connectionsMax / 4, log)
        }
        for (name, value) in others where Self.read(name) != value { _ = Self.write(name, value, log) }
    }

    private static func read(_ name: String) -> Int? { (try? Sysctl.read(folder + name)).flatMap { Int($0) } }

    private static func write(_ name: String, _ value: Int, _ log: Logger) -> Bool {
        do {
            try Sysctl.write(folder + name, String(value))
            log.info("set kernel setting", metadata: ["key": "nf_conntrack_\(name)", "value": "\(value)"])
            return true
        } catch {
            log.debug("kernel setting not changed", metadata: ["key": "nf_conntrack_\(name)", "error": "\(error)"])
            return false
        }
    }

    private func raiseHashSize(to size: Int, _ log: Logger) {
        guard let file = fopen(Self.hashSize, "r+") else { return }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 32)
        guard fgets(&line, 32, file) != nil, atoi(line) < size else { return }
        rewind(file)
        _ = fputs(String(size), file)
        log.info("set kernel setting", metadata: ["key": "nf_conntrack hashsize", "value": "\(size)"])
    }
}
