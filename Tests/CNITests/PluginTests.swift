import Glibc
import JSON
import NetworkTypes
import Support
import Testing

@testable import CNI
@testable import Netlink

/// ADD and its companions of the built binary in real namespaces.
@Suite(.enabled(if: PluginBinary.isRunnable, "needs root and the built skiff-cni"), .serialized)
struct PluginTests {
    /// A host's namespace, its sockets, and pods' namespaces with names that only this test uses.
    private final class Scene {
        let host: NetworkNamespace
        let socket: NetlinkSocket
        let plugin: PluginBinary
        private var pins: [String] = []
        private static let directory = "/tmp/skiff-cni-netns-\(getpid())"

        init() throws {
            host = try NetworkNamespace.create()
            socket = try host.openSocket()
            plugin = PluginBinary(host: host)
            mkdir(Self.directory, 0o700)
        }

        deinit {
            for pin in pins { try? NetworkNamespace.unpin(pin) }
            rmdir(Self.directory)
        }

        /// The path of a new namespace.
        func pod() throws -> String {
            let path = "\(Self.directory)/\(UInt64.random(in: 0...UInt64.max))"
            try NetworkNamespace.create().pin(at: path)
            pins.append(path)
            return path
        }

        func drop(_ path: String) throws {
            try NetworkNamespace.unpin(path)
            pins.removeAll { $0 == path }
        }

        var podLinks: [LinkMessage] {
            get throws { try socket.links().filter { $0.name != "lo" } }
        }

        /// Waits until the kernel has taken the last pod link of namespaces that ended; nil when it has.
        func leftLinks() throws -> [String]? {
            for _ in 0..<9000 {
                if try podLinks.isEmpty { return nil }
                usleep(10_000)
            }
            return try podLinks.compactMap(\.name)
        }
    }

    private static func configuration(_ members: String, version: String = "1.1.0") -> String {
        #"{"cniVersion":"\#(version)","name":"skiff","type":"skiff-cni",\#(members)}"#
    }

