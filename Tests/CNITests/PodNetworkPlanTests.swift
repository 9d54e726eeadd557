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

    @Test func `wires IPv4 through a link-local gateway, the host's part first`() {
        let plan = Self.plan("10.244.1.3")
        let pod = IPAddress.v4(IPv4Address(10, 244, 1, 3))
        let gateway = IPAddress.v4(IPv4Address(169, 254, 1, 1))
        #expect(
            plan.wiring == [
                .nameAttachment("cni=skiff=c1=eth0"), .setUpHostEnd(ipv6: true), .addHostRoute(pod),
                .addHostNeighbor(pod, plan.pod.address), .setUpLoopback, .setUpPodEnd, .addPodAddress(pod),
                .addGatewayNeighbor(gateway, MACAddress(0xeeee_eeee_eeee)), .addDefaultRoute(gateway),
            ])
    }

    @Test func `undoes everything by deleting the pair`() {
        let plan = Self.plan("10.244.1.3", "fd00::3")
        #expect(plan.reservation.undo == .deletePair(hostEnd: "sk0af40103"))
        #expect(plan.wiring.allSatisfy { $0.undo == nil })
    }

    @Test func `leaves IPv6 alone on links too small for it`() {
        #expect(Self.plan("10.244.1.3", mtu: 1279).wiring[1] == .setUpHostEnd(ipv6: false))
        #expect(Self.plan("10.244.1.3", mtu: nil).wiring[1] == .setUpHostEnd(ipv6: true))
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
        #expect(host.types == [.newLinkProperty, .newLink, .newRoute, .newNeighbor, .newRoute, .newNeighbor])
        #expect(
            pod.types == [.newLink, .newLink, .newAddress, .newNeighbor, .newRoute, .newAddress, .newNeighbor, .newRoute])
    }

    @Test(arguments: [MessageType.newLinkProperty, .newRoute, .newNeighbor])
    func `deletes the pair when a step on the host is refused`(refused: MessageType) {
        let host = RecordingTransport(refusing: refused)
        let pod = RecordingTransport()
        let indices = PairIndices(host: InterfaceIndex(rawValue: 9), pod: InterfaceIndex(rawValue: 4))
        #expect(throws: LinkOperationExecutor.Failure.self) {
            try LinkOperationExecutor(host: host, pod: pod, podNamespace: 3).wire(plan, indices)
        }
        #expect(host.types.last == .deleteLink)
        #expect(pod.types.isEmpty)
    }

    @Test func `deletes the pair when a step in the pod is refused`() {
        let host = RecordingTransport()
        let indices = PairIndices(host: InterfaceIndex(rawValue: 9), pod: InterfaceIndex(rawValue: 4))
        let executor = LinkOperationExecutor(host: host, pod: RecordingTransport(refusing: .newAddress), podNamespace: 3)
        do {
            try executor.wire(plan, indices)
            Issue.record("the refusal was swallowed")
        } catch {
            #expect(error.operation == .addPodAddress(.v4(IPv4Address(10, 244, 1, 3))))
        }
        #expect(host.types.last == .deleteLink)
    }

    @Test func `does not delete a link that was not created`() {
        let host = RecordingTransport(refusing: .newLink)
        let executor = LinkOperationExecutor(host: host, pod: RecordingTransport(), podNamespace: 3)
        #expect(throws: LinkOperationExecutor.Failure.self) { try executor.reserve(plan) }
        #expect(!host.types.contains(.deleteLink))
    }
}
