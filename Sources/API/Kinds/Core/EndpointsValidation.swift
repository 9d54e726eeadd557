import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateEndpointSubsets`.
enum EndpointsValidation {
    private static let lists = ["addresses", "notReadyAddresses"]

    /// - Parameter old: The form before an update, whose addresses are taken as they are.
    static func validate(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let known = Set(
            (old?.elements("subsets") ?? []).flatMap { subset in
                lists.flatMap(subset.elements).map { $0.text("ip") }
            })
        var errors: [FieldError] = []
        for (index, subset) in object.elements("subsets").enumerated() {
            let at = FieldPath("subsets")[index]
            if lists.allSatisfy({ subset.elements($0).isEmpty }) {
                errors.append(.required(at, "must specify `addresses` or `notReadyAddresses`"))
            }
            for list in lists {
                for (position, address) in subset.elements(list).enumerated() {
                    errors += self.address(address, at(list)[position], known)
                }
            }
            let ports = subset.elements("ports")
            for (position, port) in ports.enumerated() {
                errors += self.port(port, at("ports")[position], needsName: ports.count > 1)
            }
        }
        return errors
    }

    private static func address(_ address: JSONValue, _ path: FieldPath, _ known: Set<String>) -> [FieldError] {
        let text = address.text("ip")
        var errors = AddressValidation.address(text, path("ip"), known: known)
        errors += FieldCheck.optionalText(address.text("hostname"), path("hostname"), NameValidation.dns1123Label)
        if let node = address["nodeName"]?.string {
            errors += FieldCheck.text(node, path("nodeName"), NameValidation.dns1123Subdomain)
        }
        return errors + AddressValidation.notSpecial(text, path("ip"))
    }

    private static func port(_ port: JSONValue, _ path: FieldPath, needsName: Bool) -> [FieldError] {
        let (name, number) = (port.text("name"), port["port"]?.int ?? 0)
        var errors =
            name.isEmpty && needsName
            ? [.required(path("name"))] : FieldCheck.optionalText(name, path("name"), NameValidation.dns1123Label)
        errors += NameValidation.portNumber(number).map { .invalid(path("port"), .int(number), $0) }
        errors += FieldCheck.choice(port.text("protocol"), ["SCTP", "TCP", "UDP"], path("protocol"))
        if let application = port["appProtocol"]?.string {
            errors += FieldCheck.text(application, path("appProtocol"), NameValidation.qualifiedName)
        }
        return errors
    }
}
