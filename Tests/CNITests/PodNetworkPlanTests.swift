import NetworkTypes
import Synchronization
import Testing

@testable import CNI
@testable import Netlink

@Suite struct PodNetworkPlanTests {
    static func plan(_ addresses: String..., mtu: UInt32? = 1450) -> PodNetworkPlan {
        PodNetworkPlan(
            addresses: addresses.compactMap { IPAddress(parsing: $0) }, interface: "eth0", attachment: "cni=skiff=c1=eth0",
            mtu: mtu)
    }

    @Test func `wires IPv4 through a link-local gateway, the host's part first`() throws {
        let plan = Self.plan("10.244.1.3")
        let pod = IPAddress.v4(IPv4Address(10, 244, 1, 3))
        let gateway = IPAddress.v4(IPv4Address(169, 254, 1, 1))
        #expect(
            plan.wiring == [
                .nameHostEnd(["cni=skiff=c1=eth0"]), .configureHostEnd(.init(ipv6: true)), .setUpHostEnd, .addHostRoute(pod),
                .addHostNeighbor(pod, plan.pod.address), .setUpLoopback, .setUpPodEnd,
                .addPodAddress(try #require(InterfaceAddress(parsing: "10.244.1.3/32"))),
                .addGatewayNeighbor(gateway, MACAddress(0xeeee_eeee_eeee)),
                .addPodRoute(try #require(CIDR(parsing: "0.0.0.0/0")), via: gateway),
            ])
    }

    @Test func `gives IPv6 its link-local address itself, which needs no detection of duplicates either`() throws {
        let plan = PodNetworkPlan(
            addresses: ["10.244.1.3", "fd00::3"].compactMap { IPAddress(parsing: $0) }, interface: "eth0",
            attachment: "cni=skiff=c1=eth0", mtu: nil, options: .init(requestedMAC: MACAddress(0x0200_5e10_0001)))
        let addresses = plan.wiring.compactMap { operation -> String? in
            if case .addPodAddress(let address) = operation { address.description } else { nil }
        }
        #expect(addresses == ["10.244.1.3/32", "fe80::5eff:fe10:1/64", "fd00::3/128"])
        #expect(plan.wiring.contains(.keepPodEndWithoutAddress))
    }

    @Test func `names the other addresses, ports and group on the host's end`() throws {
        var plan = Self.plan("10.244.1.3", "fd00::3")
        plan.options = .init(hasPorts: true, alias: "default/web", group: 7)
        #expect(
            plan.wiring.prefix(3) == [
                .nameHostEnd([
                    "cni=skiff=c1=eth0", InterfaceNames.name(of: try #require(IPAddress(parsing: "fd00::3"))),
                    "ports=sk0af40103",
                ]), .configureHostEnd(.init(ipv6: true, alias: "default/web", group: 7, routesLoopback: true)), .setUpHostEnd,
            ])
    }

    @Test func `routes only the destinations that it is told`() throws {
        var plan = Self.plan("10.244.1.3", "fd00::3")
        plan.options.destinations = ["10.0.0.0/8", "fd00::/8", "172.16.0.0/12"].compactMap { CIDR(parsing: $0) }
        #expect(plan.routes(.ipv4).map(\.description) == ["10.0.0.0/8", "172.16.0.0/12"])
        #expect(
            plan.result(sandbox: "/n", linkMTU: nil).routes.map(\.destination.description) == [
                "10.0.0.0/8", "172.16.0.0/12", "fd00::/8",
            ])
    }

    @Test func `undoes everything by deleting the pair`() {
        let plan = Self.plan("10.244.1.3", "fd00::3")
        #expect(plan.reservation.undo == .deletePair(hostEnd: "sk0af40103"))
        #expect(plan.wiring.allSatisfy { $0.undo == nil })
    }

    @Test func `leaves IPv6 alone on links too small for it`() {
        #expect(Self.plan("10.244.1.3", mtu: 1279).wiring[1] == .configureHostEnd(.init(ipv6: false)))
        #expect(Self.plan("10.244.1.3", mtu: nil).wiring[1] == .configureHostEnd(.init(ipv6: true)))
    }

