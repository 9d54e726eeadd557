import JSON
import Netlink
import NetworkTypes

/// ADD: takes an address, wires the pod, answers with its addresses. Leaves nothing behind when it fails.
struct Add {
    let request: CNIRequest
    let pool: SlotPool
    private let attachment: String

    init(_ request: CNIRequest) throws(CNIFailure) {
        self.request = request
        pool = request.configuration.pool
        attachment = request.attachmentName
    }

    func run() throws(CNIFailure) -> JSONValue {
        let configuration = request.configuration
        if Chained.isBehindAnother(request) { return try Chained(request: request).add() }
        guard pool.count > 0 else {
            throw CNIFailure(.invalidConfiguration, "no addresses to give out", details: "podCIDRs or ranges is needed")
        }
        let choice = try AddressChoice(
            configuration.requestedAddresses + request.arguments.newAddresses(configuration), from: pool)
        let connection = try PodConnection(request)
        let survey = try CNIFailure.when("cannot read the host's state") { () throws(NetlinkError) in
            try HostSurvey(request, connection.host)
        }
        guard !survey.isAttached else { throw alreadyAttached }
        if configuration.enablesForwarding { try survey.enableForwarding(pool.families) }
        let firewall = try prepareFirewall()
        let reservation = Reservation(
            request: request, choice: choice, connection: connection, survey: survey, attachment: attachment)
        let (plan, pair) = try reservation.take()
        do throws(CNIFailure) { try complete(plan, pair, connection, firewall) } catch {
            Teardown.undo(plan, connection)
            throw error
        }
        var result = plan.result(sandbox: request.namespacePath, linkMTU: pair.mtu)
        result.dns = configuration.dns
        return result.json(configuration.version, after: configuration.previousResult)
    }

    private var alreadyAttached: CNIFailure {
        CNIFailure(
            .failed,
            "container \(request.containerID) already has interface \(request.interfaceName) in network "
                + request.configuration.name, details: "DEL comes before another ADD")
    }

    /// Everything that is not the pair, its addresses and routes.
    private func complete(
        _ plan: PodNetworkPlan, _ pair: LinkPair, _ connection: PodConnection, _ firewall: HostPorts?
    ) throws(CNIFailure) {
        let configuration = request.configuration
        try connection.write(configuration.sysctls, interface: request.interfaceName)
        if let limits = configuration.bandwidth {
            let shaper = Shaper(host: connection.host, hostEnd: (plan.host.name, pair.indices.host), attachment: attachment)
            try shaper.apply(limits, mtu: pair.mtu, group: Shaper.group(of: pair.indices.host))
        }
        guard let firewall else { return }
        if let masquerade = configuration.masquerade {
            try CNIFailure.when("cannot masquerade") { () throws(NetlinkError) in
                try firewall.masquerade(HostPortTable.entries(masquerade, for: pool.prefixes))
            }
        }
        try firewall.open(configuration.portMappings, to: plan.addresses, attachment, connection.host)
    }

    /// The table that keeps pods from sending with foreign addresses, which host ports and masquerading need besides. Nil: the
    /// kernel has no nf_tables, and the pod does not need it.
    private func prepareFirewall() throws(CNIFailure) -> HostPorts? {
        let translates = !request.configuration.portMappings.isEmpty || request.configuration.masquerade != nil
        do throws(NetlinkError) {
            let firewall = try HostPorts()
            try firewall.prepare(translates: translates)
            return firewall
        } catch {
            guard !translates else {
                throw CNIFailure(.failed, "cannot write rules of nf_tables", details: error.description)
            }
            return nil
        }
    }
}

extension CNIRequest {
    var attachmentName: String {
        InterfaceNames.attachment(network: configuration.name, containerID: containerID, interface: interfaceName)
    }
}

extension CNIArguments {
    /// Runtimes may ask for the same addresses in both ways.
    func newAddresses(_ configuration: NetworkConfiguration) -> [IPAddress] {
        addresses.filter { !configuration.requestedAddresses.contains($0) }
    }
}

extension HostPorts {
    /// Opens the ports that lead to a pod's addresses.
    func open(_ mappings: [PortMapping], to addresses: [IPAddress], _ attachment: String, _ host: NetlinkSocket)
        throws(CNIFailure)
    {
        let entries = HostPortTable.entries(mappings, to: addresses, attachment: attachment)
        guard !entries.isEmpty else { return }
        try add(entries) { name throws(NetlinkError) in
            // What has no link of ours counts as alive: its elements go with its DEL or with GC.
            guard InterfaceNames.fields(ofAttachment: name) != nil else { return true }
            return try host.link(LinkMessage(alternativeName: name)) != nil
        }
        forgetFlows(to: entries)
    }
}
