import JSON

/// Cluster addresses, their families and external addresses, and how an update may change them.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateServiceClusterIPsRelatedFields`,
///   `validateUpgradeDowngradeClusterIPs`.
enum ServiceAddressValidation {
    static func validate(_ shape: ServiceShape, _ path: FieldPath, old: JSONValue?) -> [FieldError] {
        var errors = shape.type == "ExternalName" ? [] : cluster(shape, path, old: old)
        let known = Set(old?.elements("externalIPs").compactMap(\.string) ?? [])
        for (index, value) in shape.spec.elements("externalIPs").enumerated() {
            let (text, at) = (value.string ?? "", path("externalIPs")[index])
            let wrong = AddressValidation.address(text, at, known: known)
            errors += wrong.isEmpty ? AddressValidation.notSpecial(text, at) : wrong
        }
        return errors
    }

    private static func cluster(_ shape: ServiceShape, _ path: FieldPath, old: JSONValue?) -> [FieldError] {
        let spec = shape.spec
        let at = path("clusterIPs")
        let addresses = spec.elements("clusterIPs").map { $0.string ?? "" }
        let all = JSONValue(addresses)
        let single = spec.text("clusterIP")
        var errors: [FieldError] = []
        if single.isEmpty {
            if !addresses.isEmpty { errors.append(.invalid(at, all, "must be empty when `clusterIP` is not specified")) }
        } else if addresses.isEmpty {
            errors.append(.required(at))
        } else if addresses[0] != single {
            errors.append(.invalid(at, all, "first value must match `clusterIP`"))
        }
        errors += families(spec, path)
        var invalid: [FieldError] = []
        let known = Set(old?.elements("clusterIPs").compactMap(\.string) ?? [])
        for (index, address) in addresses.enumerated() {
            if index == 0, address == "None" {
                if addresses.count > 1 { invalid.append(.invalid(at, all, "'None' must be the first and only value")) }
                continue
            }
            invalid += AddressValidation.address(address, at[index], known: known)
        }
        errors += invalid
        if addresses.count > 2 { errors.append(.invalid(at, all, "may only hold up to 2 values")) }
        // What follows would only repeat that an address is none.
        if !invalid.isEmpty { return errors }
        if addresses.count > 1, !AddressValidation.isDualStack(addresses) {
            errors.append(.invalid(at, all, "may specify no more than one IP for each IP family"))
        }
        if shape.isHeadless { return errors }
        for (index, (address, family)) in zip(addresses, spec.elements("ipFamilies")).enumerated() {
            let isIPv6 = AddressValidation.isIPv6(address)
            guard let name = family.string, name == "IPv4" ? isIPv6 : name == "IPv6" && !isIPv6 else { continue }
            errors.append(
                .invalid(
                    at[index], .string(address), "expected an \(name) value as indicated by `ipFamilies[\(index)]`"))
        }
        return errors
    }

    private static func families(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, family) in spec.elements("ipFamilies").enumerated() {
            let (name, at) = (family.string ?? "", path("ipFamilies")[index])
            errors += FieldCheck.optionalChoice(name, ["IPv4", "IPv6"], at)
            if !seen.insert(name).inserted { errors.append(.duplicate(at, .string(name))) }
        }
        return errors
            + FieldCheck.optionalChoice(
                spec["ipFamilyPolicy"]?.string, ["PreferDualStack", "RequireDualStack", "SingleStack"],
                path("ipFamilyPolicy"))
    }

    static func update(_ new: ServiceShape, _ old: ServiceShape) -> [FieldError] {
        let path = FieldPath("spec")
        var errors: [FieldError] = []
        if new.type != "ExternalName", old.type != "ExternalName" {
            if !(new.isHeadless && old.isHeadless) { errors += addresses(new.spec, old.spec, path) }
            if !new.isHeadless, !old.isHeadless { errors += families(new.spec, old.spec, path) }
        }
        let field = "loadBalancerClass"
        if new.type == "LoadBalancer", old.type == "LoadBalancer", new.spec[field] != old.spec[field] {
            errors.append(.invalid(path(field), new.spec[field] ?? GoValue.null, "may not change once set"))
        }
        if new.needsHealthCheck, old.needsHealthCheck,
            new.spec["healthCheckNodePort"]?.int ?? 0 != old.spec["healthCheckNodePort"]?.int ?? 0
        {
            errors.append(.forbidden(path("healthCheckNodePort"), FieldCheck.immutable))
        }
        return errors
    }

    private static func addresses(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (after, before) = (new.elements("clusterIPs"), old.elements("clusterIPs"))
        let at = path("clusterIPs")
        let all: JSONValue = new["clusterIPs"] ?? JSONValue.null
        if after.count == before.count {
            return before.indices.filter { before[$0] != after[$0] }.map {
                .invalid(at[$0], all, "may not change once set")
            }
        }
        var errors: [FieldError] = []
        if after.isEmpty { errors.append(.invalid(at[0], all, "primary clusterIP can not be unset")) }
        if let first = after.first, let was = before.first, first != was {
            errors.append(.invalid(at[0], all, "may not change once set"))
        }
        if after.count == 1, before.count > 1 { errors += singleStack(new, path, "secondary clusterIP") }
        return errors
    }

    private static func families(_ new: JSONValue, _ old: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (after, before) = (new.elements("ipFamilies"), old.elements("ipFamilies"))
        let at = path("ipFamilies")[0]
        let all: JSONValue = new["ipFamilies"] ?? JSONValue.null
        if after.count == before.count {
            return before.indices.filter { before[$0] != after[$0] }.map { _ in
                .invalid(at, all, "may not change once set")
            }
        }
        var errors: [FieldError] = []
        let released = before.count > after.count
        if released, new.elements("clusterIPs").isEmpty {
            errors.append(.invalid(at, all, "primary ipFamily can not be unset"))
        }
        if let first = after.first, let was = before.first, first != was {
            errors.append(.invalid(at, new["clusterIPs"] ?? JSONValue.null, "may not change once set"))
        }
        if released, after.count == 1 { errors += singleStack(new, path, "secondary ipFamily") }
        return errors
    }

    private static func singleStack(_ spec: JSONValue, _ path: FieldPath, _ what: String) -> [FieldError] {
        if spec.text("ipFamilyPolicy") == "SingleStack" { return [] }
        return [
            .invalid(
                path("ipFamilyPolicy"), spec["ipFamilyPolicy"] ?? GoValue.null,
                "must be set to 'SingleStack' when releasing the \(what)")
        ]
    }
}
