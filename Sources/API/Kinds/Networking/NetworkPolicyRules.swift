package import JSON
import NetworkTypes

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/networking/networkpolicy/strategy.go`, `pkg/apis/networking/v1/defaults.go`,
///   `ValidateNetworkPolicy`.
package struct NetworkPolicyRules: KindRules {
    package let countsGenerations = true

    package init() {}

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            for list in ["ingress", "egress"] {
                spec.editEach(list) { rule in rule.editEach("ports") { $0.setDefault("protocol", "TCP") } }
            }
            guard spec.elements("policyTypes").isEmpty else { return }
            spec["policyTypes"] = spec.elements("egress").isEmpty ? ["Ingress"] : ["Ingress", "Egress"]
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors = LabelValidation.selector(spec["podSelector"], path("podSelector"))
        for (list, peers) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in spec.elements(list).enumerated() {
                let at = path(list)[index]
                for (position, port) in rule.elements("ports").enumerated() {
                    errors += self.port(port, at("ports")[position])
                }
                for (position, peer) in rule.elements(peers).enumerated() {
                    errors += self.peer(peer, at(peers)[position])
                }
            }
        }
        let types = spec.elements("policyTypes")
        if types.count > 2 {
            return errors + [.invalid(path("policyTypes"), .array(types), "may not specify more than two policyTypes")]
        }
        for (index, type) in types.enumerated() where type != "Ingress" && type != "Egress" {
            errors.append(FieldError.notSupported(path("policyTypes")[index], type, inOrder: ["Ingress", "Egress"]))
        }
        return errors
    }

    private func port(_ port: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.oneOf(port, "protocol", ["TCP", "UDP", "SCTP"], path)
        let end = port["endPort"]?.int
        func refuse(_ detail: String) { if let end { errors.append(.invalid(path("endPort"), .int(end), detail)) } }
        switch IntOrString(json: port["port"]) {
        case .int(let number):
            errors += NameValidation.portNumber(Int64(number)).map { .invalid(path("port"), .int(Int64(number)), $0) }
            guard let end else { break }
            if end < number { refuse("must be greater than or equal to `port`") }
            errors += NameValidation.portNumber(end).map { .invalid(path("endPort"), .int(end), $0) }
        case .string(let name):
            refuse("may not be specified when `port` is non-numeric")
            errors += FieldCheck.invalid(path("port"), name, NameValidation.portName(name))
        case nil: refuse("may not be specified when `port` is not specified")
        }
        return errors
    }

    private func peer(_ peer: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let given = ["podSelector", "namespaceSelector", "ipBlock"].filter(peer.has)
        for name in given where name != "ipBlock" { errors += LabelValidation.selector(peer[name], path(name)) }
        if let block = peer["ipBlock"], !block.isNull { errors += self.block(block, path("ipBlock")) }
        if given.isEmpty {
            errors.append(.required(path, "must specify a peer"))
        } else if given.count > 1, given.contains("ipBlock") {
            errors.append(.forbidden(path, "may not specify both ipBlock and another peer"))
        }
        return errors
    }

    private func block(_ block: JSONValue, _ path: FieldPath) -> [FieldError] {
        let text = block.text("cidr")
        if text.isEmpty { return [.required(path("cidr"))] }
        var errors = FieldCheck.invalid(path("cidr"), text, AddressChecks.range(text))
        guard let range = CIDR(parsing: text) else { return errors }
        for (index, except) in block.elements("except").compactMap(\.string).enumerated() {
            let at = path("except")[index]
            errors += FieldCheck.invalid(at, except, AddressChecks.range(except))
            guard let inner = CIDR(parsing: except) else { continue }
            if !range.contains(inner.first) || range.prefixLength >= inner.prefixLength {
                errors.append(.invalid(at, .string(except), "must be a strict subset of `cidr`"))
            }
        }
        return errors
    }

    package let columns: [Column] = [.objectName, Column("Pod-Selector", "Pods that the policy isolates."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), Cells.selector(object["spec"]?["podSelector"] ?? [:]), Cells.age(object, now: now)]
    }
}
