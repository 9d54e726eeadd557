import Netlink
import NetworkTypes

/// Finds free addresses and takes them, together with the pair whose name holds them.
struct Reservation {
    /// Slots tried blindly before the links are listed to find a free one. Each lies twice as far from the last as the one
    /// before: where many calls run at once, the next slots are taken.
    private static let probesMax = 8
    /// Listings before the pool counts as exhausted: others may take what a listing showed free.
    private static let listingsMax = 64
    /// Attachments that the answer to a full pool names.
    private static let holdersMax = 32

    let request: CNIRequest
    let choice: AddressChoice
    let connection: PodConnection
    let survey: HostSurvey
    let attachment: String

    typealias Taken = (plan: PodNetworkPlan, pair: LinkOperationExecutor.Pair)

    private var pool: SlotPool { request.configuration.pool }
    private var executor: LinkOperationExecutor {
        LinkOperationExecutor(host: connection.host, pod: connection.pod, podNamespace: connection.namespace.descriptor)
    }

    /// A wired pair with addresses that nobody else has.
    func take() throws(CNIFailure) -> Taken {
        if choice.isFixed {
            if let taken = try take(0, after: nil) { return taken }
            throw try refusal()
        }
        var slot = choice.start(after: survey.lastAddress, for: attachment)
        var before: String?
        for step in 0..<min(Self.probesMax, pool.count) {
            if let addresses = choice.addresses(of: slot) {
                if let taken = try take(slot, after: before) { return taken }
                before = InterfaceNames.last(addresses[0], network: request.configuration.name)
            }
            slot = (slot + 1 << step) % pool.count
        }
        for _ in 0..<Self.listingsMax {
            guard let free = choice.firstFree(from: slot, taken: try names()) else { break }
            if let taken = try take(free, after: before) { return taken }
        }
        throw try refusal()
    }

    /// Nil when somebody has one of the slot's addresses.
    private func take(_ slot: Int, after before: String?) throws(CNIFailure) -> Taken? {
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
        let memory = choice.isFixed ? [] : survey.remember(addresses[0], network: configuration.name, before: before)
        let pair: LinkOperationExecutor.Pair
        do throws(LinkOperationExecutor.Failure) { pair = try executor.reserve(plan, besides: memory) } catch {
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
            if connection.podDisablesIPv6 { try connection.enableIPv6(on: request.interfaceName) }
        } catch {
            executor.undo([plan.reservation])
            throw error
        }
        do throws(LinkOperationExecutor.Failure) { try executor.wire(plan, pair.indices) } catch {
            if case .nameHostEnd = error.operation, error.error.errno == LinuxErrno.exists, try !isAttached() { return nil }
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

    private func names() throws(CNIFailure) -> Set<String> {
        try CNIFailure.when("cannot list the host's links") { () throws(NetlinkError) in
            Set(try connection.host.links().flatMap { [$0.name ?? ""] + $0.alternativeNames })
        }
    }

    /// Why there is no address.
    private func refusal() throws(CNIFailure) -> CNIFailure {
        let list = try CNIFailure.when("cannot list the attachments") { () throws(NetlinkError) in
            try AttachmentList(connection.host)
        }
        if let taken = choice.taken(try names()) {
            let holder = list.entries.first { $0.addresses.contains(taken) }
            return CNIFailure(
                .failed, "requested address \(taken) is in use", details: holder.map { "by \($0.pod ?? $0.containerID)" } ?? "")
        }
        return CNIFailure(
            .tryAgainLater, "no free address in network \(request.configuration.name)",
            details: "all \(pool.offeredCount) are in use: " + list.holders(in: pool, max: Self.holdersMax))
    }

    private static func failure(_ failure: LinkOperationExecutor.Failure) -> CNIFailure {
        CNIFailure(.failed, "cannot \(failure.operation.purpose)", details: failure.error.description)
    }
}
