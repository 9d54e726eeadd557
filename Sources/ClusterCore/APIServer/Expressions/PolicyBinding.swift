import API
import JSON

/// A ValidatingAdmissionPolicyBinding or MutatingAdmissionPolicyBinding. Pure.
struct PolicyBinding: Sendable {
    let name: String
    let policyName: String
    let match: PolicyMatch
    let paramRef: JSONValue?
    /// `Deny`, `Warn`, `Audit`; empty for mutating policies.
    let actions: [String]

    init(_ json: JSONValue) {
        let spec = json["spec"] ?? [:]
        name = json["metadata"]?["name"]?.string ?? ""
        policyName = spec["policyName"]?.string ?? ""
        match = PolicyMatch(spec["matchResources"])
        paramRef = spec["paramRef"].flatMap { $0.object == nil ? nil : $0 }
        actions = spec["validationActions"]?.array?.compactMap(\.string) ?? []
    }
}
