package import JSON
import NetworkTypes

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/discovery/endpointslice/strategy.go`, `pkg/apis/discovery/v1/defaults.go`,
///   `pkg/apis/discovery/validation/validation.go`.
package struct EndpointSliceRules: KindRules {
    static let endpointsMax = 1000
    static let portsMax = 20_000
    private static let addressesMax = 100
    private static let topologyMax = 16
    private static let hintsMax = 8
    private static let hostLabel = "kubernetes.io/hostname"
    private static let types = ["FQDN", "IPv4", "IPv6"]
    package let countsGenerations = true

    package func applyDefaults(_ object: inout JSONValue) {
        object.editEach("ports") { port in
            port.setDefault("name", "")
            port.setDefault("protocol", "TCP")
        }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object[path: ["metadata", "generation"]] = 1
        Self.dropTopology(&object, knownNodes: [])
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        if new["endpoints"] != old["endpoints"] {
            let nodes = old.elements("endpoints").compactMap { $0["deprecatedTopology"]?[Self.hostLabel]?.string }
            Self.dropTopology(&new, knownNodes: Set(nodes))
        }
        StatusSeparation.countGeneration(&new, old)
    }

    /// This form names the node in a field of its own; labels that say more are not taken.
    private static func dropTopology(_ object: inout JSONValue, knownNodes: Set<String>) {
        object.editEach("endpoints") { endpoint in
            let host = endpoint["deprecatedTopology"]?[hostLabel]?.string
            if let host, !endpoint.has("nodeName"), knownNodes.contains(host) { endpoint["nodeName"] = .string(host) }
            endpoint["deprecatedTopology"] = nil
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { check(object, old: nil) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        check(new, old: old) + FieldCheck.unchanged(new, old, fields: ["addressType"], FieldPath())
    }

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        var errors = FieldCheck.requiredOneOf(object, "addressType", Self.types, FieldPath())
        errors += ports(object.elements("ports"), FieldPath("ports"))
        if let old, old["endpoints"] == object["endpoints"] { return errors }
        let endpoints = object.elements("endpoints")
        let path = FieldPath("endpoints")
        if endpoints.count > Self.endpointsMax {
            return errors + [.tooMany(path, count: endpoints.count, max: Self.endpointsMax)]
        }
        for (index, endpoint) in endpoints.enumerated() {
            errors += self.endpoint(endpoint, path[index], object.text("addressType"))
        }
        return errors
    }

    private func endpoint(_ endpoint: JSONValue, _ path: FieldPath, _ type: String) -> [FieldError] {
        let addresses = endpoint.elements("addresses")
        let at = path("addresses")
        var errors: [FieldError] = []
        if addresses.isEmpty {
            errors.append(.required(at, "must contain at least 1 address"))
        } else if addresses.count > Self.addressesMax {
            errors.append(.tooMany(at, count: addresses.count, max: Self.addressesMax))
        }
        for (index, address) in addresses.enumerated() { errors += self.address(address.string ?? "", type, at, index) }
        if let node = endpoint["nodeName"]?.string {
            errors += FieldCheck.invalid(path("nodeName"), node, NameValidation.dns1123Subdomain(node))
        }
        let topology = endpoint["deprecatedTopology"]
        if let count = topology?.object?.count, count > Self.topologyMax {
            errors.append(.tooMany(path("deprecatedTopology"), count: count, max: Self.topologyMax))
        }
        errors += LabelValidation.labels(topology, path("deprecatedTopology"))
        if let host = endpoint["hostname"]?.string {
            errors += FieldCheck.invalid(path("hostname"), host, NameValidation.dns1123Label(host))
        }
        if let hints = endpoint["hints"], !hints.isNull { errors += self.hints(hints, path("hints")) }
        return errors
    }

    private func address(_ text: String, _ type: String, _ path: FieldPath, _ index: Int) -> [FieldError] {
        if type == "FQDN" { return DomainChecks.fullyQualified(text, path[index]) }
        guard type == "IPv4" || type == "IPv6" else { return [] }
        let messages = type == "IPv4" ? AddressChecks.address(text) : AddressChecks.strictAddress(text)
        guard messages.isEmpty, let address = IPAddress(parsing: text) else {
            return FieldCheck.invalid(path[index], text, messages)
        }
        var errors: [FieldError] = []
        if (address.family == .ipv4) != (type == "IPv4") {
            errors.append(.invalid(path, .string(text), "must be an \(type) address"))
        }
        return errors + FieldCheck.invalid(path[index], text, AddressChecks.notSpecial(address))
    }

    private func hints(_ hints: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (list, check) in [("forZones", NameValidation.labelValue), ("forNodes", NameValidation.dns1123Subdomain)] {
            let entries = hints.elements(list)
            if entries.count > Self.hintsMax {
                return errors + [.tooMany(path(list), count: entries.count, max: Self.hintsMax)]
            }
            var names: Set<String> = []
            for (index, entry) in entries.enumerated() {
                let at = path(list)[index]("name")
                let name = entry.text("name")
                if !names.insert(name).inserted { errors.append(.duplicate(at, .string(name))) }
                errors += FieldCheck.invalid(at, name, check(name))
            }
        }
        return errors
    }

    private func ports(_ ports: [JSONValue], _ path: FieldPath) -> [FieldError] {
        if ports.count > Self.portsMax { return [.tooMany(path, count: ports.count, max: Self.portsMax)] }
        var errors: [FieldError] = []
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            let at = path[index]
            let name = port.text("name")
            errors += FieldCheck.optional(port, "name", at, NameValidation.dns1123Label)
            if !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            errors += FieldCheck.requiredOneOf(port, "protocol", ["SCTP", "TCP", "UDP"], at)
            if let application = port["appProtocol"]?.string {
                errors += FieldCheck.invalid(at("appProtocol"), application, NameValidation.qualifiedName(application))
            }
        }
        return errors
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
            port["port"]?.int.map { String($0) } ?? (port.text("name").isEmpty ? "*" : port.text("name"))
        }
        let addresses = object.elements("endpoints").flatMap { $0.elements("addresses").compactMap(\.string) }
        return [
            Cells.name(object), object["addressType"] ?? "", .string(FirstFew.print(ports, empty: "<unset>")),
            .string(FirstFew.print(addresses, empty: "<unset>")), Cells.age(object, now: now),
        ]
    }
}
