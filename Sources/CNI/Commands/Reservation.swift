import Netlink
import NetworkTypes

/// Finds free addresses and takes them, together with the pair whose name holds them.
struct Reservation {
    /// Slots that others may take between a look and the attempt, before the pool counts as exhausted.
    private static let attemptsMax = 256
    /// Attachments that the answer to a full pool names.
    private static let holdersMax = 32

    let request: CNIRequest
    let choice: AddressChoice
    let connection: PodConnection
    let survey: HostSurvey
    let attachment: String

    typealias Taken = (plan: PodNetworkPlan, pair: LinkPair)

    private var pool: SlotPool { request.configuration.pool }
    private var executor: LinkOperationExecutor<NetlinkSocket> {
        LinkOperationExecutor(host: connection.host, pod: connection.pod, podNamespace: connection.namespace.descriptor)
    }

    /// A wired pair with addresses that nobody else has.
    func take() throws(CNIFailure) -> Taken {
        if choice.isFixed {
            if let taken = try take(0) { return taken }
            throw try refusal()
        }
        var slot = choice.start(after: survey.lastSlot, for: attachment)
        for attempt in 0..<Self.attemptsMax {
            guard let free = choice.firstFree(from: slot, isTaken: connection.host.hasLink) else { break }
            if let taken = try take(free) { return taken }
            // Where many calls run at once, the next slots are taken: each goes twice as far as the one before.
            slot = (free + 1 << min(attempt, 20)) % pool.count
        }
        throw try refusal()
    }

    /// Nil when somebody has one of the slot's addresses.
    ///
    /// - Parameter enablingIPv6: Links of the pod start without IPv6, and this one shall have it.
    private func take(_ slot: Int, enablingIPv6: Bool = false) throws(CNIFailure) -> Taken? {
        guard let addresses = choice.addresses(of: slot) else { return nil }
        let configuration = request.configuration
        var plan = PodNetworkPlan(
            addresses: addresses, interface: request.interfaceName, attachment: attachment,
            mtu: configuration.mtu ?? survey.underlayMTU,
            options: PodNetworkPlan.Options(
                requestedMAC: configuration.requestedMAC ?? request.arguments.mac, kernelHasIPv6: survey.kernelHasIPv6,
                hasPorts: !configuration.portMappings.isEmpty, alias: request.arguments.pod,
                podUID: request.arguments.podUID,
                destinations: configuration.destinations))
        let memory = choice.isFixed ? [] : [LastSlot.remember(slot, network: configuration.name)]
        let pair: LinkPair
        do throws(LinkOperationFailure) { pair = try executor.reserve(plan, besides: memory) } catch {
            guard error.error.errno == LinuxErrno.exists else { throw Self.failure(error) }
            // Either end's name may be the one that exists.
            let inside = try? connection.pod.link(LinkMessage(name: request.interfaceName))
            guard inside == nil else {
                throw CNIFailure(
                    .failed, "interface \(request.interfaceName) already exists in the container",
                    details: "CNI_NETNS=\(request.namespacePath)")
            }
            return nil
        }
        plan.options.isAmongOthers = pair.indices.pod > PodNetworkPlan.firstIndex
        if configuration.bandwidth != nil { plan.options.group = Shaper.group(of: pair.indices.host) }
        do throws(CNIFailure) {
            if enablingIPv6 { try connection.enableIPv6(on: request.interfaceName) }
        } catch {
            executor.undo([plan.reservation])
            throw error
        }
        do throws(LinkOperationFailure) { try executor.wire(plan, pair.indices) } catch {
            if case .nameHostEnd = error.operation, error.error.errno == LinuxErrno.exists, try !isAttached() { return nil }
            if case .addPodAddress = error.operation, error.error.errno == LinuxErrno.noAccess, !enablingIPv6 {
                return try take(slot, enablingIPv6: true)
            }
            throw Self.failure(error)
        }
        return (plan, pair)
    }

    /// Whether another call has attached the container meanwhile.
    private func isAttached() throws(CNIFailure) -> Bool {
        try CNIFailure.when("cannot read the host's links") { () throws(NetlinkError) in
            try connection.host.link(LinkMessage(alternativeName: attachment)) != nil
        }
    }

    /// Why there is no address.
    private func refusal() throws(CNIFailure) -> CNIFailure {
        let list = try CNIFailure.when("cannot list the attachments") { () throws(NetlinkError) in
            try AttachmentList(connection.host)
        }
        if let taken = choice.taken(connection.host.hasLink) {
            let holder = list.entries.first { $0.addresses.contains(taken) }
            return CNIFailure(
                .failed, "requested address \(taken) is in use", details: holder.map { "by \($0.pod ?? $0.containerID)" } ?? "")
        }
        return CNIFailure(
            .tryAgainLater, "no free address in network \(request.configuration.name)",
            details: "all \(pool.offeredCount) are in use: " + list.holders(in: pool, max: Self.holdersMax))
    }

    private static func failure(_ failure: LinkOperationFailure) -> CNIFailure {
        CNIFailure(.failed, "cannot \(failure.operation.purpose)", details: failure.error.description)
    }
}
