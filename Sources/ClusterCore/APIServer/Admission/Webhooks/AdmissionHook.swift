import API
import JSON
import Machinery

/// One webhook of a ValidatingWebhookConfiguration or MutatingWebhookConfiguration, and which requests it is asked about. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/webhook/generic/webhook.go` (`ShouldCallHook`),
///   `predicates/rules/rules.go`, `predicates/namespace/matcher.go`, `predicates/object/matcher.go`.
struct AdmissionHook: Sendable {
    /// Unique within the configuration: `deny.example.com`.
    var name: String
    private var rules: [AdmissionRule]
    private var namespaceSelector: LabelSelector
    private var objectSelector: LabelSelector
    private var matchesEquivalents: Bool
    var conditions: MatchConditions
    var client: WebhookClient
    /// PEM; empty: the system's roots.
    var caPEM: [UInt8]
    /// An answer that cannot be had lets the request pass.
    var ignoresFailures: Bool
    var timeout: Duration
    var isQuiet: Bool
    var isReinvoked: Bool
    /// The version of the review that is sent: `v1` or `v1beta1`; empty: it knows none of them.
    var reviewVersion: String

    static let environment = AdmissionEnvironment.make(authorizer: true)

    init(_ json: JSONValue) {
        let client = json["clientConfig"] ?? [:]
        func selector(_ name: String) -> LabelSelector {
            json[name]?.object == nil ? .everything : LabelSelector(json: json[name])
        }
        name = json["name"]?.string ?? ""
        rules = (json["rules"]?.array ?? []).map(AdmissionRule.init)
        namespaceSelector = selector("namespaceSelector")
        objectSelector = selector("objectSelector")
        matchesEquivalents = json["matchPolicy"]?.string != "Exact"
        conditions = MatchConditions(json["matchConditions"]?.array ?? [], in: Self.environment)
        self.client = WebhookClient(client)
        caPEM = client["caBundle"]?.string.flatMap { Base64.decode($0) } ?? []
        ignoresFailures = json["failurePolicy"]?.string == "Ignore"
        timeout = .seconds(json["timeoutSeconds"]?.int ?? 10)
        isQuiet = ["None", "NoneOnDryRun"].contains(json["sideEffects"]?.string ?? "")
        isReinvoked = json["reinvocationPolicy"]?.string == "IfNeeded"
        let versions = json["admissionReviewVersions"]?.array?.compactMap(\.string) ?? []
        reviewVersion = versions.first { ["v1", "v1beta1"].contains($0) } ?? ""
    }

    /// The version in which the webhook is shown the request; nil: it is not asked.
    ///
    /// - Parameters:
    ///   - equivalents: Other versions and groups of the same objects.
    ///   - namespaceLabels: Of the request's namespace; nil where it has none.
    func kind(
        for request: AdmissionRequest, equivalents: [KindDefinition], namespaceLabels: [String: String]?
    ) -> KindDefinition? {
        guard request.hasObject(matching: objectSelector) else { return nil }
        if let namespaceLabels, !namespaceSelector.matches(namespaceLabels) { return nil }
        let candidates = [request.kind] + (matchesEquivalents ? equivalents : [])
        return candidates.first { kind in rules.contains { $0.matches(request, as: kind) } }
    }

    /// Nobody is asked about these: a bad webhook must not keep itself from being mended.
    static func isExempt(_ kind: KindDefinition) -> Bool {
        kind.gvr.group == "admissionregistration.k8s.io"
    }
}
