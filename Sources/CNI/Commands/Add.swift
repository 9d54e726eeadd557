import JSON
import Netlink
import NetworkTypes

/// ADD: takes a slot, wires the pod, answers with its addresses. Leaves nothing behind when it fails.
struct Add {
    /// Slots tried blindly, one after the other, before the links are listed to find a free one.
    private static let probesMax = 8
    /// Listings before the pool counts as exhausted: others may take what a listing showed free.
    private static let listingsMax = 64

    let request: CNIRequest
    let pool: SlotPool
    private let attachment: String

    init(_ request: CNIRequest) throws(CNIFailure) {
        self.request = request
        pool = SlotPool(request.configuration.ranges)
        attachment = request.attachmentName
        guard pool.count > 0 else {
            throw CNIFailure(.invalidConfiguration, "no addresses to give out", details: "podCIDRs or ranges is needed")
        }
    }

    func run() throws(CNIFailure) -> JSONValue {
        let requested = try requestedSlot()
        let connection = try PodConnection(request, asksIPv6: pool.families.contains(.ipv6))
        let executor = LinkOperationExecutor(
            host: connection.host, pod: connection.pod, podNamespace: connection.namespace.descriptor)
        let (plan, pair) = try reserve(requested, executor, connection)
        do throws(CNIFailure) {
            if connection.podDisablesIPv6 { try connection.enableIPv6(on: request.interfaceName) }
        } catch {
            executor.undo([plan.reservation])
            throw error
        }
        do throws(LinkOperationExecutor.Failure) { try executor.wire(plan, pair.indices) } catch { throw Self.failure(error) }
        var result = plan.result(sandbox: request.namespacePath, linkMTU: pair.mtu)
        result.dns = request.configuration.dns
        return result.json(request.configuration.version, after: request.configuration.previousResult)
    }

    private typealias Reservation = (plan: PodNetworkPlan, pair: LinkOperationExecutor.Pair)

    /// The slot of the addresses that the pod asks for; nil when it asks for none.
    private func requestedSlot() throws(CNIFailure) -> Int? {
        let addresses = request.configuration.requestedAddresses + request.arguments.addresses
        var result: Int?
        for address in addresses {
            guard let slot = pool.slot(of: address) else {
                throw CNIFailure(.failed, "requested address \(address) is not in the configured ranges")
            }
            guard result == nil || result == slot else {
                throw CNIFailure(
                    .failed, "requested addresses do not belong together",
                    details: "the addresses of a pod stand at the same place of each family's ranges")
            }
            result = slot
        }
        return result
    }

    private func reserve(_ requested: Int?, _ executor: LinkOperationExecutor, _ connection: PodConnection) throws(CNIFailure)
        -> Reservation
    {
        if let requested {
            if let taken = try take(requested, executor, connection) { return taken }
            throw CNIFailure(.failed, "requested address \(pool.addresses(of: requested)[0]) is in use")
        }
        let start = pool.start(for: attachment)
        for step in 0..<min(Self.probesMax, pool.count) {
            if let taken = try take((start + step) % pool.count, executor, connection) { return taken }
        }
        for _ in 0..<Self.listingsMax {
            let names = try CNIFailure.when("cannot list the host's links") { () throws(NetlinkError) in
                Set(try connection.host.links().compactMap(\.name))
            }
            guard let free = pool.firstFree(from: start, taken: names) else { break }
            if let taken = try take(free, executor, connection) { return taken }
        }
        throw CNIFailure(.tryAgainLater, "no free address", details: "all \(pool.count) are in use")
    }

    /// Nil when somebody has the slot.
    private func take(_ slot: Int, _ executor: LinkOperationExecutor, _ connection: PodConnection) throws(CNIFailure)
        -> Reservation?
    {
        let plan = PodNetworkPlan(
            addresses: pool.addresses(of: slot), interface: request.interfaceName, attachment: attachment,
            mtu: request.configuration.mtu, requestedMAC: request.configuration.requestedMAC)
        do throws(LinkOperationExecutor.Failure) { return (plan, try executor.reserve(plan)) } catch {
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
    }

    private static func failure(_ failure: LinkOperationExecutor.Failure) -> CNIFailure {
        CNIFailure(.failed, "cannot \(failure.operation.purpose)", details: failure.error.description)
    }
}

extension CNIRequest {
    var attachmentName: String {
        InterfaceNames.attachment(network: configuration.name, containerID: containerID, interface: interfaceName)
    }
}
