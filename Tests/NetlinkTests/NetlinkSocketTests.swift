import Glibc
import NetworkTypes
import Testing

@testable import Netlink

@Suite(.enabled(if: getuid() == 0, "network namespaces need root"))
struct NetlinkSocketTests {
    @Test func `works in the namespace that it was opened in, from any thread`() throws {
        let namespace = try NetworkNamespace.create()
        let socket = try namespace.openSocket()
        #expect(try socket.links().map(\.name) == ["lo"])
        #expect(try NetworkNamespace.current().identity != namespace.identity)
    }

    @Test func `answers each request of a batch and goes on after a refusal`() throws {
        let socket = try NetworkNamespace.create().openSocket()
        var bridge = LinkMessage(name: "br0")
        bridge.kind = .bridge
        let replies = try socket.exchange([
            bridge.create, bridge.create, LinkMessage(name: "br0").get, LinkMessage(name: "no").get,
        ])
        #expect(replies.map { $0.refusal?.errno } == [nil, EEXIST, nil, ENODEV])
        #expect(replies[2].messages.compactMap { LinkMessage($0)?.kind } == [.bridge])
        #expect(throws: NetlinkError.self) { try socket.apply([bridge.create]) }
    }

    @Test func `knows a link by its name, and by its other names`() throws {
        let socket = try NetworkNamespace.create().openSocket()
        var bridge = LinkMessage(name: "br0")
        bridge.kind = .bridge
        var names = LinkMessage(name: "br0")
        names.alternativeNames = ["other"]
        try socket.apply([bridge.create, names.addAlternativeNames])
        #expect(
            ["lo", "br0", "other", "br1", "", "longer than a link's name"].map(socket.hasLink) == [
                true, true, true, false, false, false,
            ])
    }

    @Test func `keeps a neighbor of lo, and answers for it alone`() throws {
        let socket = try NetworkNamespace.create().openSocket()
        let neighbor = NeighborMessage(try #require(IPAddress(parsing: "100::7")), at: MACAddress(42), on: .loopback)
        #expect(try socket.get(neighbor.get) == nil)
        try socket.apply([neighbor.replace])
        #expect(try socket.get(neighbor.get).flatMap { NeighborMessage($0) } == neighbor)
    }

    @Test func `splits a batch that is too large for one datagram`() throws {
        let socket = try NetworkNamespace.create().openSocket()
        var up = LinkMessage(index: .loopback)
        up.setUp()
        try socket.apply([up.change])
        let base = IPAddress.v4(IPv4Address(10, 1, 0, 0))
        let routes = (0..<1000).compactMap { base.advanced(by: $0) }.map {
            RouteMessage(CIDR(host: $0), on: .loopback, origin: .node)
        }
        try socket.apply(routes.map(\.create))
        let found = try socket.dump(RouteMessage.list(.ipv4)).compactMap { RouteMessage($0) }.filter { $0.origin == .node }
        #expect(Set(found.map(\.destination)) == Set(routes.map(\.destination)))
    }

    @Test func `tells which entry of the table a packet takes`() throws {
        let socket = try NetworkNamespace.create().openSocket()
        var up = LinkMessage(index: .loopback)
        up.setUp()
        let wide = try #require(CIDR(parsing: "10.2.0.0/16"))
        try socket.apply([up.change, RouteMessage(wide, on: .loopback, origin: .node).create])
        let answer = try socket.get(RouteMessage.lookup(.v4(IPv4Address(10, 2, 3, 4)))).flatMap { RouteMessage($0) }
        #expect(answer?.destination == wide)
        #expect(try socket.get(RouteMessage.lookup(.v4(IPv4Address(10, 9, 3, 4)))) == nil)
    }

    @Test func `hears of links that come and go`() throws {
        let namespace = try NetworkNamespace.create()
        let monitor = try namespace.openSocket(groups: [.links])
        let socket = try namespace.openSocket()
        #expect(try monitor.receive(timeoutMilliseconds: 0).isEmpty)
        var bridge = LinkMessage(name: "br0")
        bridge.kind = .bridge
        try socket.apply([bridge.create])
        let index = try #require(try socket.link(LinkMessage(name: "br0"))?.index)
        let sender = try monitor.sendDetached([LinkMessage(index: index).delete])
        defer { waitpid(sender, nil, 0) }
        var seen: [MessageType] = []
        while !seen.contains(.deleteLink) {
            let messages = try monitor.receive(timeoutMilliseconds: 60_000)
            try #require(!messages.isEmpty)
            seen += messages.filter { LinkMessage($0)?.name == "br0" }.map(\.type)
        }
        #expect(seen.first == .newLink)
        #expect(try socket.link(LinkMessage(name: "br0")) == nil)
    }
}

@Suite(.enabled(if: getuid() == 0, "network namespaces need root"))
struct NetworkNamespaceTests {
    @Test func `pins a namespace that outlives its maker, and unpins it`() throws {
        let name = "skiff-test-\(getpid())"
        let made = try NetworkNamespace.create(named: name)
        defer { try? NetworkNamespace.remove(named: name) }
        #expect(try NetworkNamespace.named(name).identity == made.identity)
        #expect(throws: NamespaceError.self) { try NetworkNamespace.create(named: name) }
        try NetworkNamespace.remove(named: name)
        try NetworkNamespace.remove(named: name)
        #expect(throws: NamespaceError.self) { try NetworkNamespace.named(name) }
    }

    @Test(arguments: ["/etc/hostname", "/proc/self/ns/mnt"])
    func `refuses a file that is no network namespace`(path: String) {
        #expect(throws: NamespaceError(path: path, reason: .notANamespace)) { try NetworkNamespace(path: path) }
    }

    @Test func `names the missing file`() {
        #expect(throws: NamespaceError(path: "/nowhere", reason: .system(call: "open", errno: ENOENT))) {
            try NetworkNamespace(path: "/nowhere")
        }
    }

    @Test func `writes a setting of one namespace only`() throws {
        let inner = Sysctl(in: try NetworkNamespace.create())
        let outer = Sysctl(in: try NetworkNamespace.create())
        try inner.write("net/ipv4/ip_forward", "1")
        try outer.write("net/ipv4/ip_forward", "0")
        #expect(try inner.read("net/ipv4/ip_forward") == "1")
        #expect(try outer.read("net/ipv4/ip_forward") == "0")
    }
}
