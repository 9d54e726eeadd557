import API
import JSON

/// `matchConstraints` of a policy, `matchResources` of a binding: which requests it is about. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy/matching/matching.go`.
struct PolicyMatch: Sendable {
    private let rules: [AdmissionRule]
    private let excluded: [AdmissionRule]
    private let namespaceSelector: LabelSelector
    private let objectSelector: LabelSelector
    private let matchesEquivalents: Bool

    /// - Parameter json: Null or missing: every request.
    init(_ json: JSONValue?) {
        func selector(_ name: String) -> LabelSelector {
            json?[name]?.object == nil ? .everything : LabelSelector(json: json?[name])
        }
        rules = (json?["resourceRules"]?.array ?? []).map(AdmissionRule.init)
        excluded = (json?["excludeResourceRules"]?.array ?? []).map(AdmissionRule.init)
        namespaceSelector = selector("namespaceSelector")
        objectSelector = selector("objectSelector")
        matchesEquivalents = json?["matchPolicy"]?.string != "Exact"
    }

    /// The version in which expressions are shown the request; nil: it is not meant.
    func kind(
        for request: AdmissionRequest, equivalents: [KindDefinition], namespaceLabels: [String: String]?
    ) -> KindDefinition? {
        if let namespaceLabels, !namespaceSelector.matches(namespaceLabels) { return nil }
        guard request.hasObject(matching: objectSelector) else { return nil }
        let candidates = [request.kind] + (matchesEquivalents ? equivalents : [])
        if candidates.contains(where: { kind in excluded.contains { $0.matches(request, as: kind) } }) { return nil }
        if rules.isEmpty { return request.kind }
        return candidates.first { kind in rules.contains { $0.matches(request, as: kind) } }
    }
}
