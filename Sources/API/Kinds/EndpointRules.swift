package import JSON
import NetworkTypes

/// - SeeAlso: Kubernetes 1.36 `pkg/apis/discovery/v1/defaults.go`, `pkg/apis/discovery/validation/validation.go`.
package struct EndpointSliceRules: KindRules {
    static let endpointsMax = 1000
    static let portsMax = 100
    package let countsGenerations = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.editEach("ports") { port in
            port.setDefault("name", "")
            port.setDefault("protocol", "TCP")
        }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object[path: ["metadata", "generation"]] = 1
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let types = ["IPv4", "IPv6", "FQDN"]
        let type = object.text("addressType")
        var errors: [FieldError] = []
        if type.isEmpty {
            errors.append(.required(FieldPath("addressType")))
        } else if !types.contains(type) {
            errors.append(.notSupported(FieldPath("addressType"), .string(type), supported: types))
        }
        let endpoints = object.elements("endpoints")
        if endpoints.count > Self.endpointsMax {
            return errors + [.tooMany(FieldPath("endpoints"), count: endpoints.count, max: Self.endpointsMax)]
        }
        for (index, endpoint) in endpoints.enumerated() {
            errors += self.endpoint(endpoint, FieldPath("endpoints")[index], type)
        }
        return errors + ports(object.elements("ports"), FieldPath("ports"))
    }

    private func endpoint(_ endpoint: JSONValue, _ path: FieldPath, _ type: String) -> [FieldError] {
        let addresses = endpoint.elements("addresses")
        var errors: [FieldError] = []
        if addresses.isEmpty {
            errors.append(.required(path("addresses"), "must contain at least 1 address"))
        } else if addresses.count > 100 {
            errors.append(.tooMany(path("addresses"), count: addresses.count, max: 100))
        }
        for (index, address) in addresses.prefix(100).enumerated() {
            let text = address.string ?? ""
            let found = IPAddress(parsing: text)
            switch type {
            case "IPv4" where found?.family != .ipv4:
                errors.append(.invalid(path("addresses")[index], address, "must be a valid IPv4 address"))
            case "IPv6" where found?.family != .ipv6:
                errors.append(.invalid(path("addresses")[index], address, "must be a valid IPv6 address"))
            case "FQDN": errors += NameValidation.dns1123Subdomain(text).map { .invalid(path("addresses")[index], address, $0) }
            default: break
            }
        }
        let host = endpoint.text("hostname")
        if !host.isEmpty { errors += NameValidation.dns1123Label(host).map { .invalid(path("hostname"), .string(host), $0) } }
        return errors
    }

    private func ports(_ ports: [JSONValue], _ path: FieldPath) -> [FieldError] {
        if ports.count > Self.portsMax { return [.tooMany(path, count: ports.count, max: Self.portsMax)] }
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let name = port.text("name")
            if !name.isEmpty {
                errors += NameValidation.dns1123Label(name).map { .invalid(path[index]("name"), .string(name), $0) }
            }
            if !names.insert(name).inserted { errors.append(.duplicate(path[index]("name"), .string(name))) }
            let transport = port.text("protocol")
            if !["SCTP", "TCP", "UDP"].contains(transport) {
                errors.append(
                    .notSupported(path[index]("protocol"), .string(transport), supported: ["SCTP", "TCP", "UDP"]))
            }
            if let number = port["port"]?.int {
                errors += NameValidation.portNumber(number).map { .invalid(path[index]("port"), .int(number), $0) }
            }
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let now = new.text("addressType")
        return validate(new)
            + (now == old.text("addressType")
                ? [] : [.invalid(FieldPath("addressType"), .string(now), "field is immutable")])
    }

    package let columns: [Column] = [
        .objectName,
        Column("AddressType", "Family of the addresses."),
        Column("Ports", "Ports of every endpoint."),
        Column("Endpoints", "Addresses of the first endpoints."),
        .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let ports = object.elements("ports").map { port -> String in
            port["port"]?.int.map(String.init) ?? (port.text("name").isEmpty ? "*" : port.text("name"))
        }
        let addresses = object.elements("endpoints").compactMap { $0.elements("addresses").first?.string }
        return [
            Cells.name(object), object["addressType"] ?? "", .string(FirstFew.print(ports, empty: "<unset>")),
            .string(FirstFew.print(addresses, empty: "<unset>")), Cells.age(object, now: now),
        ]
    }
}

/// The first three of a list, and how many more there are.
enum FirstFew {
    static func print(_ values: [String], empty: String) -> String {
        if values.isEmpty { return empty }
        let text = values.prefix(3).joined(separator: ",")
        return values.count > 3 ? "\(text) + \(values.count - 3) more..." : text
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/endpoint/strategy.go`, `SetDefaults_Endpoints`, `printEndpoints`.
package struct EndpointsRules: KindRules {
    package func applyDefaults(_ object: inout JSONValue) {
        object.editEach("subsets") { subset in
            subset.editEach("ports") { if $0.text("protocol").isEmpty { $0["protocol"] = "TCP" } }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, subset) in object.elements("subsets").enumerated() {
            let at = FieldPath("subsets")[index]
            if subset.elements("addresses").isEmpty, subset.elements("notReadyAddresses").isEmpty {
                errors.append(.required(at, "must specify `addresses` or `notReadyAddresses`"))
            }
            for list in ["addresses", "notReadyAddresses"] {
                for (position, address) in subset.elements(list).enumerated() where IPAddress(parsing: address.text("ip")) == nil
                {
                    errors.append(
                        .invalid(
                            at(list)[position]("ip"), .string(address.text("ip")),
                            "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"))
                }
            }
            for (position, port) in subset.elements("ports").enumerated() {
                let number = port["port"]?.int ?? 0
                errors += NameValidation.portNumber(number).map { .invalid(at("ports")[position]("port"), .int(number), $0) }
                if port.text("name").isEmpty, subset.elements("ports").count > 1 {
                    errors.append(.required(at("ports")[position]("name")))
                }
            }
        }
        return errors
    }

    package let columns: [Column] = [.objectName, Column("Endpoints", "Addresses with their ports."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        var all: [String] = []
        for subset in object.elements("subsets") {
            let addresses = subset.elements("addresses").map { $0.text("ip") }
            let ports = subset.elements("ports").map { $0["port"]?.int ?? 0 }
            if ports.isEmpty {
                all += addresses
            } else {
                for port in ports {
                    for address in addresses {
                        all.append(address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)")
                    }
                }
            }
        }
        return [Cells.name(object), .string(FirstFew.print(all, empty: "<none>")), Cells.age(object, now: now)]
    }
}