    @Test func `asks for the host's end at last, and takes its route to all multicast away`() throws {
        let indices = PairIndices(host: InterfaceIndex(rawValue: 9), pod: InterfaceIndex(rawValue: 4))
        let route = RouteMessage(
            try #require(CIDR(parsing: "ff00::/8")), on: indices.host, origin: .kernel, kind: .multicast, table: 255)
        #expect(Self.plan("10.244.1.3").settling(indices) == [LinkMessage(index: indices.host).get, route.delete])
        #expect(Self.plan("10.244.1.3", mtu: 1279).settling(indices) == [LinkMessage(index: indices.host).get])
    }

    @Test func `gives each attachment its own local unicast MAC, always the same`() {
        let first = PodNetworkPlan.podMAC(attachment: "cni=skiff=c1=eth0")
        #expect(first.isLocallyAdministered)
        #expect(!first.isMulticast)
        #expect(first == PodNetworkPlan.podMAC(attachment: "cni=skiff=c1=eth0"))
        #expect(first != PodNetworkPlan.podMAC(attachment: "cni=skiff=c2=eth0"))
    }
}

/// Remembers every request and refuses the types it is told to.
private final class RecordingTransport: NetlinkTransport {
    private let requests = Mutex<[NetlinkMessage]>([])
    private let refused: MessageType?
    private let answer: LinkMessage?

    init(refusing refused: MessageType? = nil, answer: LinkMessage? = nil) {
        self.refused = refused
        self.answer = answer
    }

    var types: [MessageType] { requests.withLock { $0.map(\.type) } }

    func exchange(_ batch: [NetlinkMessage]) throws(NetlinkError) -> [NetlinkReply] {
        requests.withLock { $0 += batch }
        return batch.map { request in
            if request.type == refused { return NetlinkReply(refusal: NetlinkRefusal(errno: 1)) }
            guard request.type == .getLink, let answer else { return NetlinkReply() }
            var message = answer.change
            message.type = .newLink
            return NetlinkReply(messages: [message])
        }
    }

    func dump(_ request: NetlinkMessage) throws(NetlinkError) -> [NetlinkMessage] { [] }
}

@Suite struct LinkOperationExecutorTests {
    private let plan = PodNetworkPlanTests.plan("10.244.1.3", "fd00::3")
    private var created: LinkMessage {
        var link = LinkMessage(index: InterfaceIndex(rawValue: 9))
        link.peerIndex = InterfaceIndex(rawValue: 4)
        link.mtu = 1450
        return link
    }

    @Test func `creates the pair and learns both indices in one exchange`() throws {
        let host = RecordingTransport(answer: created)
        let executor = LinkOperationExecutor(host: host, pod: RecordingTransport(), podNamespace: 3)
        let pair = try executor.reserve(plan)
        #expect(pair.indices == PairIndices(host: InterfaceIndex(rawValue: 9), pod: InterfaceIndex(rawValue: 4)))
        #expect(host.types == [.newLink, .getLink])
    }

    @Test func `performs each namespace's part in one exchange`() throws {
        let host = RecordingTransport()
        let pod = RecordingTransport()
        let indices = PairIndices(host: InterfaceIndex(rawValue: 9), pod: InterfaceIndex(rawValue: 4))
        try LinkOperationExecutor(host: host, pod: pod, podNamespace: 3).wire(plan, indices)
        #expect(
            host.types == [
                .newLinkProperty, .newLink, .newLink, .newRoute, .newNeighbor, .newRoute, .newNeighbor, .getLink, .deleteRoute,
            ])
        #expect(
            pod.types == [
                .newLink, .newLink, .newLink, .newAddress, .newNeighbor, .newRoute, .newAddress, .newAddress, .newNeighbor,
                .newRoute,
            ])
    }

    @Test(arguments: [MessageType.newLinkProperty, .newRoute, .newNeighbor])
    func `deletes the pair when a step on the host is refused`(refused: MessageType) {
        let host = RecordingTransport(refusing: refused)
        let pod = RecordingTransport()
        let indices = PairIndices(host: InterfaceIndex(rawValue: 9), pod: InterfaceIndex(rawValue: 4))
        #expect(throws: LinkOperationFailure.self) {
            try LinkOperationExecutor(host: host, pod: pod, podNamespace: 3).wire(plan, indices)
        }
        #expect(host.types.last == .deleteLink)
        #expect(pod.types.isEmpty)
    }

    @Test func `deletes the pair when a step in the pod is refused`() throws {
        let host = RecordingTransport()
        let indices = PairIndices(host: InterfaceIndex(rawValue: 9), pod: InterfaceIndex(rawValue: 4))
        let executor = LinkOperationExecutor(host: host, pod: RecordingTransport(refusing: .newAddress), podNamespace: 3)
        do {
            try executor.wire(plan, indices)
            Issue.record("the refusal was swallowed")
        } catch {
            #expect(error.operation == .addPodAddress(try #require(InterfaceAddress(parsing: "10.244.1.3/32"))))
        }
        #expect(host.types.last == .deleteLink)
    }

    @Test func `does not delete a link that was not created`() {
        let host = RecordingTransport(refusing: .newLink)
        let executor = LinkOperationExecutor(host: host, pod: RecordingTransport(), podNamespace: 3)
        #expect(throws: LinkOperationFailure.self) { try executor.reserve(plan) }
        #expect(!host.types.contains(.deleteLink))
    }
}
