package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/strategy.go`, `SetDefaults_Service`, `ValidateService`.
package struct ServiceRules: KindRules {
    package let separatesStatus = true
    package let selectableFields = ["spec.clusterIP", "spec.type"]

    package func validateName(_ name: String) -> [String] { NameValidation.dns1123Label(name) }

    package func applyDefaults(_ object: inout JSONValue) {
        object.setDefault("spec", .object([:]))
        object.edit("spec") { spec in
            if spec.text("sessionAffinity").isEmpty { spec["sessionAffinity"] = "None" }
            if spec.text("type").isEmpty { spec["type"] = "ClusterIP" }
            let type = spec.text("type")
            if spec.text("sessionAffinity") == "ClientIP" {
                if !(spec["sessionAffinityConfig"]?["clientIP"]?.has("timeoutSeconds") ?? false) {
                    spec["sessionAffinityConfig"] = ["clientIP": ["timeoutSeconds": 10800]]
                }
            } else if spec.text("sessionAffinity") == "None" {
                spec["sessionAffinityConfig"] = nil
            }
            spec.editEach("ports") { port in
                if port.text("protocol").isEmpty { port["protocol"] = "TCP" }
                let target = IntOrString(json: port["targetPort"])
                if target == nil || target == .int(0) || target == .string("") { port["targetPort"] = port["port"] }
            }
            let shape = ServiceShape(spec)
            if shape.isExternal, spec.text("externalTrafficPolicy").isEmpty { spec["externalTrafficPolicy"] = "Cluster" }
            if shape.needsClusterIP { spec.setDefault("internalTrafficPolicy", "Cluster") }
            if type == "LoadBalancer" { spec.setDefault("allocateLoadBalancerNodePorts", true) }
        }
        let isBalancer = object["spec"]?.text("type") == "LoadBalancer"
        object.edit("status") { status in
            status.setDefault("loadBalancer", .object([:]))
            guard isBalancer else { return }
            status.edit("loadBalancer") { balancer in
                balancer.editEach("ingress") { if !$0.text("ip").isEmpty { $0.setDefault("ipMode", "VIP") } }
            }
        }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object["status"] = ["loadBalancer": [:]]
        object.edit("spec") { ServicePreparation.normalize(&$0, nil) }
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["status"] = old["status"]
        new.edit("spec") { ServicePreparation.update(&$0, old["spec"] ?? [:]) }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { ServiceValidation.validate(object) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        ServiceAddressValidation.update(ServiceShape(new["spec"] ?? [:]), ServiceShape(old["spec"] ?? [:]))
            + ServiceValidation.validate(new, old: old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        ServiceValidation.status(new, old: old)
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] { ServiceWarnings.all(object) }

    package let columns: [Column] = [
        .objectName,
        Column("Type", "How the service is reached."),
        Column("Cluster-IP", "Virtual address inside the cluster."),
        Column("External-IP", "Addresses outside the cluster."),
        Column("Port(s)", "Ports with their protocols, and node ports behind a colon."),
        .age,
        Column("Selector", wide: true, "Labels that select the pods."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let ports = spec.elements("ports").map { port -> String in
            let node = port["nodePort"]?.int ?? 0
            return "\(port["port"]?.int ?? 0)" + (node > 0 ? ":\(node)" : "") + "/\(port.text("protocol"))"
        }
        let first = spec.elements("clusterIPs").first?.string ?? spec.text("clusterIP")
        return [
            Cells.name(object), spec["type"] ?? "", Cells.text(.string(first)), .string(externalAddresses(object)),
            .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), Cells.age(object, now: now),
            Cells.labels(spec["selector"]),
        ]
    }

    private func externalAddresses(_ object: JSONValue) -> String {
        let spec = object["spec"] ?? [:]
        let external = spec.elements("externalIPs").compactMap(\.string)
        switch spec.text("type") {
        case "ExternalName": return spec.text("externalName")
        case "LoadBalancer":
            let ingress = (object["status"]?["loadBalancer"]?.elements("ingress") ?? []).map {
                $0.text("ip").isEmpty ? $0.text("hostname") : $0.text("ip")
            }
            let all = Set(ingress.filter { !$0.isEmpty }).sorted() + external
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        case "ClusterIP", "NodePort": return external.isEmpty ? "<none>" : external.joined(separator: ",")
        default: return "<unknown>"
        }
    }
}
