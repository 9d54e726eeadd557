import NetworkTypes
import Support
import Testing

/// A node in a namespace whose every route leads to a tun device: packets are written into it, and what comes out is read there.
///
/// Whatever a packet causes is out before the marker that follows it, so no answer depends on time. Each thing that comes out carries the
/// number of the packet that caused it: in the TCP sequence number, the datagram, or the tag of the SCTP association.
struct TunNetwork {
    struct Probe: CustomStringConvertible {
        var transport: TransportProtocol
        /// `node-lo`: the node itself sends.
        var source: String
        var sourcePort: Port
        var destination: String
        var port: Port

        var isOwn: Bool { source == "node-lo" }
        var description: String { "\(transport) \(source) to \(destination) \(port)" }
    }

    let namespace: ScratchNamespace

    /// For each packet `DESTINATION PORT SOURCE` (the source `masqueraded` when it is the node's), `reset`, `unreachable`, `unsupported`,
    /// `refused` (the node itself may not send it) or `nothing`.
    ///
    /// - Parameter times: How often each probe is sent, each time from the next source port.
    func answers(to probes: [Probe], times: Int = 1, on stage: Stage) throws -> [String] {
        let lines = probes.map { probe in
            "\(times) \(probe.isOwn ? "own" : "net") \(probe.transport.rawValue) \(stage.text(probe.source)) \(probe.sourcePort) "
                + "\(stage.text(probe.destination)) \(probe.port)"
        }
        let (status, output) = namespace.shell(
            """
            export NODE=\(stage.text("node")) TOO=\(stage.text("node-too")) OWN=\(stage.text("node-lo"))
            export PACKETS='\(lines.joined(separator: "\n"))'
            exec python3 -c '\(Self.script)'
            """)
        try #require(status == 0, "\(output.suffix(2000))")
        let answers = output.split(separator: "\n").map(String.init)
        try #require(answers.count == probes.count * times, "\(output.prefix(2000))")
        return answers
    }

    private static let script = #"""
        import fcntl, ipaddress, os, select, socket, struct, subprocess, sys, time
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH", b"tun0", 0x1001))
        NODE, TOO, OWN = os.environ["NODE"], os.environ["TOO"], os.environ["OWN"]
        family = ipaddress.ip_address(NODE).version
        nodad = " nodad" if family == 6 else ""
        length = 128 if family == 6 else 32
        commands = ["ip link set lo up", "ip link set tun0 up", "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
            "sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tun0.rp_filter=0 net.ipv4.conf.all.send_redirects=0",
            "sysctl -qw net.ipv4.conf.tun0.send_redirects=0 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0",
            "sysctl -qw net.ipv4.icmp_msgs_per_sec=100000 net.ipv4.icmp_msgs_burst=10000 || true",
            f"ip addr add {NODE}/{length} dev tun0{nodad}", f"ip addr add {TOO}/{length} dev tun0{nodad}",
            f"ip addr add {OWN}/{length} dev lo{nodad}", f"ip -{family} route add default dev tun0"]
        for command in commands: subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
        # The kernel makes an IPv6 address its own in a worker, some time after the command that adds it.
        for address in (NODE, TOO, OWN):
            until = time.monotonic() + 60
            while not subprocess.check_output(["ip", "route", "get", address]).startswith(b"local"):
                if time.monotonic() > until: sys.exit(f"{address} does not become an address of the node")
                time.sleep(0.01)

        def checksum(data):
            if len(data) % 2: data += b"\0"
            total = sum(struct.unpack(f"!{len(data) // 2}H", data))
            while total >> 16: total = (total & 0xffff) + (total >> 16)
            return ~total & 0xffff

        def castagnoli(data):
            crc = 0xffffffff
            for byte in data:
                crc ^= byte
                for _ in range(8): crc = crc >> 1 ^ 0x82f63b78 & -(crc & 1)
            return ~crc & 0xffffffff

        def packet(number, protocol, source, source_port, destination, port):
            source, destination = (ipaddress.ip_address(x).packed for x in (source, destination))
            if protocol == 132:
                body = struct.pack("!HHIIBBHIIHHI", source_port, port, 0, 0, 1, 0, 20, number, 65536, 1, 1, number)
                body = body[:8] + struct.pack("<I", castagnoli(body)) + body[12:]
            else:
                if protocol == 6: body, place = struct.pack("!HHIIBBHHH", source_port, port, number, 0, 0x50, 2, 1000, 0, 0), 16
                else: body, place = struct.pack("!HHHHI", source_port, port, 12, 0, number), 6
                pseudo = source + destination + struct.pack("!II" if family == 6 else "!HH", *((len(body), protocol) if family == 6 else (protocol, len(body))))
                body = body[:place] + struct.pack("!H", checksum(pseudo + body) or 0xffff) + body[place + 2:]
            if family == 6: return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + source + destination + body
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + source + destination
            return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body

        def parts(data):
            if family == 6: return data[6], data[8:24], data[24:40], data[40:]
            return data[9], data[12:16], data[16:20], data[20:]

        def number_of(protocol, body):
            place = {6: 4, 17: 8, 132: 16}.get(protocol)
            if place is None or len(body) < place + 4: return None
            return struct.unpack("!I", body[place:place + 4])[0]

        # What came out, and the number of the packet that it is about.
        def meaning(data):
            if not data or data[0] >> 4 != family: return None, None
            protocol, source, destination, body = parts(data)
            if protocol in (1, 58):
                kind = {(3, 3): "unreachable", (3, 2): "unsupported", (1, 4): "unreachable", (4, 1): "unsupported"}.get((body[0], body[1]))
                if kind is None: return None, None
                inner = parts(body[8:])
                return number_of(inner[0], inner[3]), kind
            number = number_of(protocol, body)
            if protocol == 6 and body[13] & 4: return struct.unpack("!I", body[8:12])[0] - 1, "reset"
            if number is None or protocol == 6 and body[13] & 16: return None, None
            sender, receiver = (str(ipaddress.ip_address(x)) for x in (source, destination))
            text = "masqueraded" if sender in (NODE, TOO) else sender
            port = struct.unpack("!H", body[2:4])[0]
            return number, f"{receiver} {port} {text}"

        raw = socket.socket(socket.AF_INET6 if family == 6 else socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        outside = ("2001:db8::1", "2001:db8::2") if family == 6 else ("198.51.100.1", "198.51.100.2")
        number = 0
        for line in os.environ["PACKETS"].split("\n"):
            times, origin, protocol, source, source_port, destination, port = line.split()
            for time_ in range(int(times)):
                number += 2
                answer = "nothing"
                data = packet(number, int(protocol), source, int(source_port) + time_, destination, int(port))
                if origin == "own":
                    try: raw.sendto(data, (destination, 0))
                    except PermissionError: answer = "refused"
                else: os.write(tun, data)
                os.write(tun, packet(number + 1, 17, outside[0], 9, outside[1], 9))
                while True:
                    if not select.select([tun], [], [], 60)[0]: sys.exit(f"the marker of packet {number} does not come out")
                    about, said = meaning(os.read(tun, 65536))
                    if about == number + 1: break
                    if about == number: answer = said
                print(answer)
        """#
}
