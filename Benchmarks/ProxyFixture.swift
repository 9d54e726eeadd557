import API
import Glibc
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Proxy

/// A network namespace of a benchmark's own, entered by one thread that stays there.
final class BenchmarkNamespace: Sendable {
    let thread = SerialThread()
    let socket: NetfilterSocket
    let applier: KernelApplier

    /// Nil without the right to make one.
    init?() async {
        guard await thread.enterNewNetwork(), let made = await thread.perform({ try? NetfilterSocket() }) else { return nil }
        socket = made
        applier = KernelApplier(socket: made, logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Runs a shell command inside, its input from a string; nil when it failed.
    func shell(_ command: String, input: String = "") async -> Usage? {
        await thread.perform {
            let path = "/var/tmp/skiff-benchmark-\(getpid()).input"
            guard let file = fopen(path, "w") else { return nil }
            fputs(input, file)
            fclose(file)
            defer { unlink(path) }
            let before = Usage.now(RUSAGE_CHILDREN.rawValue)
            guard system("\(command) < \(path)") == 0 else { return nil }
            return Usage.now(RUSAGE_CHILDREN.rawValue) - before
        }
    }

    /// Sends one UDP packet to each address from a socket of its own; the CPU that all of it took in nanoseconds.
    func newFlows(to addresses: [UInt32], port: UInt16) async -> UInt64 {
        await thread.perform {
            func time() -> UInt64 {
                var now = timespec()
                clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
                return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
            }
            let begin = time()
            for number in addresses {
                let descriptor = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = port.bigEndian
                address.sin_addr.s_addr = number.bigEndian
                withUnsafePointer(to: &address) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        _ = sendto(descriptor, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                    }
                }
                close(descriptor)
            }
            return time() - begin
        }
    }
}

/// CPU time in nanoseconds.
struct Usage: Sendable {
    var user: Int
    var system: Int

    var sum: Int { user + system }

    static func now(_ who: Int32) -> Usage {
        var usage = rusage()
        getrusage(who, &usage)
        func nanoseconds(_ time: timeval) -> Int { Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_usec) * 1000 }
        return Usage(user: nanoseconds(usage.ru_utime), system: nanoseconds(usage.ru_stime))
    }

    static var process: Usage { now(RUSAGE_SELF.rawValue) }

    static func - (left: Usage, right: Usage) -> Usage {
        Usage(user: left.user - right.user, system: left.system - right.system)
    }
}

/// Services `s0`, `s1`... at 10.96.0.1 and on, each with the given number of endpoints on other nodes.
enum ProxyFixture {
    static let configuration = ProxyConfiguration(
        nodeName: "node1", clusterCIDRs: [CIDR(parsing: "10.128.0.0/9")].compactMap(\.self),
        serviceCIDRs: [CIDR(parsing: "10.96.0.0/12")].compactMap(\.self))

    static func virtualAddress(_ index: Int) -> UInt32 { 0x0a60_0001 + UInt32(index) }
    static func endpoint(_ index: Int, _ number: Int) -> UInt32 { 0x0a80_0001 + UInt32(index) * 8 + UInt32(number) }

    static func service(_ index: Int, transport: String = "TCP") -> Service {
        Service(
            metadata: ObjectMeta(name: "s\(index)", namespace: "default"),
            spec: Service.Spec(
                clusterIP: IPv4Address(virtualAddress(index)).description,
                ports: [API.ServicePort(transport: transport, port: 80, targetPort: .number(8080))]))
    }

    static func slice(_ index: Int, _ endpoints: Range<Int>, transport: String = "TCP") -> EndpointSlice {
        EndpointSlice(
            metadata: ObjectMeta(
                name: "s\(index)-1", namespace: "default", labels: [EndpointSlice.serviceNameLabel: "s\(index)"]),
            endpoints: endpoints.map { Endpoint(addresses: [IPv4Address(endpoint(index, $0)).description], nodeName: "node2") },
            ports: [EndpointPort(transport: transport, port: 8080)])
    }

    static func tracker(_ count: Int, endpoints: Int, transport: String = "TCP") -> ServiceChangeTracker {
        var tracker = ServiceChangeTracker()
        tracker.servicesListed((0..<count).map { service($0, transport: transport) })
        tracker.slicesListed((0..<count).map { slice($0, 0..<endpoints, transport: transport) })
        return tracker
    }

    /// A counted map with an element for each Service at UDP port 80, one lookup in it, and no translation.
    static func lookupRules(_ count: Int) -> String {
        let elements = (0..<count).map { "\(IPv4Address(virtualAddress($0))) . udp . 80 : goto found" }.joined(separator: ", ")
        return """
            table ip one {
             map services { type ipv4_addr . inet_proto . inet_service : verdict; counter; elements = { \(elements) }; }
             chain found { accept; }
             chain nat-output { type nat hook output priority -100; ip daddr . meta l4proto . th dport vmap @services; }
            }

            """
    }

    /// The same Services in the shape that kube-proxy 1.36 gives them: a chain, a rule and an anonymous map each, and an element of a
    /// verdict map.
    static func upstreamRules(_ count: Int, endpoints: Int, transport: String = "tcp") -> String {
        var text = """
            table ip kube-proxy {
             set cluster-ips { type ipv4_addr; }
             map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; }
             map no-endpoint-services { type ipv4_addr . inet_proto . inet_service : verdict; }
             set hairpin-connections { type ipv4_addr . ipv4_addr . inet_proto . inet_service; }
             chain mark-for-masquerade { meta mark set meta mark or 0x4000; }
             chain masquerading {
              meta mark & 0x4000 == 0 return; meta mark set meta mark ^ 0x4000; masquerade fully-random; }
             chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
             chain service-endpoints-check { ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }
             chain cluster-ips-check { ip daddr @cluster-ips reject; }
             chain filter-output { type filter hook output priority 0;
              ct state new jump service-endpoints-check; ct state new jump cluster-ips-check; }
             chain nat-output { type nat hook output priority -100; jump services; }
             chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
             chain nat-postrouting { type nat hook postrouting priority 100; jump masquerading; }
            }

            """
        for index in 0..<count {
            let vip = IPv4Address(virtualAddress(index))
            let chain = "service-\(index)-default/s\(index)/\(transport)/"
            let slots = (0..<endpoints).map { "\($0) : \(IPv4Address(endpoint(index, $0))) . 8080" }.joined(separator: ", ")
            text += """
                add chain ip kube-proxy \(chain)
                add rule ip kube-proxy \(chain) ip daddr \(vip) \(transport) dport 80 ip saddr != 10.128.0.0/9 jump mark-for-masquerade
                add rule ip kube-proxy \(chain) meta l4proto \(transport) dnat ip addr . port to numgen random mod \(endpoints) map { \(slots) }
                add element ip kube-proxy cluster-ips { \(vip) }
                add element ip kube-proxy service-ips { \(vip) . \(transport) . 80 : goto \(chain) }

                """
        }
        return text
    }
}
