package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/strategy.go`, `SetDefaults_Service`, `ValidateService`.
package struct ServiceRules: KindRules {
    package let separatesStatus = true
    package let selectableFields = ["spec.clusterIP", "spec.type"]

    package func validateName(_ name: String) -> [String] { NameValidation.dns1035Label(name) }

    package func applyDefaults(_ object: inout JSONValue) {
        object.setDefault("spec", .object([:]))
        object.edit("spec") { spec in
            if spec.text("sessionAffinity").isEmpty { spec["sessionAffinity"] = "None" }
            if spec.text("type").isEmpty { spec["type"] = "ClusterIP" }
            let type = spec.text("type")
            if spec.text("sessionAffinity") == "ClientIP" {
                if !(spec["sessionAffinityConfig"]?["clientIP"]?.has("timeoutSeconds") ?? false) {
                    spec[path: ["sessionAffinityConfig", "clientIP", "timeoutSeconds"]] = 10800
                }
            } else {
                spec["sessionAffinityConfig"] = nil
            }
            spec.editEach("ports") { port in
                if port.text("protocol").isEmpty { port["protocol"] = "TCP" }
                let target = IntOrString(json: port["targetPort"])
                if target == nil || target == .int(0) || target == .string("") { port["targetPort"] = port["port"] }
            }
            let external = type == "NodePort" || type == "LoadBalancer" || !spec.elements("externalIPs").isEmpty
            if external, spec.text("externalTrafficPolicy").isEmpty { spec["externalTrafficPolicy"] = "Cluster" }
            if type != "ExternalName" { spec.setDefault("internalTrafficPolicy", "Cluster") }
            if type == "LoadBalancer" { spec.setDefault("allocateLoadBalancerNodePorts", true) }
        }
        object.edit("status") { status in
            status.setDefault("loadBalancer", .object([:]))
        }
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object["status"] = ["loadBalancer": [:]]
        normalizeClusterIPs(&object)
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["status"] = old["status"]
        new.edit("spec") { spec in patchAllocated(&spec, old["spec"] ?? [:]) }
        normalizeClusterIPs(&new)
    }

    /// An update that says nothing about what was allocated keeps it.
    private func patchAllocated(_ spec: inout JSONValue, _ old: JSONValue) {
        let (type, before) = (spec.text("type"), old.text("type"))
        if type == "ExternalName" {
            for name in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] { spec[name] = nil }
            return
        }
        if before == "ExternalName" { return }
        if spec.text("clusterIP").isEmpty, spec.elements("clusterIPs").isEmpty {
            spec["clusterIP"] = old["clusterIP"]
            spec["clusterIPs"] = old["clusterIPs"]
        }
        for name in ["ipFamilies", "ipFamilyPolicy"] where !spec.has(name) { spec[name] = old[name] }
        let exposes = ["NodePort", "LoadBalancer"]
        guard exposes.contains(type), exposes.contains(before) else { return }
        func identity(_ port: JSONValue) -> String {
            "\(port.text("protocol"))/\(port["port"]?.int ?? 0)/\(port.text("name"))"
        }
        let known = Dictionary(old.elements("ports").map { (identity($0), $0["nodePort"]) }) { first, _ in first }
        spec.editEach("ports") { port in
            guard port["nodePort"]?.int ?? 0 == 0, case let found?? = known[identity(port)] else { return }
            port["nodePort"] = found
        }
    }

    /// The single and the plural field say the same.
    private func normalizeClusterIPs(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            let single = spec.text("clusterIP")
            if !single.isEmpty, spec.elements("clusterIPs").isEmpty {
                spec["clusterIPs"] = .array([.string(single)])
            } else if single.isEmpty, let first = spec.elements("clusterIPs").first {
                spec["clusterIP"] = first
            }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] { ServiceValidation.validate(object["spec"] ?? [:]) }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors = validate(new)
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        let was = before.text("clusterIP")
        if before.text("type") != "ExternalName", after.text("type") != "ExternalName", !was.isEmpty {
            let path = FieldPath("spec")
            if after.text("clusterIP") != was {
                errors.append(.invalid(path("clusterIP"), after["clusterIP"], "field is immutable"))
            }
            if after.elements("clusterIPs").first?.string != was {
                errors.append(.invalid(path("clusterIPs")[0], after.elements("clusterIPs").first, "may not change once set"))
            }
        }
        return errors
    }

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
            let all = ingress + external
            return all.isEmpty ? "<pending>" : all.joined(separator: ",")
        default: return external.isEmpty ? "<none>" : external.joined(separator: ",")
        }
    }
}
