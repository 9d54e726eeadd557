package import Netlink

/// Performs a plan in the host's and the pod's namespace, and takes it back when a step fails.
package struct LinkOperationExecutor<Transport: NetlinkTransport>: Sendable {
    private let host: Transport
    private let pod: Transport
    /// Descriptor of the pod's namespace, for the creation of its link end.
    private let podNamespace: Int32

    package init(host: Transport, pod: Transport, podNamespace: Int32) {
        self.host = host
        self.pod = pod
        self.podNamespace = podNamespace
    }

    /// Creates the pair and learns its indices, in one exchange.
    ///
    /// - Parameter more: Requests for the host in the same exchange, whose answers do not matter.
    package func reserve(_ plan: PodNetworkPlan, besides more: [NetlinkMessage] = []) throws(LinkOperationFailure) -> LinkPair {
        let operation = plan.reservation
        let creation = LinkOperation.creation(host: plan.host, pod: plan.pod, mtu: plan.mtu, podNamespace: podNamespace)
        do throws(NetlinkError) {
            let replies = try host.exchange([creation, LinkMessage(name: plan.host.name).get] + more)
            if let refusal = replies.first?.refusal { throw .refused(request: 0, refusal) }
            guard let link = replies[1].messages.first.flatMap({ LinkMessage($0) }), let index = link.index else {
                undo([operation])
                throw .malformed
            }
            // The kernel leaves the peer's number out when it equals the link's own.
            return LinkPair(indices: PairIndices(host: index, pod: link.peerIndex ?? index), mtu: link.mtu)
        } catch { throw LinkOperationFailure(operation: operation, error: error) }
    }

    /// Performs the rest of the plan, operations of one namespace in one exchange.
    package func wire(_ plan: PodNetworkPlan, _ indices: PairIndices) throws(LinkOperationFailure) {
        var rest = plan.wiring[...]
        while let place = rest.first?.place {
            let batch = rest.prefix { $0.place == place }
            rest = rest.dropFirst(batch.count)
            do throws(LinkOperationFailure) { try perform(Array(batch), at: place, indices) } catch {
                undo([plan.reservation] + plan.wiring.prefix { $0 != error.operation })
                throw error
            }
        }
        _ = try? host.exchange(plan.settling(indices))
    }

    private func perform(_ batch: [LinkOperation], at place: LinkOperation.Place, _ indices: PairIndices)
        throws(LinkOperationFailure)
    {
        let transport = place == .host ? host : pod
        do throws(NetlinkError) { try transport.apply(batch.map { $0.request(indices) }) } catch {
            var position = 0
            if case .refused(let request, _) = error { position = request }
            throw LinkOperationFailure(operation: batch[position], error: error)
        }
    }

    /// Takes operations back, the last one first. A refusal here changes nothing: the failure that led here is reported.
    package func undo(_ operations: [LinkOperation]) {
        let none = PairIndices(host: InterfaceIndex(rawValue: 0), pod: InterfaceIndex(rawValue: 0))
        for operation in operations.reversed().compactMap({ $0.undo }) {
            _ = try? (operation.place == .host ? host : pod).exchange([operation.request(none)])
        }
    }
}

/// A step that the kernel refused. What had been done before it has been taken back.
package struct LinkOperationFailure: Error, Hashable, Sendable {
    package var operation: LinkOperation
    package var error: NetlinkError
}

/// A pair as it exists now.
package struct LinkPair: Hashable, Sendable {
    package var indices: PairIndices
    package var mtu: UInt32?
}
