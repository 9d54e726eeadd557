import JSON
import Netlink
import NetworkTypes

/// The `loopback` plugin: containerd and others run it beside the network for every pod.
struct Loopback {
    /// The name under which runtimes look for it.
    static let type = "loopback"

    let request: CNIRequest

    func add() throws(CNIFailure) -> JSONValue {
        let connection = try PodConnection(request)
        var link = LinkMessage(index: .loopback)
        link.setUp()
        try CNIFailure.when("cannot set lo up") { () throws(NetlinkError) in try connection.pod.apply([link.change]) }
        let version = request.configuration.version
        if let previous = request.configuration.previousResult { return CNIResult().json(version, after: previous) }
        return result.json(version)
    }

    /// `lo` ends with the namespace; taking it down before would only make the end slower.
    func delete() {}

    func check() throws(CNIFailure) {
        let connection = try PodConnection(request)
        let link = try CNIFailure.when("cannot read lo") { () throws(NetlinkError) in
            try connection.pod.link(LinkMessage(index: .loopback))
        }
        guard link?.isUp == true else { throw CNIFailure(.failed, "lo is down") }
    }

    private var result: CNIResult {
        var result = CNIResult()
        result.interfaces = [CNIResult.Interface(name: "lo", mac: MACAddress(0), sandbox: request.namespacePath)]
        result.addresses = ["127.0.0.1/8", "::1/128"].compactMap { InterfaceAddress(parsing: $0) }.map {
            CNIResult.Address($0, gateway: nil, interface: 0)
        }
        return result
    }
}
