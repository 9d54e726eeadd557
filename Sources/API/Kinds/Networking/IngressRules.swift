package import JSON
import NetworkTypes

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/networking/ingress/strategy.go`, `pkg/apis/networking/validation/validation.go`.
package struct IngressRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    private static let classAnnotation = "kubernetes.io/ingress.class"
    private static let badSequences = ["//", "/./", "/../", "%2f", "%2F"]
    private static let badEndings = ["/..", "/."]

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors = check(object, old: nil)
        let annotation = object["metadata"]?["annotations"]?[Self.classAnnotation]?.string
        if let annotation, let name = object["spec"]?["ingressClassName"]?.string, annotation != name {
            errors.append(
                .invalid(
                    FieldPath("annotations")(Self.classAnnotation), .string(annotation),
                    "must match `ingressClassName` when both are specified"))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { check(new, old: old) }

    private func check(_ object: JSONValue, old: JSONValue?) -> [FieldError] {
        let path = FieldPath("spec")
        let spec = object["spec"] ?? [:]
        var errors: [FieldError] = []
        let rules = spec.elements("rules")
        if rules.isEmpty, !spec.has("defaultBackend") {
            errors.append(.invalid(path, spec["rules"] ?? .null, "either `defaultBackend` or `rules` must be specified"))
        }
        if let backend = spec["defaultBackend"], !backend.isNull {
            errors += self.backend(backend, path("defaultBackend"))
        }
        for (index, rule) in rules.enumerated() { errors += self.rule(rule, path("rules")[index]) }
        // A secret's name that was taken before stays fine.
        let hadBadSecret = (old?["spec"]?.elements("tls") ?? []).contains {
            !$0.text("secretName").isEmpty && !NameValidation.dns1123Subdomain($0.text("secretName")).isEmpty
        }
        for (index, entry) in spec.elements("tls").enumerated() {
            errors += tls(entry, path("tls")[index], checksSecret: !hadBadSecret)
        }
        if let name = spec["ingressClassName"]?.string {
            errors += FieldCheck.invalid(path("ingressClassName"), name, NameValidation.dns1123Subdomain(name))
        }
        return errors
    }

    private func tls(_ entry: JSONValue, _ path: FieldPath, checksSecret: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, host) in entry.elements("hosts").compactMap(\.string).enumerated() {
            let messages = host.contains("*") ? DomainChecks.wildcard(host) : NameValidation.dns1123Subdomain(host)
            errors += FieldCheck.invalid(path("hosts")[index], host, messages)
        }
        if checksSecret { errors += FieldCheck.optional(entry, "secretName", path, NameValidation.dns1123Subdomain) }
        return errors
    }

    private func rule(_ rule: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let host = rule.text("host")
        if !host.isEmpty {
            if IPAddress(parsing: host) != nil {
                errors.append(.invalid(path("host"), .string(host), "must be a DNS name, not an IP address"))
            }
            let messages = host.contains("*") ? DomainChecks.wildcard(host) : NameValidation.dns1123Subdomain(host)
            errors += FieldCheck.invalid(path("host"), host, messages)
        }
        guard let http = rule["http"], !http.isNull else { return errors }
        let paths = http.elements("paths")
        if paths.isEmpty { errors.append(.required(path("http")("paths"))) }
        for (index, entry) in paths.enumerated() { errors += self.path(entry, path("http")("paths")[index]) }
        return errors
    }

    private func path(_ entry: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard entry.has("pathType") else { return [.required(path("pathType"), "pathType must be specified")] }
        var errors: [FieldError] = []
        let text = entry.text("path")
        switch entry.text("pathType") {
        case "Exact", "Prefix":
            if !text.hasPrefix("/") { errors.append(.invalid(path("path"), .string(text), "must be an absolute path")) }
            for sequence in Self.badSequences where text.contains(sequence) {
                errors.append(.invalid(path("path"), .string(text), "must not contain '\(sequence)'"))
            }
            for ending in Self.badEndings where text.hasSuffix(ending) {
                errors.append(.invalid(path("path"), .string(text), "cannot end with '\(ending)'"))
            }
        case "ImplementationSpecific":
            if !text.isEmpty, !text.hasPrefix("/") {
                errors.append(.invalid(path("path"), .string(text), "must be an absolute path"))
            }
        case let other:
            errors.append(
                .notSupported(
                    path("pathType"), .string(other), supported: ["Exact", "ImplementationSpecific", "Prefix"]))
        }
        return errors + backend(entry["backend"] ?? [:], path("backend"))
    }

    private func backend(_ backend: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (resource, service) = (backend["resource"] ?? .null, backend["service"] ?? .null)
        switch (resource.isNull, service.isNull) {
        case (false, false): return [.invalid(path, "", "cannot set both resource and service backends")]
        case (true, true): return [.invalid(path, "", "resource or service backend is required")]
        case (false, true): return ReferenceChecks.typed(resource, path("resource"))
        case (true, false): break
        }
        let at = path("service")
        var errors = FieldCheck.required(service, "name", at, "", NameValidation.dns1035Label)
        let (name, number) = (service["port"]?.text("name") ?? "", service["port"]?["number"]?.int ?? 0)
        if !name.isEmpty, number != 0 {
            errors.append(.invalid(path, "", "cannot set both port name & port number"))
        } else if !name.isEmpty {
            errors += FieldCheck.invalid(at("port")("name"), name, NameValidation.portName(name))
        } else if number != 0 {
            errors += NameValidation.portNumber(number).map { .invalid(at("port")("number"), .int(number), $0) }
        } else {
            errors.append(.required(path, "port name or number is required"))
        }
        return errors
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, entry) in (new["status"]?["loadBalancer"]?.elements("ingress") ?? []).enumerated() {
            let at = FieldPath("status")("loadBalancer")("ingress")[index]
            errors += FieldCheck.optional(entry, "ip", at, AddressChecks.address)
            let host = entry.text("hostname")
            guard !host.isEmpty else { continue }
            errors += FieldCheck.invalid(at("hostname"), host, NameValidation.dns1123Subdomain(host))
            if IPAddress(parsing: host) != nil {
                errors.append(.invalid(at("hostname"), .string(host), "must be a DNS name, not an IP address"))
            }
        }
        return errors
    }

    package func warnings(_ object: JSONValue, isNew: Bool) -> [String] {
        guard isNew, object["metadata"]?["annotations"]?[Self.classAnnotation] != nil else { return [] }
        return ["annotation \"\(Self.classAnnotation)\" is deprecated, please use 'spec.ingressClassName' instead"]
    }

    package let columns: [Column] = [
        .objectName, Column("Class", "Who serves it."), Column("Hosts", "Host names."),
        Column("Address", "Where it is served."), Column("Ports", "Ports it is served on."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        let hosts = spec.elements("rules").map { $0.text("host") }.filter { !$0.isEmpty }
        let addresses = (object["status"]?["loadBalancer"]?.elements("ingress") ?? []).map {
            $0.text("ip").isEmpty ? $0.text("hostname") : $0.text("ip")
        }
        let name = spec["ingressClassName"]?.string ?? object["metadata"]?["annotations"]?[Self.classAnnotation]?.string
        return [
            Cells.name(object), .string(name ?? "<none>"), .string(FirstFew.print(hosts, empty: "*")),
            .string(addresses.joined(separator: ",")), .string(spec.elements("tls").isEmpty ? "80" : "80, 443"),
            Cells.age(object, now: now),
        ]
    }
}

/// References to objects of any kind.
enum ReferenceChecks {
    /// `TypedLocalObjectReference`.
    static func typed(_ reference: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let group = reference["apiGroup"]?.string {
            errors += FieldCheck.invalid(path("apiGroup"), group, NameValidation.dns1123Subdomain(group))
        }
        return errors
            + ["kind", "name"].flatMap { FieldCheck.required(reference, $0, path, "", NameValidation.pathSegmentName) }
    }
}
