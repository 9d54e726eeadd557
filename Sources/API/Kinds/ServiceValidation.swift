import JSON
import NetworkTypes

/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateService`.
enum ServiceValidation {
    static let types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]

    static func validate(_ spec: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        let type = spec.text("type")
        let isHeadless = spec.text("clusterIP") == "None"
        if spec.elements("ports").isEmpty, !isHeadless, type != "ExternalName" { errors.append(.required(path("ports"))) }
        if type.isEmpty {
            errors.append(.required(path("type")))
        } else if !types.contains(type) {
            errors.append(.notSupported(path("type"), .string(type), supported: types))
        }
        if type == "LoadBalancer" || type == "NodePort", isHeadless {
            errors.append(
                .invalid(path("clusterIPs")[0], "None", "may not be set to 'None' for \(type) services"))
        }
        if type == "ExternalName" {
            let name = spec.text("externalName")
            if name.isEmpty {
                errors.append(.required(path("externalName")))
            } else {
                let trimmed = name.hasSuffix(".") ? String(name.dropLast()) : name
                errors += NameValidation.dns1123Subdomain(trimmed).map { .invalid(path("externalName"), .string(name), $0) }
            }
        }
        errors += ports(spec, path("ports"), type: type, isHeadless: isHeadless)
        errors += LabelValidation.labels(spec["selector"], path("selector"))
        errors += choice(spec, "sessionAffinity", ["ClientIP", "None"], path)
        errors += choice(spec, "externalTrafficPolicy", ["Cluster", "Local"], path, optional: true)
        errors += choice(spec, "internalTrafficPolicy", ["Cluster", "Local"], path, optional: true)
        errors += addresses(spec, path)
        return errors
    }

    private static func choice(
        _ spec: JSONValue, _ field: String, _ values: [String], _ path: FieldPath, optional: Bool = false
    ) -> [FieldError] {
        let value = spec.text(field)
        if value.isEmpty { return optional ? [] : [.required(path(field))] }
        return values.contains(value) ? [] : [.notSupported(path(field), .string(value), supported: values)]
    }

    private static func ports(_ spec: JSONValue, _ path: FieldPath, type: String, isHeadless: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        let ports = spec.elements("ports")
        var names: Set<String> = []
        var served: Set<String> = []
        var nodePorts: Set<String> = []
        for (index, port) in ports.enumerated() {
            let at = path[index]
            let name = port.text("name")
            if name.isEmpty {
                if ports.count > 1 { errors.append(.required(at("name"))) }
            } else {
                errors += NameValidation.dns1123Label(name).map { .invalid(at("name"), .string(name), $0) }
                if !names.insert(name).inserted { errors.append(.duplicate(at("name"), .string(name))) }
            }
            let number = port["port"]?.int ?? 0
            errors += NameValidation.portNumber(number).map { .invalid(at("port"), .int(number), $0) }
            let transport = port.text("protocol")
            if transport.isEmpty {
                errors.append(.required(at("protocol")))
            } else if !["SCTP", "TCP", "UDP"].contains(transport) {
                errors.append(.notSupported(at("protocol"), .string(transport), supported: ["SCTP", "TCP", "UDP"]))
            }
            errors += ContainerValidation.port(port["targetPort"], at("targetPort"))
            let node = port["nodePort"]?.int ?? 0
            if node != 0 {
                if type == "ClusterIP" || type == "ExternalName" {
                    errors.append(.forbidden(at("nodePort"), "may not be used when `type` is '\(type)'"))
                }
                if !nodePorts.insert("\(transport)/\(node)").inserted {
                    errors.append(.duplicate(at("nodePort"), .int(node)))
                }
            }
            if !served.insert("\(transport)/\(number)").inserted {
                errors.append(
                    .duplicate(at, ["protocol": .string(transport), "port": .int(number)]))
            }
        }
        return errors
    }

    private static func addresses(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, value) in spec.elements("clusterIPs").enumerated() {
            let text = value.string ?? ""
            if index == 0, text == "None" || text.isEmpty { continue }
            if IPAddress(parsing: text) == nil { errors.append(.invalid(path("clusterIPs")[index], value, invalidAddress)) }
        }
        if spec.text("clusterIP") != spec.elements("clusterIPs").first?.string ?? "", !spec.text("clusterIP").isEmpty {
            errors.append(
                .invalid(path("clusterIPs"), spec["clusterIPs"], "first value must match `clusterIP`"))
        }
        for (index, value) in spec.elements("externalIPs").enumerated() where IPAddress(parsing: value.string ?? "") == nil {
            errors.append(.invalid(path("externalIPs")[index], value, invalidAddress))
        }
        return errors
    }

    private static let invalidAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
}
