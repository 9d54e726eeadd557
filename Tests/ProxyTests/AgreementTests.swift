import API
import Logging
import NFTables
import Netfilter
import NetworkTypes
import Support
import Testing

@testable import Proxy

/// Random Services in a real kernel, and random packets through it: what comes out is what the packet trace says.
///
/// Packets go in and out by a tun device, to which every route leads; the node's own addresses stand on it.
@Suite(.enabled(if: ScratchNamespace.isAvailable, "needs root for a network namespace"))
struct AgreementTests {
    let namespace: ScratchNamespace
    let applier: KernelApplier

    init() throws {
        namespace = try #require(ScratchNamespace())
        let socket = namespace.perform { try? NetfilterSocket() }
        applier = KernelApplier(socket: try #require(socket), logger: Logger(label: "test"))
    }

    static let hosts = ["pod1", "pod2", "remote", "remote2", "client"]

    /// A Service with any features, at `vip` or `vip2`, and its slices.
    func stage(_ family: IPFamily, _ random: inout SeededRandom) -> Stage {
        func chance(_ part: UInt64) -> Bool { random.next() % part == 0 }
        var stage = Stage(family) { $0.zone = "a" }
        if chance(3) { stage.configuration.nodePortAddresses = .primary }
        if chance(4) { stage.configuration.masqueradesAll = true }
        if chance(4) { stage.configuration.localTraffic = .interfacePrefix("tu") }
        for (name, ip) in [("web", "vip"), ("next", "vip2")] {
            var annotations: [String: String] = [:]
            if chance(3) { annotations["skiff.dev/load-balancing"] = "source-hash" }
            if chance(3) { annotations["skiff.dev/weights"] = "node2=\(random.next() % 4)" }
            if name == "web", chance(3) { annotations["skiff.dev/traffic-split"] = "next=30" }
            let range = chance(2) ? stage.text("client") + (family == .ipv4 ? "/32" : "/128") : ""
            let ports = [
                API.ServicePort(name: "a", port: 80, nodePort: name == "web" ? 30080 : 30090),
                API.ServicePort(name: "u", transport: "UDP", port: 53, nodePort: name == "web" ? 30053 : 30054),
            ]
            let (isSticky, isLocalOutside, isLocalInside) = (chance(4), chance(2), chance(4))
            let address = name == "web" || chance(3) ? "balancer" : "nobody"
            stage.service(
                named: name, ip: ip, ports, type: "LoadBalancer", externalIPs: chance(2) ? ["external"] : [],
                balancers: [LoadBalancerIngress(ip: stage.text(address))], annotations: annotations,
                created: Int64(random.next() % 3)
            ) { spec in
                spec.sessionAffinity = isSticky ? "ClientIP" : "None"
                spec.externalTrafficPolicy = isLocalOutside ? "Local" : "Cluster"
                spec.internalTrafficPolicy = isLocalInside ? "Local" : "Cluster"
                spec.loadBalancerSourceRanges = range.isEmpty ? [] : [range]
            }
            let endpoints = ["pod1", "pod2", "remote", "remote2"].filter { _ in !chance(3) }.map { host in
                stage.endpoint(
                    host, ready: !chance(4), serving: true, terminating: chance(3), zones: chance(2) ? ["a"] : [],
                    nodes: chance(4) ? ["node1"] : [])
            }
            stage.slice(
                of: name, endpoints,
                ports: [EndpointPort(name: "a", port: 8080), EndpointPort(name: "u", transport: "UDP", port: 5353)])
        }
        return stage
    }

    struct Probe {
        var transport: TransportProtocol
        var source: String
        var sourcePort: Port
        var destination: String
        var port: Port
    }

    /// What may come of a packet, as the script below prints it.
    func expectations(_ probe: Probe, _ stage: Stage, _ ruleset: Ruleset) -> Set<String> {
        let node: Set<IPAddress> = [stage.address("node"), stage.address("node-too")]
        var found: Set<String> = []
        for draw in 0..<64 as Range<UInt32> {
            let packet = Packet(
                probe.transport, from: stage.address(probe.source), sourcePort: probe.sourcePort,
                to: stage.address(probe.destination),
                port: probe.port, inputInterface: "tun0")
            let trace = PacketTrace.follow(
                packet, from: .network, through: ruleset,
                in: PacketTrace.Surroundings(localAddresses: node, randomNumbers: [UInt32](repeating: draw, count: 20)))
            switch trace.outcome {
            case .dropped: found.insert("nothing")
            case .rejected(.tcpReset): found.insert("reset")
            case .rejected(.portUnreachable): found.insert("unreachable")
            case .undecided(let rule): found.insert("undecided: \(rule)")
            case .accepted:
                if node.contains(trace.packet.destination) {
                    // Nobody listens there: the node itself refuses.
                    found.insert(probe.transport == .tcp ? "reset" : "unreachable")
                } else {
                    let from = trace.isMasqueraded ? "masqueraded" : "\(trace.packet.source)"
                    found.insert("\(trace.packet.destination) \(trace.packet.destinationPort) \(from)")
                }
            }
        }
        return found
    }

    @Test(arguments: Stage.both, 1...12 as ClosedRange<UInt64>)
    func `the kernel does to random packets what the trace says`(family: IPFamily, seed: UInt64) async throws {
        var random = SeededRandom(seed: seed &* 2 &+ (family == .ipv4 ? 0 : 1))
        let stage = stage(family, &random)
        let ruleset = stage.ruleset
        let table = try #require(ruleset.tables.values.first)
        try await applier.apply(Difference.between(nil, table))
        let places: [(String, [Port])] = [
            ("vip", [80, 53, 81]), ("vip2", [80, 53]), ("nobody", [80, 53]), ("external", [80, 53]), ("balancer", [80, 53]),
            ("node", [30080, 30053, 30090, 30054]), ("node-too", [30080, 30053]), ("remote", [80]),
        ]
        let probes = (0..<120).map { index -> Probe in
            let place = places[Int(random.next() % UInt64(places.count))]
            return Probe(
                transport: random.next() % 2 == 0 ? .tcp : .udp,
                source: Self.hosts[Int(random.next() % UInt64(Self.hosts.count))],
                sourcePort: Port(UInt16(20000 + index)), destination: place.0,
                port: place.1[Int(random.next() % UInt64(place.1.count))])
        }
        let lines = probes.map { probe in
            "\(probe.transport.rawValue) \(stage.text(probe.source)) \(probe.sourcePort) \(stage.text(probe.destination)) \(probe.port)"
        }
        let lengths = family == .ipv4 ? (24, 32) : (64, 128)
        let (status, output) = namespace.shell(
            """
            export NODE=\(stage.text("node"))/\(lengths.0) TOO=\(stage.text("node-too"))/\(lengths.1)
            export PACKETS='\(lines.joined(separator: "\n"))'
            exec python3 -c '\(Self.script)'
            """)
        try #require(status == 0, "\(output.suffix(2000))")
        let answers = output.split(separator: "\n").map(String.init)
        try #require(answers.count == probes.count, "\(output.prefix(2000))")
        for (probe, answer) in zip(probes, answers) {
            let expected = expectations(probe, stage, ruleset)
            #expect(
                expected.contains(answer),
                "seed \(seed) \(family): \(probe.transport) \(probe.source) to \(probe.destination) \(probe.port): \(expected.sorted())"
            )
        }
    }

