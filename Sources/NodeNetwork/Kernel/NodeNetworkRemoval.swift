import Netlink
import NetworkTypes

/// Takes away what the controller makes, whatever made it last.
package enum NodeNetworkRemoval {
    /// Blocks. Settings and the conflist stay: pods run on.
    package static func remove(from kernel: NodeKernel) throws {
        let difference = RouteDifference(actual: try kernel.routes(), desired: [])
        for reply in try kernel.transport.exchange(difference.requests) {
            guard let refusal = reply.refusal, refusal.errno != LinuxErrno.noProcess else { continue }
            throw NetlinkError.refused(request: 0, refusal)
        }
        _ = try TunnelApplier(kernel: kernel).removeOthers([], try kernel.links())
    }
}
