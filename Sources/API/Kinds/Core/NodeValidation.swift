import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidateNode`, `ValidateNodeUpdate`.
enum NodeValidation {
    /// Upstream reports taints below `metadata`.
    private static let taints = FieldPath("metadata")("taints")

    static func validate(_ node: JSONValue, old: JSONValue?) -> [FieldError] {
        let spec = node["spec"] ?? [:]
        var errors = TaintValidation.taints(spec.elements("taints"), taints)
        errors += amounts(node["status"] ?? [:])
        let path = FieldPath("spec")("podCIDRs")
        let ranges = spec.elements("podCIDRs").map { $0.string ?? "" }
        let known = Set(old?["spec"]?.elements("podCIDRs").compactMap(\.string) ?? [])
        for (index, range) in ranges.enumerated() {
            errors += AddressValidation.prefix(range, path[index], known: known)
        }
        guard ranges.count > 1 else { return errors }
        if !AddressValidation.isDualStackPrefixes(ranges) || ranges.count > 2 {
            errors.append(.invalid(path, JSONValue(ranges), "may specify no more than one CIDR for each IP family"))
        }
        var seen: Set<String> = []
        for (index, range) in ranges.enumerated() where !seen.insert(range).inserted {
            errors.append(.duplicate(path[index], .string(range)))
        }
        return errors
    }

    private static func amounts(_ status: JSONValue) -> [FieldError] {
        ["capacity", "allocatable"].flatMap { field in
            ResourceList(json: status[field]).sorted { $0.key < $1.key }.flatMap { name, amount in
                ResourceValidation.amount(amount, of: name, FieldPath("status")(field)(name))
            }
        }
    }

    static func update(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        var errors = amounts(new["status"] ?? [:])
        var addresses: Set<JSONValue> = []
        for (index, address) in (new["status"]?.elements("addresses") ?? []).enumerated()
        where !addresses.insert(address).inserted {
            errors.append(.duplicate(FieldPath("status")("addresses")[index], GoValue.nodeAddress(address)))
        }
        let ranges = before.elements("podCIDRs")
        if !ranges.isEmpty, after.elements("podCIDRs") != ranges {
            errors.append(
                .forbidden(path("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid"))
        }
        let provider = before.text("providerID")
        if !provider.isEmpty, after.text("providerID") != provider {
            errors.append(
                .forbidden(path("providerID"), "node updates may not change providerID except from \"\" to valid"))
        }
        errors += TaintValidation.taints(after.elements("taints"), taints)
        if after.text("externalID") != before.text("externalID") {
            errors.append(.forbidden(path("externalID"), "may not be updated"))
        }
        return errors
    }
}
