package import Netlink
import NetworkTypes

/// What turns the kernel's routes into the planned ones. Routes that others made are not touched.
package struct RouteDifference: Hashable, Sendable {
    /// Made anew or overwritten.
    package var replace: [RouteMessage]
    package var delete: [RouteMessage]

    package var isEmpty: Bool { replace.isEmpty && delete.isEmpty }

    /// - Parameter actual: Every route of the namespace.
    package init(actual: [RouteMessage], desired: [RouteMessage]) {
        let own = actual.filter { $0.origin == .node && $0.table == RouteMessage.mainTable }
        let wanted = Set(desired.map(\.destination))
        let present = Dictionary(grouping: own) { $0.destination }
        replace = desired.filter { route in !(present[route.destination] ?? []).contains { Self.isSame($0, route) } }
        delete = own.filter { !wanted.contains($0.destination) } + Self.inTheWay(own, desired)
    }

    /// A route whose gateway lies in its own destination is refused while another link's route leads there (IPv6,
    /// `ip6_route_check_nh_onlink`): that one goes first.
    private static func inTheWay(_ own: [RouteMessage], _ desired: [RouteMessage]) -> [RouteMessage] {
        let moved = desired.filter { $0.onLink && $0.destination.family == .ipv6 }
        let links = Dictionary(moved.map { ($0.destination, $0.index) }) { first, _ in first }
        return own.filter { route in links[route.destination].map { $0 != route.index } ?? false }
    }

    package var requests: [NetlinkMessage] { delete.map(\.delete) + replace.map(\.replace) }

    /// The kernel fills in what the plan leaves open: IPv6 metrics, and `lo` as the link of unreachable prefixes.
    private static func isSame(_ actual: RouteMessage, _ desired: RouteMessage) -> Bool {
        actual.destination == desired.destination && actual.kind == desired.kind && actual.gateway == desired.gateway
            && (desired.index == nil || actual.index == desired.index)
            && (desired.preferredSource == nil || actual.preferredSource == desired.preferredSource)
    }
}
