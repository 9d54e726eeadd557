package import JSON
package import NetworkTypes

/// What ADD tells the runtime.
package struct CNIResult: Hashable, Sendable {
    package struct Interface: Hashable, Sendable {
        package var name: String
        package var mac: MACAddress?
        package var mtu: UInt32?
        /// Path of the namespace that holds it; empty for the host's.
        package var sandbox: String

        package init(name: String, mac: MACAddress?, mtu: UInt32? = nil, sandbox: String = "") {
            self.name = name
            self.mac = mac
            self.mtu = mtu
            self.sandbox = sandbox
        }
    }

    package struct Address: Hashable, Sendable {
        package var address: InterfaceAddress
        package var gateway: IPAddress?
        /// Position in `interfaces`.
        package var interface: Int?

        package init(_ address: InterfaceAddress, gateway: IPAddress?, interface: Int?) {
            self.address = address
            self.gateway = gateway
            self.interface = interface
        }
    }

    package struct Route: Hashable, Sendable {
        package var destination: CIDR
        package var gateway: IPAddress?

        package init(_ destination: CIDR, via gateway: IPAddress?) {
            self.destination = destination
            self.gateway = gateway
        }
    }

    package var interfaces: [Interface] = []
    package var addresses: [Address] = []
    package var routes: [Route] = []
    package var dns: JSONValue?

    package init() {}

    /// Reads a result of version 0.3.0 or later; what cannot be read is left out.
    package init(json: JSONValue) {
        interfaces = (json["interfaces"]?.array ?? []).map {
            Interface(
                name: $0["name"]?.string ?? "", mac: $0["mac"]?.string.flatMap { MACAddress(parsing: $0) },
                mtu: $0["mtu"]?.int.flatMap { UInt32(exactly: $0) }, sandbox: $0["sandbox"]?.string ?? "")
        }
        addresses = (json["ips"]?.array ?? []).compactMap { entry in
            entry["address"]?.string.flatMap { InterfaceAddress(parsing: $0) }.map {
                Address(
                    $0, gateway: entry["gateway"]?.string.flatMap { IPAddress(parsing: $0) },
                    interface: entry["interface"]?.int.flatMap { Int(exactly: $0) })
            }
        }
        routes = (json["routes"]?.array ?? []).compactMap { entry in
            entry["dst"]?.string.flatMap { CIDR(parsing: $0) }.map {
                Route($0, via: entry["gw"]?.string.flatMap { IPAddress(parsing: $0) })
            }
        }
        dns = json["dns"]
    }

    /// The result in the shape of one version of the specification.
    ///
    /// - Parameter previous: The result of the plugin before ours in the chain, which ours continues.
    package func json(_ version: CNIVersion, after previous: JSONValue? = nil) -> JSONValue {
        var value: JSONValue = ["cniVersion": .string(version.rawValue)]
        if version < .v030 {
            for (key, family) in [("ip4", IPFamily.ipv4), ("ip6", .ipv6)] { value[key] = legacy(family) }
            value["dns"] = dns ?? [:]
            return value
        }
        let before = { (key: String) in previous?[key]?.array ?? [] }
        let shift = before("interfaces").count
        value["interfaces"] = .array(before("interfaces") + interfaces.map { $0.json(version) })
        value["ips"] = .array(before("ips") + addresses.map { $0.json(version, shift: shift) })
        let allRoutes = before("routes") + routes.map { $0.json }
        if !allRoutes.isEmpty { value["routes"] = .array(allRoutes) }
        value["dns"] = dns ?? previous?["dns"] ?? [:]
        return value
    }

    /// The one address of a family, as versions before 0.3.0 had it; nil when there is none.
    private func legacy(_ family: IPFamily) -> JSONValue? {
        guard let first = addresses.first(where: { $0.address.address.family == family }) else { return nil }
        var value: JSONValue = ["ip": .string(first.address.description)]
        if let gateway = first.gateway { value["gateway"] = .string(gateway.description) }
        let own = routes.filter { $0.destination.family == family }
        if !own.isEmpty { value["routes"] = .array(own.map({ $0.json })) }
        return value
    }
}

extension CNIResult.Interface {
    fileprivate func json(_ version: CNIVersion) -> JSONValue {
        var value: JSONValue = ["name": .string(name)]
        if let mac { value["mac"] = .string(mac.description) }
        if version >= .v110, let mtu { value["mtu"] = JSONValue(mtu) }
        if !sandbox.isEmpty { value["sandbox"] = .string(sandbox) }
        return value
    }
}

extension CNIResult.Address {
    fileprivate func json(_ version: CNIVersion, shift: Int) -> JSONValue {
        var value: JSONValue = [:]
        if version < .v100 { value["version"] = address.address.family == .ipv4 ? "4" : "6" }
        value["address"] = .string(address.description)
        if let gateway { value["gateway"] = .string(gateway.description) }
        if let interface { value["interface"] = JSONValue(interface + shift) }
        return value
    }
}

extension CNIResult.Route {
    fileprivate var json: JSONValue {
        var value: JSONValue = ["dst": .string(destination.description)]
        if let gateway { value["gw"] = .string(gateway.description) }
        return value
    }
}
