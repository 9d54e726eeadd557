import API
import ControlLoop
import Glibc
import JSON
import Logging
import Netlink
import NetworkTypes
import Testing

@testable import NodeNetwork

/// The controller over a real namespace and a cluster in memory.
@Suite(.enabled(if: getuid() == 0, "network namespaces need root"), .timeLimit(.minutes(5)))
struct NodeRouteControllerTests {
    private struct Scene {
        let namespace: NetworkNamespace
        let socket: NetlinkSocket
        let cluster = MemoryCluster()
        let directory: String

        init() throws {
            namespace = try NetworkNamespace.create()
            socket = try namespace.openSocket()
            directory = "/tmp/skiff-conflist-\(UInt64.random(in: 0...UInt64.max))/net.d"
            var up = LinkMessage(index: .loopback)
            up.setUp()
            var uplink = LinkMessage(name: "uplink")
            uplink.kind = .bridge
            try socket.apply([up.change, uplink.create])
            var change = LinkMessage(name: "uplink")
            change.setUp()
            let index = try #require(try socket.link(LinkMessage(name: "uplink"))?.index)
            let address = try #require(InterfaceAddress(parsing: "172.18.0.11/24"))
            try socket.apply([change.change, AddressMessage(address, on: index).create])
        }

        func controller() throws -> NodeRouteController {
            var configuration = NodeNetworkConfiguration(nodeName: "node1")
            configuration.conflist = ConflistWriter(directory: directory)
            return NodeRouteController(
                configuration, listWatch: cluster, kernel: try NodeKernel(in: namespace), logger: Logger(label: "test"))
        }

        func create(_ name: String, _ address: String, _ podCIDR: String) async throws {
            _ = try await cluster.create(
                Node.resource, namespace: nil,
                [
                    "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)],
                    "spec": ["podCIDR": .string(podCIDR), "podCIDRs": [.string(podCIDR)]],
                    "status": ["addresses": [["type": "InternalIP", "address": .string(address)]]],
                ])
        }

        var routes: Set<String> {
            get throws {
                Set(
                    try socket.dump(RouteMessage.list(.ipv4)).compactMap { RouteMessage($0) }.filter { $0.origin == .node }.map {
                        "\($0.destination) \($0.gateway.map(\.description) ?? "\($0.kind)")"
                    })
            }
        }

        /// Waits for the kernel to hold exactly these routes.
        func wait(for expected: Set<String>) async throws {
            while try routes != expected { try await Task.sleep(for: .milliseconds(10)) }
        }

        var conflist: String? {
            let file = open("\(directory)/10-skiff.conflist", O_RDONLY)
            guard file >= 0 else { return nil }
            defer { close(file) }
            var buffer = [UInt8](repeating: 0, count: 4096)
            return String(decoding: buffer[..<max(0, read(file, &buffer, buffer.count))], as: UTF8.self)
        }

        func remove() {
            unlink("\(directory)/10-skiff.conflist")
            rmdir(directory)
            rmdir(directory.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" })
        }
    }

    @Test func `follows the nodes, repairs what others delete, and leaves all in place when it ends`() async throws {
        let scene = try Scene()
        defer { scene.remove() }
        try await scene.create("node1", "172.18.0.11", "10.244.0.0/24")
        try await scene.create("node2", "172.18.0.12", "10.244.1.0/24")
        let controller = try scene.controller()
        let running = Task { try await controller.run() }
        let own = "10.244.0.0/24 unreachable"
        try await scene.wait(for: [own, "10.244.1.0/24 172.18.0.12"])
        try await scene.create("node3", "172.18.0.13", "10.244.2.0/24")
        let all: Set = [own, "10.244.1.0/24 172.18.0.12", "10.244.2.0/24 172.18.0.13"]
        try await scene.wait(for: all)

        let lost = try #require(
            try scene.socket.dump(RouteMessage.list(.ipv4)).compactMap { RouteMessage($0) }.first {
                $0.destination.description == "10.244.1.0/24"
            })
        try scene.socket.apply([lost.delete])
        try await scene.wait(for: all)
        // The kernel drops routes of a link that goes down without a word about them.
        var uplink = LinkMessage(name: "uplink")
        uplink.setUp(false)
        try scene.socket.apply([uplink.change])
        uplink.setUp()
        try scene.socket.apply([uplink.change])
        try await scene.wait(for: all)

        try await scene.cluster.delete(Node.resource, NamespacedName(name: "node2"), DeletionOptions())
        try await scene.wait(for: [own, "10.244.2.0/24 172.18.0.13"])
        #expect(
            scene.conflist == """
                {"cniVersion":"1.0.0","cniVersions":["0.4.0","1.0.0","1.1.0"],"name":"skiff",\
                "plugins":[{"type":"skiff-cni","podCIDRs":["10.244.0.0/24"],"mtu":1500,\
                "capabilities":{"portMappings":true,"bandwidth":true}}]}

                """)
        #expect(try Sysctl(in: scene.namespace).read("net/ipv4/ip_forward") == "1")
        running.cancel()
        _ = await running.result
        #expect(try scene.routes == [own, "10.244.2.0/24 172.18.0.13"])
        #expect(scene.conflist != nil)
    }

    @Test func `writes the conflist once and leaves no other file`() throws {
        let scene = try Scene()
        defer { scene.remove() }
        let writer = ConflistWriter(directory: scene.directory)
        let conflist = Conflist(podCIDRs: [try #require(CIDR(parsing: "10.244.1.0/24"))], mtu: nil)
        #expect(try writer.write(conflist))
        #expect(try !writer.write(conflist))
        var other = conflist
        other.mtu = 1400
        #expect(try writer.write(other))
        var names: [String] = []
        let folder = try #require(opendir(scene.directory))
        while let entry = readdir(folder) {
            names.append(withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        closedir(folder)
        #expect(names.filter { !$0.hasPrefix("..") && $0 != "." } == ["10-skiff.conflist"])
    }
}