    private static let dual = configuration(#""podCIDRs":["10.244.1.0/24","fd00:1::/64"],"mtu":1450"#)

    private func check(_ scene: Scene, _ pod: String, _ result: JSONValue) throws -> PluginBinary.Outcome {
        var configuration = try JSONParser.parse(Self.dual)
        configuration["prevResult"] = result
        return try scene.plugin.run("CHECK", pod, JSONWriter.text(configuration))
    }

    @Test func `adds, checks clean, deletes, and deletes again`() throws {
        let scene = try Scene()
        let pod = try scene.pod()
        let added = try scene.plugin.run("ADD", pod, Self.dual)
        let result = try #require(added.json)
        try #require(added.exitStatus == 0, "\(added.output)")
        let addresses = CNIResult(json: result).addresses.map(\.address.address)
        #expect(addresses.map(\.family) == [.ipv4, .ipv6])
        #expect(try scene.podLinks.map(\.name) == [InterfaceNames.hostEnd(for: addresses)])
        let checked = try check(scene, pod, result)
        #expect(checked.exitStatus == 0, "\(checked.output)")
        #expect(checked.output.isEmpty)
        for namespace in [pod, pod, ""] { #expect(try scene.plugin.run("DEL", namespace, Self.dual).exitStatus == 0) }
        #expect(try scene.podLinks.isEmpty)
        #expect(try NetworkNamespace(path: pod).openSocket().links().map(\.name) == ["lo"])
    }

    @Test func `refuses a second interface of the same name and keeps the first`() throws {
        let scene = try Scene()
        let pod = try scene.pod()
        let first = try #require(try scene.plugin.run("ADD", pod, Self.dual).json)
        #expect(try scene.plugin.run("ADD", pod, Self.dual).code == 999)
        #expect(try scene.plugin.run("ADD", pod, Self.dual, id: "c2").code == 999)
        #expect(try scene.plugin.run("ADD", try scene.pod(), Self.dual).code == 999)
        #expect(try scene.podLinks.count == 1)
        #expect(try check(scene, pod, first).exitStatus == 0)
    }

    @Test func `gives one container two interfaces that go one by one`() throws {
        let scene = try Scene()
        let pod = try scene.pod()
        let other = Self.configuration(#""podCIDRs":["10.9.0.0/24"]"#)
        #expect(try scene.plugin.run("ADD", pod, Self.dual).exitStatus == 0)
        let second = try scene.plugin.run("ADD", pod, other, interface: "eth1")
        #expect(second.exitStatus == 0, "\(second.output)")
        #expect(try scene.podLinks.count == 2)
        let inside = try NetworkNamespace(path: pod).openSocket()
        let first = try #require(try inside.link(LinkMessage(name: "eth0"))?.index)
        let route = try inside.get(RouteMessage.lookup(.v4(IPv4Address(192, 0, 2, 1)))).flatMap { RouteMessage($0) }
        #expect(route?.index == first)
        #expect(try scene.plugin.run("DEL", pod, other, interface: "eth1").exitStatus == 0)
        #expect(try inside.links().compactMap(\.name) == ["lo", "eth0"])
    }

    @Test func `leaves nothing when the host has a route to the address already`() throws {
        let scene = try Scene()
        var up = LinkMessage(index: .loopback)
        up.setUp()
        let taken = try #require(IPAddress(parsing: "10.3.0.1"))
        try scene.socket.apply([up.change, RouteMessage(CIDR(host: taken), on: .loopback, origin: .static).create])
        let pod = try scene.pod()
        let outcome = try scene.plugin.run("ADD", pod, Self.configuration(#""podCIDRs":["10.3.0.1/32"]"#))
        #expect(outcome.code == 999)
        #expect(try scene.podLinks.isEmpty)
        #expect(try NetworkNamespace(path: pod).openSocket().links().map(\.name) == ["lo"])
    }

    @Test func `gives the address that was asked for, once`() throws {
        let scene = try Scene()
        var environment = CNIRequestTests.environment
        environment["CNI_ARGS"] = "IgnoreUnknown=1;IP=10.244.1.77"
        environment["CNI_NETNS"] = try scene.pod()
        let first = try scene.plugin.run(environment, Self.dual)
        #expect(CNIResult(json: first.json ?? [:]).addresses.map(\.address.description) == ["10.244.1.77/32", "fd00:1::4d/128"])
        environment["CNI_NETNS"] = try scene.pod()
        environment["CNI_CONTAINERID"] = "c2"
        #expect(try scene.plugin.run(environment, Self.dual).code == 999)
    }

    @Test func `says try again when every address is taken, and finds the one that comes back`() throws {
        let scene = try Scene()
        let small = Self.configuration(#""podCIDRs":["10.5.0.0/29","fd05::/64"]"#)
        var addresses: Set<IPAddress> = []
        for number in 0..<6 {
            let outcome = try scene.plugin.run("ADD", try scene.pod(), small, id: "c\(number)")
            addresses.formUnion(CNIResult(json: outcome.json ?? [:]).addresses.map(\.address.address))
        }
        #expect(addresses.count == 12)
        #expect(try scene.plugin.run("ADD", try scene.pod(), small, id: "c6").code == 11)
        #expect(try scene.plugin.run("STATUS", "", small).code == 50)
        #expect(try scene.plugin.run("DEL", "", small, id: "c3").exitStatus == 0)
        #expect(try scene.plugin.run("STATUS", "", small).exitStatus == 0)
        let outcome = try scene.plugin.run("ADD", try scene.pod(), small, id: "c6")
        #expect(addresses.isSuperset(of: CNIResult(json: outcome.json ?? [:]).addresses.map(\.address.address)))
    }

    @Test func `adds a hundred at once without giving an address twice`() async throws {
        let scene = try Scene()
        let pods = try (0..<100).map { _ in try scene.pod() }
        let plugin = scene.plugin
        let outcomes = try await withThrowingTaskGroup(of: PluginBinary.Outcome.self) { group in
            for (number, pod) in pods.enumerated() {
                group.addTask {
                    try await withCheckedThrowingContinuation { continuation in
                        do {
                            try FreshThread.detach {
                                continuation.resume(with: Result { try plugin.run("ADD", pod, Self.dual, id: "c\(number)") })
                            }
                        } catch { continuation.resume(throwing: error) }
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0.exitStatus != 0 }.map(\.output) == [])
        let addresses = outcomes.flatMap { CNIResult(json: $0.json ?? [:]).addresses }.map(\.address.address)
        #expect(Set(addresses).count == 200)
        #expect(try scene.podLinks.count == 100)
    }

    @Test func `leaves nothing after kills at any moment once the pods' namespaces end`() throws {
        let scene = try Scene()
        var random = SeededRandom(seed: 11)
        var pods: [String] = []
        for number in 0..<60 {
            let pod = try scene.pod()
            pods.append(pod)
            var environment = CNIRequestTests.environment
            environment["CNI_CONTAINERID"] = "c\(number)"
            environment["CNI_NETNS"] = pod
            let delay = UInt32.random(in: 300...4000, using: &random)
            try scene.plugin.runAndKill(environment, Self.dual, afterMicroseconds: delay)
            // Half of them are deleted by the runtime, as it should; the others only lose their namespace.
            if number % 2 == 0 {
                #expect(try scene.plugin.run("DEL", pod, Self.dual, id: "c\(number)").exitStatus == 0)
                #expect(try NetworkNamespace(path: pod).openSocket().links().map(\.name) == ["lo"])
            }
        }
        for pod in pods { try scene.drop(pod) }
        #expect(try scene.leftLinks() == nil)
        let routes = try scene.socket.dump(RouteMessage.list(.ipv4)).compactMap { RouteMessage($0) }
        #expect(routes.filter { $0.origin == .pod } == [])
    }

    @Test func `keeps what the runtime says is valid and collects the rest of its own network`() throws {
        let scene = try Scene()
        let other = #"{"cniVersion":"1.1.0","name":"other","type":"skiff-cni","podCIDRs":["10.8.0.0/24"]}"#
        for id in ["c1", "c2", "c3"] { _ = try scene.plugin.run("ADD", try scene.pod(), Self.dual, id: id) }
        _ = try scene.plugin.run("ADD", try scene.pod(), other)
        func collect(_ member: String) throws -> Int {
            let outcome = try scene.plugin.run("GC", "", Self.configuration(#""podCIDRs":[]"# + member))
            #expect(outcome.exitStatus == 0, "\(outcome.output)")
            return try scene.podLinks.count
        }
        #expect(try collect("") == 4)
        #expect(
            try collect(
                #","cni.dev/valid-attachments":[{"containerID":"c2","ifname":"eth0"},{"containerID":"x","ifname":"eth0"}]"#) == 2)
        #expect(try collect(#","cni.dev/attachments":[]"#) == 1)
        #expect(try collect(#","cni.dev/attachments":[]"#) == 1)
        #expect(try scene.podLinks.flatMap(\.alternativeNames) == ["cni=other=c1=eth0"])
    }

    enum Drift: CaseIterable, Sendable {
        case podLinkGone, podLinkDown, addressGone, defaultRouteGone, hostRouteGone, hostEndRenamed, hostEndDown, mtuChanged,
            macChanged
    }

    @Test(arguments: Drift.allCases)
    func `notices when the attachment is not as it was`(drift: Drift) throws {
        let scene = try Scene()
        let pod = try scene.pod()
        let result = try #require(try scene.plugin.run("ADD", pod, Self.dual).json)
        let inside = try NetworkNamespace(path: pod).openSocket()
        let podIndex = try #require(try inside.link(LinkMessage(name: "eth0"))?.index)
        let hostIndex = try #require(try scene.podLinks.first?.index)
        let address = try #require(CNIResult(json: result).addresses.first?.address)
        var podLink = LinkMessage(index: podIndex)
        var hostLink = LinkMessage(index: hostIndex)
        switch drift {
        case .podLinkGone: try inside.apply([podLink.delete])
        case .podLinkDown:
            podLink.setUp(false)
            try inside.apply([podLink.change])
        case .addressGone: try inside.apply([AddressMessage(address, on: podIndex).delete])
        case .defaultRouteGone:
            let gateway = PodNetworkPlan.gatewayIPv4
            let everything = try #require(CIDR(parsing: "0.0.0.0/0"))
            try inside.apply([RouteMessage(everything, via: gateway, on: podIndex, onLink: true).delete])
        case .hostRouteGone:
            try scene.socket.apply([RouteMessage(CIDR(host: address.address), on: hostIndex, origin: .pod).delete])
        case .hostEndRenamed:
            hostLink.name = "renamed0"
            try scene.socket.apply([hostLink.change])
        case .hostEndDown:
            hostLink.setUp(false)
            try scene.socket.apply([hostLink.change])
        case .mtuChanged:
            podLink.mtu = 1400
            try inside.apply([podLink.change])
        case .macChanged:
            podLink.address = MACAddress(0x0200_0000_0077)
            try inside.apply([podLink.change])
        }
        let outcome = try check(scene, pod, result)
        #expect(outcome.code == 999, "\(outcome.output)")
    }

    @Test func `tolerates what later plugins of a chain add`() throws {
        let scene = try Scene()
        let pod = try scene.pod()
        let result = try #require(try scene.plugin.run("ADD", pod, Self.dual).json)
        let inside = try NetworkNamespace(path: pod).openSocket()
        let index = try #require(try inside.link(LinkMessage(name: "eth0"))?.index)
        let more = try #require(InterfaceAddress(parsing: "192.0.2.1/24"))
        let network = try #require(CIDR(parsing: "198.51.100.0/24"))
        try inside.apply([AddressMessage(more, on: index).create, RouteMessage(network, on: index).create])
        let outcome = try check(scene, pod, result)
        #expect(outcome.exitStatus == 0, "\(outcome.output)")
    }

    @Test func `gives IPv6 to a pod whose namespace starts links without it`() throws {
        let scene = try Scene()
        let pod = try scene.pod()
        try Sysctl(in: NetworkNamespace(path: pod)).write("net/ipv6/conf/default/disable_ipv6", "1")
        let result = try #require(try scene.plugin.run("ADD", pod, Self.dual).json)
        #expect(CNIResult(json: result).addresses.count == 2)
        #expect(try check(scene, pod, result).exitStatus == 0)
    }

    @Test func `works on the host's own namespace only when told so`() throws {
        let scene = try Scene()
        var environment = CNIRequestTests.environment
        environment["CNI_NETNS"] = "/proc/self/ns/net"
        #expect(try scene.plugin.run(environment, Self.dual).code == 8)
        environment["CNI_NETNS_OVERRIDE"] = "TRUE"
        #expect(try scene.plugin.run(environment, Self.dual).exitStatus == 0)
        #expect(try scene.podLinks.count == 2)
    }

    @Test(arguments: [("loopback", "loopback"), ("skiff-cni", "loopback"), ("/opt/cni/bin/loopback", "whatever")])
    func `is the loopback plugin under that name or type`(name: String, type: String) throws {
        let scene = try Scene()
        let pod = try scene.pod()
        var plugin = scene.plugin
        plugin.name = name
        let input = #"{"cniVersion":"0.3.1","name":"cni-loopback","type":"\#(type)"}"#
        let added = try plugin.run("ADD", pod, input, interface: "lo")
        #expect(
            added.output == """
                {"cniVersion":"0.3.1","interfaces":[{"name":"lo","mac":"00:00:00:00:00:00","sandbox":"\(pod)"}],\
                "ips":[{"version":"4","address":"127.0.0.1/8","interface":0},\
                {"version":"6","address":"::1/128","interface":0}],"dns":{}}
                """)
        #expect(try NetworkNamespace(path: pod).openSocket().link(LinkMessage(name: "lo"))?.isUp == true)
        for namespace in [pod, "", "/run/netns/gone"] {
            #expect(try plugin.run("DEL", namespace, input, interface: "lo").exitStatus == 0)
        }
    }
}
