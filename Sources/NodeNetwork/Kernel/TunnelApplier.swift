package import Netlink
import NetworkTypes

/// Brings the tunnels' devices and their entries in line with a plan. Calls block.
package struct TunnelApplier: Sendable {
    private let kernel: NodeKernel

    package init(kernel: NodeKernel) { self.kernel = kernel }

    /// What came of it.
    package struct Outcome: Hashable, Sendable {
        /// By name; a device that could not be made is missing.
        package var devices: [String: InterfaceIndex] = [:]
        /// Devices made, settings and entries written or removed.
        package var changes = 0
        /// What the kernel refused, in words.
        package var refusals: [String] = []
    }

    /// Before the routes: makes what they need.
    package func prepare(_ plans: [TunnelPlan], _ table: LinkTable) throws(NetlinkError) -> Outcome {
        var outcome = Outcome()
        for plan in plans { try prepare(plan, table, &outcome) }
        return outcome
    }

    /// After the routes: takes away devices that no plan names.
    package func removeOthers(_ plans: [TunnelPlan], _ table: LinkTable) throws(NetlinkError) -> Int {
        let wanted = Set(plans.map(\.name))
        let names = IPFamily.allCases.map { TunnelPlan.deviceName($0) }.filter { !wanted.contains($0) }
        var removed = 0
        for link in table.links {
            guard let name = link.name, names.contains(name), case .vxlan = link.kind, let index = link.index else { continue }
            try kernel.transport.apply([LinkMessage(index: index).delete])
            removed += 1
        }
        return removed
    }

    private func prepare(_ plan: TunnelPlan, _ table: LinkTable, _ outcome: inout Outcome) throws(NetlinkError) {
        var found = table.link(named: plan.name)
        let step = TunnelDifference.device(found, plan)
        if step != .keep {
            if step == .recreate { try kernel.transport.apply([LinkMessage(name: plan.name).delete]) }
            if let refusal = try kernel.transport.exchange([TunnelDifference.creation(of: plan).create]).first?.refusal {
                outcome.refusals.append("create \(plan.name): \(text(refusal))")
                return
            }
            outcome.changes += 1
            found = try kernel.transport.link(LinkMessage(name: plan.name))
        }
        guard let found, let index = found.index else { return }
        outcome.devices[plan.name] = index
        let state = step == .keep ? try kernel.tunnel(found, index, table) : TunnelState(link: found)
        let requests = TunnelDifference.requests(from: state, to: plan, on: index)
        outcome.changes += requests.count
        for reply in try kernel.transport.exchange(requests) {
            // Something to delete may be gone by now.
            guard let refusal = reply.refusal, refusal.errno != LinuxErrno.noEntry else { continue }
            outcome.refusals.append("\(plan.name): \(text(refusal))")
        }
    }

    private func text(_ refusal: NetlinkRefusal) -> String {
        LinuxErrno.text(refusal.errno) + (refusal.explanation.map { ": \($0)" } ?? "")
    }
}
