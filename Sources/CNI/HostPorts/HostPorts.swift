import Netlink
import NetworkTypes

/// The plugin's table in the kernel of the host's namespace.
struct HostPorts {
    /// Elements of one request: their attribute has 16 bits for its length.
    private static let elementsPerRequestMax = 100
    /// Others may change the sets while they are read, and take out what was read.
    private static let attemptsMax = 20

    private let socket: NetlinkSocket

    init() throws(NetlinkError) { socket = try NetlinkSocket(.netfilter) }

    /// Writes the rules unless they are there; those of another version of the plugin are replaced, and elements kept.
    ///
    /// - Parameter translates: Whether host ports or masquerading are wanted.
    func prepare(translates: Bool) throws(NetlinkError) {
        let asked = try socket.exchange([
            FirewallMessage.getTable(HostPortTable.name),
            FirewallMessage.getChain(HostPortTable.translationMark, in: HostPortTable.name),
        ])
        let table = asked[0].messages.first
        let isCurrent = table.map { FirewallTable.comment(in: $0) == HostPortTable.comment } ?? false
        let hasTranslation = asked[1].refusal == nil
        if isCurrent, hasTranslation || !translates { return }
        var requests = isCurrent ? [] : HostPortTable.guardPart
        let kept = table == nil || isCurrent ? [] : try allEntries()
        if table != nil, !isCurrent { requests.insert(FirewallMessage.deleteTable(HostPortTable.name), at: 0) }
        if translates || hasTranslation || !kept.isEmpty { requests += HostPortTable.translationPart }
        requests += Self.requests(kept) { FirewallMessage.addElements($0, to: $1, in: HostPortTable.name) }
        do throws(NetlinkError) { try commit(requests) } catch {
            // Another call was faster: its rules are the same.
            guard error.errno == LinuxErrno.exists else { throw error }
        }
    }

    /// Adds elements; what the entries of ended pods are in the way of is taken over.
    ///
    /// - Parameter isAlive: Whether the attachment exists that an element's comment names.
    func add(_ entries: [HostPortTable.Entry], isAlive: (String) throws(NetlinkError) -> Bool) throws(CNIFailure) {
        let requests = Self.requests(entries) {
            FirewallMessage.addElements($0, to: $1, in: HostPortTable.name, exclusive: true)
        }
        do throws(NetlinkError) { try commit(requests) } catch {
            guard error.errno == LinuxErrno.exists || error.errno == LinuxErrno.busy else {
                throw CNIFailure(.failed, "cannot open the host ports", details: error.description)
            }
            let dead = try CNIFailure.when("cannot open the host ports") { () throws(NetlinkError) in
                try deadEntries(inTheWayOf: entries, isAlive: isAlive)
            }
            guard case .dead(let stale) = dead else {
                if case .alive(let holder) = dead {
                    throw CNIFailure(.failed, "a host port is in use", details: "by \(holder)")
                }
                return
            }
            try CNIFailure.when("cannot open the host ports") { () throws(NetlinkError) in
                try commit(Self.deletions(stale) + requests)
            }
        }
    }

    private enum Holders {
        case dead([HostPortTable.Entry])
        case alive(String)
    }

    private func deadEntries(
        inTheWayOf entries: [HostPortTable.Entry], isAlive: (String) throws(NetlinkError) -> Bool
    ) throws(NetlinkError) -> Holders {
        var stale: [HostPortTable.Entry] = []
        for entry in entries {
            let key = FirewallElement(key: entry.element.key)
            guard let answer = try socket.get(FirewallMessage.getElement(key, of: entry.set, in: HostPortTable.name)),
                let holder = FirewallElement.elements(in: answer).first
            else { continue }
            let name = holder.comment ?? "an element without comment"
            if name != entry.element.comment, try isAlive(name) { return .alive(name) }
            stale.append(HostPortTable.Entry(entry.set, key))
        }
        return .dead(stale)
    }

    /// Takes out every element that carries one of the attachments as its comment. Nothing to do is no error.
    func remove(where isGone: (String) -> Bool) throws(NetlinkError) {
        for attempt in 1...Self.attemptsMax {
            guard try socket.get(FirewallMessage.getTable(HostPortTable.name)) != nil else { return }
            let gone = try allEntries().filter { $0.element.comment.map(isGone) ?? false }
            guard !gone.isEmpty else { return }
            do throws(NetlinkError) { try commit(Self.deletions(gone)) } catch {
                guard error.errno == LinuxErrno.noEntry, attempt < Self.attemptsMax else { throw error }
                continue
            }
            return forgetFlows(to: gone)
        }
    }

    /// Every element of pods, with the attachment that it belongs to.
    func podEntries() throws(NetlinkError) -> [HostPortTable.Entry] {
        guard try socket.get(FirewallMessage.getTable(HostPortTable.name)) != nil else { return [] }
        return try allEntries()
    }