    /// Sends each packet into a tun device and prints what comes out: `DESTINATION PORT SOURCE`, `reset`, `unreachable` or `nothing`.
    static let script = #"""
        import fcntl, ipaddress, os, select, struct, subprocess, sys
        tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH", b"tun0", 0x1001))
        node = ipaddress.ip_interface(os.environ["NODE"])
        family = node.version
        commands = ["ip link set lo up", "ip link set tun0 up", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
            "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tun0.rp_filter=0 net.ipv4.conf.all.send_redirects=0",
            "sysctl -qw net.ipv4.conf.tun0.send_redirects=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000"]
        nodad = " nodad" if family == 6 else ""
        NODE, TOO = os.environ["NODE"], os.environ["TOO"]
        commands += [f"ip addr add {NODE} dev tun0{nodad}", f"ip addr add {TOO} dev tun0{nodad}",
            f"ip -{family} route add default dev tun0"]
        for command in commands: subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)

        def checksum(data):
            if len(data) % 2: data += b"\0"
            total = sum(struct.unpack(f"!{len(data) // 2}H", data))
            while total >> 16: total = (total & 0xffff) + (total >> 16)
            return ~total & 0xffff

        def packet(protocol, source, source_port, destination, port):
            source, destination = (ipaddress.ip_address(x).packed for x in (source, destination))
            if protocol == 6: body = struct.pack("!HHIIBBHHH", source_port, port, 1, 0, 0x50, 2, 1000, 0, 0)
            else: body = struct.pack("!HHHH", source_port, port, 9, 0) + b"x"
            pseudo = source + destination + struct.pack("!II" if family == 6 else "!HH", *((len(body), protocol) if family == 6 else (protocol, len(body))))
            place = 16 if protocol == 6 else 6
            body = body[:place] + struct.pack("!H", checksum(pseudo + body)) + body[place + 2:]
            if family == 6: return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + source + destination + body
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + source + destination
            return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body

        def read(timeout):
            while select.select([tun], [], [], timeout)[0]:
                data = os.read(tun, 65536)
                if data[0] >> 4 != family: continue
                if family == 6: protocol, source, destination, body = data[6], data[8:24], data[24:40], data[40:]
                else: protocol, source, destination, body = data[9], data[12:16], data[16:20], data[20:]
                yield protocol, str(ipaddress.ip_address(source)), str(ipaddress.ip_address(destination)), body

        for line in os.environ["PACKETS"].split("\n"):
            protocol, source, source_port, destination, port = line.split()
            protocol, source_port, port = int(protocol), int(source_port), int(port)
            os.write(tun, packet(protocol, source, source_port, destination, port))
            answer = "nothing"
            for kind, sender, receiver, body in read(0.03):
                first, second = struct.unpack("!HH", body[:4])
                if kind == 6 and body[13] & 4 and second == source_port: answer = "reset"
                elif kind in (1, 58) and body[0] == (3 if family == 4 else 1) and body[1] == (3 if family == 4 else 4): answer = "unreachable"
                elif kind == protocol and not (kind == 6 and body[13] & 16):
                    masqueraded = sender in (str(node.ip), TOO.split("/")[0])
                    answer = f"{receiver} {second} " + ("masqueraded" if masqueraded else sender)
                else: continue
                break
            print(answer)
        """#
}
