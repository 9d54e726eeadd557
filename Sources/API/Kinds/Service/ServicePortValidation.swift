import JSON

/// The ports of a Service, each alone and all together.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `validateServicePort`.
enum ServicePortValidation {
    static func ports(_ shape: ServiceShape, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var names: Set<String> = []
        let ports = shape.spec.elements("ports")
        for (index, port) in ports.enumerated() {
            let at = path[index]
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { errors.append(.required(at("name"))) }
            } else {
                errors += FieldCheck.text(name, at("name"), NameValidation.dns1123Label)
                if !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            }
            let number = port["port"]?.int ?? 0
            errors += NameValidation.portNumber(number).map { .invalid(at("port"), .int(number), $0) }
            errors += FieldCheck.choice(port.text("protocol"), ["SCTP", "TCP", "UDP"], at("protocol"))
            errors += HandlerValidation.port(port["targetPort"], at("targetPort"))
            if let application = port["appProtocol"]?.string {
                errors += FieldCheck.text(application, at("appProtocol"), NameValidation.qualifiedName)
            }
        }
        return errors
    }

    static func uniqueness(_ shape: ServiceShape, _ path: FieldPath) -> [FieldError] {
        let ports = shape.spec.elements("ports").map { port in
            (transport: port.text("protocol"), number: port["port"]?.int ?? 0, node: port["nodePort"]?.int ?? 0)
        }
        var errors: [FieldError] = []
        if shape.type == "ClusterIP" {
            errors += ports.indices.filter { ports[$0].node != 0 }.map {
                .forbidden(path[$0]("nodePort"), "may not be used when `type` is 'ClusterIP'")
            }
        }
        var nodes: Set<String> = []
        for (index, port) in ports.enumerated() where port.node != 0 {
            if !nodes.insert("\(port.transport)/\(port.node)").inserted {
                errors.append(.duplicate(path[index]("nodePort"), .int(port.node)))
            }
        }
        var served: Set<String> = []
        for (index, port) in ports.enumerated() where !served.insert("\(port.transport)/\(port.number)").inserted {
            errors.append(.duplicate(path[index], GoValue.servicePort(transport: port.transport, port: port.number)))
        }
        return errors
    }
}