    /// Makes pods of the ranges leave with the host's address, unless they do. What other networks and earlier configurations
    /// wrote is kept: the kernel takes no stretch that overlaps another, so each set becomes the union.
    func masquerade(_ entries: [HostPortTable.Entry]) throws(NetlinkError) {
        for attempt in 1...Self.attemptsMax {
            var requests: [NetlinkMessage] = []
            for set in IPFamily.allCases.flatMap({
                [HostPortTable.masqueradeSets($0).from, HostPortTable.masqueradeSets($0).except]
            }) {
                let own = entries.filter { $0.set == set }.map { $0.element }
                if own.isEmpty { continue }
                let known = try dump(set).flatMap(FirewallElement.elements)
                let wanted = Intervals.union(known + own)
                if wanted == Intervals.union(known) { continue }
                requests += Self.requests(Intervals.inOrder(known).map { HostPortTable.Entry(set, $0) }) {
                    FirewallMessage.deleteElements($0, from: $1, in: HostPortTable.name)
                }
                requests += Self.requests(wanted.map { HostPortTable.Entry(set, $0) }) {
                    FirewallMessage.addElements($0, to: $1, in: HostPortTable.name)
                }
            }
            if requests.isEmpty { return }
            do throws(NetlinkError) { return try commit(requests) } catch {
                // Another call was faster: look again.
                guard error.errno == LinuxErrno.exists || error.errno == LinuxErrno.noEntry, attempt < Self.attemptsMax else {
                    throw error
                }
            }
        }
    }

    /// Connections of UDP know no end: without this, packets of old ones would go on to where the port led before.
    func forgetFlows(to entries: [HostPortTable.Entry]) {
        var requests: [NetlinkMessage] = []
        for family in IPFamily.allCases {
            let sets = HostPortTable.sets(family)
            for entry in entries where entry.set == sets.bound || entry.set == sets.open {
                // Both keys end with the protocol and the port, a register each.
                let end = Array(entry.element.key.suffix(8))
                guard end.count == 8, end[0] == TransportProtocol.udp.rawValue else { continue }
                let port = Port(UInt16(end[4]) << 8 | UInt16(end[5]))
                requests.append(FlowMessage.delete(.udp, to: port, family: family))
            }
        }
        // A kernel that cannot filter flows keeps them until they time out.
        if !requests.isEmpty { _ = try? socket.exchange(requests) }
    }

    private func allEntries() throws(NetlinkError) -> [HostPortTable.Entry] {
        var result: [HostPortTable.Entry] = []
        for set in HostPortTable.podSets {
            // A set that grows meanwhile may show an element twice.
            var seen = Set<[UInt8]>()
            for element in try dump(set).flatMap(FirewallElement.elements) where seen.insert(element.key).inserted {
                result.append(HostPortTable.Entry(set, element))
            }
        }
        return result
    }

    private func dump(_ set: String) throws(NetlinkError) -> [NetlinkMessage] {
        for _ in 1..<Self.attemptsMax {
            do throws(NetlinkError) {
                return try socket.dump(FirewallMessage.listElements(of: set, in: HostPortTable.name))
            } catch {
                // Without host ports there are no sets for them.
                if error.errno == LinuxErrno.noEntry { return [] }
                guard error == .interrupted else { throw error }
            }
        }
        return try socket.dump(FirewallMessage.listElements(of: set, in: HostPortTable.name))
    }

    private func commit(_ requests: [NetlinkMessage]) throws(NetlinkError) {
        let transaction = FirewallMessage.transaction(requests)
        guard transaction.count <= NetlinkSocket.batchRequestsMax else {
            throw .system(call: "send", errno: LinuxErrno.noBuffers)
        }
        try socket.apply(transaction)
    }

    private static func deletions(_ entries: [HostPortTable.Entry]) -> [NetlinkMessage] {
        let keys = entries.map { HostPortTable.Entry($0.set, FirewallElement(key: $0.element.key)) }
        return requests(keys) { FirewallMessage.deleteElements($0, from: $1, in: HostPortTable.name) }
    }

    /// One request for many elements of a set.
    private static func requests(_ entries: [HostPortTable.Entry], _ make: ([FirewallElement], String) -> NetlinkMessage)
        -> [NetlinkMessage]
    {
        var bySet: [(set: String, elements: [FirewallElement])] = []
        for entry in entries {
            let index = bySet.lastIndex { $0.set == entry.set && $0.elements.count < elementsPerRequestMax }
            if let index { bySet[index].elements.append(entry.element) } else { bySet.append((entry.set, [entry.element])) }
        }
        return bySet.map { make($0.elements, $0.set) }
    }
}
