package import JSON
import NetworkTypes

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/networking/ipaddress/strategy.go`, `ValidateIPAddress`.
package struct IPAddressRules: KindRules {
    package func validateName(_ name: String) -> [String] { AddressChecks.strictAddress(name) }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")("parentRef")
        guard let parent = object["spec"]?["parentRef"], !parent.isNull else { return [.required(path)] }
        return FieldCheck.optional(parent, "group", path, NameValidation.dns1123Subdomain)
            + FieldCheck.required(parent, "resource", path, "", NameValidation.pathSegmentName)
            + FieldCheck.required(parent, "name", path, "", NameValidation.pathSegmentName)
            + FieldCheck.optional(parent, "namespace", path, NameValidation.pathSegmentName)
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new["spec"], old["spec"], fields: ["parentRef"], FieldPath("spec"))
    }

    package let columns: [Column] = [.objectName, Column("ParentRef", "Who uses the address."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        var parent = "<none>"
        if let reference = object["spec"]?["parentRef"], !reference.isNull {
            let group = reference.text("group")
            parent = (reference.text("resource") + (group.isEmpty ? "" : "." + group)).lowercased()
            if !reference.text("namespace").isEmpty { parent += "/" + reference.text("namespace") }
            parent += "/" + reference.text("name")
        }
        return [Cells.name(object), .string(parent), Cells.age(object, now: now)]
    }
}

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/networking/servicecidr/strategy.go`, `ValidateServiceCIDR`.
package struct ServiceCIDRRules: KindRules {
    package let separatesStatus = true
    private let path = FieldPath("spec")("cidrs")

    package func validate(_ object: JSONValue) -> [FieldError] {
        let ranges = object["spec"]?.elements("cidrs") ?? []
        if ranges.isEmpty { return [.required(path, "at least one CIDR required")] }
        if ranges.count > 2 {
            return [.invalid(path, object["spec"], "may only hold up to 2 values")]
        }
        var errors: [FieldError] = []
        for (index, range) in ranges.compactMap(\.string).enumerated() {
            errors += FieldCheck.invalid(path[index], range, AddressChecks.strictRange(range))
        }
        let families = ranges.compactMap { CIDR(parsing: $0.string ?? "")?.family }
        if families.count == 2, families[0] == families[1] {
            errors.append(
                .invalid(
                    path, .array(ranges),
                    "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"))
        }
        return errors
    }

    /// A range never changes; a second one of the other family may be added.
    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let (after, before) = (new["spec"]?.elements("cidrs") ?? [], old["spec"]?.elements("cidrs") ?? [])
        let grows = before.count == 1 && after.count == 2
        guard after.count == before.count || grows else {
            return [.invalid(path, new["spec"]?["cidrs"] ?? .null, FieldCheck.immutable)]
        }
        var errors: [FieldError] = []
        for (index, range) in before.enumerated() where after[index] != range {
            errors.append(.invalid(path[index], after[index], FieldCheck.immutable))
        }
        return grows ? errors + validate(new) : errors
    }

    package let columns: [Column] = [.objectName, Column("CIDRs", "Ranges of service addresses."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let ranges = (object["spec"]?.elements("cidrs") ?? []).compactMap(\.string).joined(separator: ",")
        return [Cells.name(object), .string(ranges), Cells.age(object, now: now)]
    }
}
