import Netlink
import NetworkTypes

/// Takes links away and waits until they are out of sight.
enum Teardown {
    /// How long the kernel may take to take a link out of sight.
    private static let waitMilliseconds: Int32 = 2000

    /// Deletes links with one request and returns once they, their peers, addresses and routes are out of sight.
    ///
    /// The kernel announces that after half a millisecond, but acknowledges the request only when the last reader of its
    /// tables has gone, 10 to 30 ms later. So the request is left to a process of its own and the announcement is waited for.
    ///
    /// - Parameter first: Requests that the kernel performs before, and that may find nothing to do.
    static func remove(
        _ links: Set<InterfaceIndex>, by request: NetlinkMessage, after first: [NetlinkMessage] = []
    ) throws(NetlinkError) {
        let socket = try NetlinkSocket(groups: [.links])
        try socket.sendDetached(first + [request])
        var rest = links
        while !rest.isEmpty {
            var messages: [NetlinkMessage] = []
            var isOverrun = false
            do throws(NetlinkError) { messages = try socket.receive(timeoutMilliseconds: waitMilliseconds) } catch {
                guard error == .overrun else { throw error }
                isOverrun = true
            }
            for message in messages {
                if message.type == .deleteLink, let index = LinkMessage(message)?.index { rest.remove(index) }
                guard let answer = Acknowledgement(message) else { continue }
                guard let refusal = answer.refusal, refusal.errno != LinuxErrno.noDevice else { return }
                // Of a route that is gone already.
                if refusal.errno == LinuxErrno.noProcess { continue }
                throw .refused(request: 0, refusal)
            }
            // Announcements were lost, or none came: what counts is whether the links are there.
            guard messages.isEmpty else { continue }
            let host = try NetlinkSocket()
            for index in rest where try host.link(LinkMessage(index: index)) == nil { rest.remove(index) }
            // The process that was to send the request may have been killed.
            if !rest.isEmpty, !isOverrun { _ = try host.exchange([request]) }
        }
    }

    /// Deletes one link.
    static func remove(_ link: InterfaceIndex, after first: [NetlinkMessage] = []) throws(NetlinkError) {
        try remove([link], by: LinkMessage(index: link).delete, after: first)
    }

    /// Deletes a pod's pair, its route first: the kernel looks through every IPv4 route for those of a link that goes down
    /// unless it has none.
    static func remove(_ pair: InterfaceIndex, named name: String?) throws(NetlinkError) {
        let route = name.flatMap(InterfaceNames.address(ofHostEnd:)).map {
            RouteMessage(CIDR(host: .v4($0)), on: pair, origin: .pod).delete
        }
        try remove(pair, after: route.map { [$0] } ?? [])
    }

    /// Deletes a pod's pair and the link that shapes what it sends.
    static func remove(_ pair: InterfaceIndex, named name: String?, shaper: InterfaceIndex?, group: UInt32?)
        throws(NetlinkError)
    {
        guard let shaper else { return try remove(pair, named: name) }
        if group == Shaper.group(of: pair) {
            return try remove([pair, shaper], by: LinkMessage.deleteAll(inGroup: Shaper.group(of: pair)))
        }
        try remove(shaper)
        try remove(pair, named: name)
    }

    /// Takes back what an ADD that fails has made. A refusal here changes nothing: the failure that led here is reported.
    static func undo(_ plan: PodNetworkPlan, _ connection: PodConnection) {
        if plan.options.isAmongOthers {
            _ = try? connection.pod.exchange(plan.addresses.map { RuleMessage(from: $0, table: nil).delete })
        }
        var requests = [LinkMessage(name: plan.host.name).delete]
        if plan.options.group != nil {
            requests.insert(LinkMessage(name: InterfaceNames.shaper(ofHostEnd: plan.host.name)).delete, at: 0)
        }
        _ = try? connection.host.exchange(requests)
    }

    /// Deletes the rules of one interface of a pod that has several; they do not end with it.
    static func removeRules(of interface: InterfaceIndex, in pod: NetlinkSocket) {
        let table = LinkOperation.sourceTable(interface)
        for family in IPFamily.allCases {
            let rules = ((try? pod.dump(RuleMessage.list(family))) ?? []).compactMap { RuleMessage($0) }
            for rule in rules where rule.origin == .pod && rule.table == table { _ = try? pod.exchange([rule.delete]) }
        }
    }
}
