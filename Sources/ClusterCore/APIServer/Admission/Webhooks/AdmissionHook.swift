import API
import JSON

/// One webhook of a ValidatingWebhookConfiguration or MutatingWebhookConfiguration, and which requests it is asked about. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/webhook/generic/webhook.go` (`ShouldCallHook`),
///   `predicates/rules/rules.go`, `predicates/namespace/matcher.go`, `predicates/object/matcher.go`.
struct AdmissionHook: Sendable {
    private struct Rule: Sendable {
        var operations: [String]
        var groups: [String]
        var versions: [String]
        var resources: [String]
        var scope: String

        init(_ json: JSONValue) {
            func list(_ name: String) -> [String] { json[name]?.array?.compactMap(\.string) ?? [] }
            operations = list("operations")
            groups = list("apiGroups")
            versions = list("apiVersions")
            resources = list("resources")
            scope = json["scope"]?.string ?? "*"
        }

        func matches(_ request: AdmissionRequest, as kind: KindDefinition) -> Bool {
            func has(_ names: [String], _ name: String) -> Bool { names.contains { $0 == "*" || $0 == name } }
            guard has(operations, request.operation.rawValue), has(groups, kind.gvr.group), has(versions, kind.gvr.version),
                scope == "*" || (scope == "Namespaced") == kind.isNamespaced
            else { return false }
            return resources.contains { pattern in
                let parts = pattern.split(separator: "/", maxSplits: 1).map(String.init)
                let (resource, subresource) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
                return (resource == "*" || resource == kind.resource)
                    && (subresource == "*" || subresource == request.subresource)
            }
        }
    }

    enum Client: Hashable, Sendable {
        case url(String)
        case service(NamespacedName, port: Int, path: String)
    }

    /// Unique within the configuration: `deny.example.com`.
    var name: String
    private var rules: [Rule]
    private var namespaceSelector: LabelSelector
    private var objectSelector: LabelSelector
    private var matchesEquivalents: Bool
    /// Conditions are CEL, which nobody here reads.
    var hasConditions: Bool
    var client: Client
    /// PEM; empty: the system's roots.
    var caPEM: [UInt8]
    /// An answer that cannot be had lets the request pass.
    var ignoresFailures: Bool
    var timeout: Duration
    var isQuiet: Bool
    var isReinvoked: Bool
    /// The version of the review that is sent: `v1` or `v1beta1`; empty: it knows none of them.
    var reviewVersion: String

    init(_ json: JSONValue) {
        let client = json["clientConfig"] ?? [:]
        func selector(_ name: String) -> LabelSelector {
            json[name]?.object == nil ? .everything : LabelSelector(json: json[name])
        }
        name = json["name"]?.string ?? ""
        rules = (json["rules"]?.array ?? []).map(Rule.init)
        namespaceSelector = selector("namespaceSelector")
        objectSelector = selector("objectSelector")
        matchesEquivalents = json["matchPolicy"]?.string != "Exact"
        hasConditions = !(json["matchConditions"]?.array ?? []).isEmpty
        if let service = client["service"], service.object != nil {
            let key = NamespacedName(
                namespace: service["namespace"]?.string ?? "", name: service["name"]?.string ?? "")
            self.client = .service(
                key, port: Int(clamping: service["port"]?.int ?? 443), path: service["path"]?.string ?? "")
        } else {
            self.client = .url(client["url"]?.string ?? "")
        }
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
        guard objectMatches(request) else { return nil }
        if let namespaceLabels, !namespaceSelector.matches(namespaceLabels) { return nil }
        let candidates = [request.kind] + (matchesEquivalents ? equivalents : [])
        return candidates.first { kind in rules.contains { $0.matches(request, as: kind) } }
    }

    private func objectMatches(_ request: AdmissionRequest) -> Bool {
        if objectSelector.isEverything { return true }
        return [request.object, request.old].contains { object in
            guard let metadata = object?["metadata"], metadata.object != nil else { return false }
            return objectSelector.matches(metadata["labels"]?.object?.strings ?? [:])
        }
    }

    /// Nobody is asked about these: a bad webhook must not keep itself from being mended.
    static func isExempt(_ kind: KindDefinition) -> Bool {
        kind.gvr.group == "admissionregistration.k8s.io"
    }
}
