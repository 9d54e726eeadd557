import JSON
import Netlink
import NetworkTypes

/// The plugin behind another one that has made the pod's interface: it adds host ports, bandwidth and settings to what is
/// there, and hands the result on as it is.
struct Chained {
    let request: CNIRequest

    /// Whether the result so far names the interface that this call is about, made by somebody else.
    static func isBehindAnother(_ request: CNIRequest) -> Bool {
        guard let previous = request.configuration.previousResult.map({ CNIResult(json: $0) }) else { return false }
        let isMade = previous.interfaces.contains { $0.name == request.interfaceName && !$0.sandbox.isEmpty }
        return isMade && !previous.interfaces.contains { $0.sandbox.isEmpty && InterfaceNames.isHostEnd($0.name) }
    }

    func add() throws(CNIFailure) -> JSONValue {
        let configuration = request.configuration
        guard let previous = configuration.previousResult else { throw CNIFailure(.failed, "required prevResult missing") }
        let connection = try PodConnection(request)
        try connection.write(configuration.sysctls, interface: request.interfaceName)
        if let limits = configuration.bandwidth { try shape(limits, connection) }
        if !configuration.portMappings.isEmpty {
            let firewall = try CNIFailure.when("cannot write rules of nf_tables") { () throws(NetlinkError) in
                let firewall = try HostPorts()
                try firewall.prepare(translates: true)
                return firewall
            }
            try firewall.open(
                configuration.portMappings, to: addresses(of: previous), InterfaceNames.chained(request.attachmentName),
                connection.host)
        }
        var result = previous
        result["cniVersion"] = .string(configuration.version.rawValue)
        return result
    }

    private func addresses(of result: JSONValue) -> [IPAddress] {
        let read = CNIResult(json: result)
        return read.addresses.filter { entry in
            guard let index = entry.interface, read.interfaces.indices.contains(index) else { return true }
            return read.interfaces[index].name == request.interfaceName
        }.map { $0.address.address }
    }

    private func shape(_ limits: BandwidthLimits, _ connection: PodConnection) throws(CNIFailure) {
        let link = try CNIFailure.when("cannot read interface \(request.interfaceName)") { () throws(NetlinkError) in
            try connection.pod.link(LinkMessage(name: request.interfaceName))?.peerIndex.flatMap { index throws(NetlinkError) in
                try connection.host.link(LinkMessage(index: index))
            }
        }
        guard let link, let index = link.index, case .veth? = link.kind else {
            throw CNIFailure(
                .failed, "cannot limit the pod's bandwidth", details: "its interface is no veth with an end on the host")
        }
        let name = "v" + String(request.attachmentName.hashOfText, radix: 36)
        let shaper = Shaper(
            host: connection.host, hostEnd: (InterfaceNames.hostEndPrefix + name.prefix(12), index),
            attachment: request.attachmentName)
        try shaper.apply(limits, mtu: link.mtu, group: nil)
    }
}

extension String {
    fileprivate var hashOfText: UInt64 { StableHash.hash64(self) }
}
