import API
import CEL
import JSON
import Machinery

/// What ValidatingAdmissionPolicies and MutatingAdmissionPolicies do to a write.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy`.
final class PolicyAdmission: Sendable {
    let caches: CacheSet
    let authorizer: Authorizer
    private let validating: PolicySet<ValidatingPolicy>
    let mutating: PolicySet<MutatingPolicy>

    init(caches: CacheSet, authorizer: Authorizer) {
        self.caches = caches
        self.authorizer = authorizer
        validating = PolicySet(caches: caches, kind: "validating") { ValidatingPolicy($0) }
        mutating = PolicySet(caches: caches, kind: "mutating") { MutatingPolicy($0) }
    }

    private static let exemptKinds: Set<String> = [
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    ]

    /// Policies have no say about policies: a bad one must not keep itself from being mended. Nor about questions to the server.
    static func isExempt(_ kind: KindDefinition) -> Bool {
        switch kind.gvk.group {
        case "admissionregistration.k8s.io": exemptKinds.contains(kind.gvk.kind)
        case "authentication.k8s.io", "authorization.k8s.io": true
        default: false
        }
    }

    func namespaceObject(_ request: AdmissionRequest) -> JSONValue? {
        guard request.resource != Namespace.resource, !request.namespace.isEmpty else { return nil }
        return caches[Namespace.resource]?.get(NamespacedName(name: request.namespace))?.object
    }

    /// A policy and binding that refuse a request.
    private struct Refusal {
        var policy: String
        /// Empty: the policy is at fault, whatever binds it.
        var binding: String
        var message: String
        var reason: String
    }

    /// Refuses, warns, or leaves notes for the audit log.
    func validate(_ request: inout AdmissionRequest, fieldManager: String) throws(Status) {
        let all = validating.all
        guard !all.isEmpty, !Self.isExempt(request.kind) else { return }
        let equivalents = caches.kinds.equivalents(of: request.kind)
        let labels = caches.namespaceLabels(request)
        var refusals: [Refusal] = []
        for bound in all {
            guard let kind = bound.policy.match.kind(for: request, equivalents: equivalents, namespaceLabels: labels) else {
                continue
            }
            judge(&request, bound, as: kind, equivalents, labels, fieldManager, &refusals)
        }
        guard let first = refusals.first else { return }
        let binding = first.binding.isEmpty ? "" : " with binding '\(first.binding)'"
        let message = "ValidatingAdmissionPolicy '\(first.policy)'\(binding) denied request: \(first.message)"
        throw Self.refused(request, message, reason: first.reason)
    }

    private static let codes = ["Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413]

    private static func refused(_ request: AdmissionRequest, _ message: String, reason: String) -> Status {
        var status = request.forbidden(message)
        status.reason = reason.isEmpty ? "Invalid" : reason
        status.code = codes[status.reason] ?? 422
        status.details?.causes.append(.init(reason: "", message: message))
        return status
    }

    private func judge(
        _ request: inout AdmissionRequest, _ bound: PolicySet<ValidatingPolicy>.Bound, as kind: KindDefinition,
        _ equivalents: [KindDefinition], _ labels: [String: String]?, _ fieldManager: String, _ refusals: inout [Refusal]
    ) {
        let policy = bound.policy
        let parameters = PolicyParameters(caches: caches)
        let paramKind: KindDefinition?
        do throws(PolicyParameters.Failure) {
            paramKind = try parameters.kind(policy.paramKind)
        } catch {
            guard !policy.ignoresFailures else { return }
            let message = "failed to configure policy: \(error.message)"
            refusals.append(Refusal(policy: policy.name, binding: "", message: message, reason: ""))
            return
        }
        var values = AdmissionValues(
            request, as: kind, fieldManager: fieldManager, namespace: namespaceObject(request))
        values.set(authorizer, request)
        var notes: [(key: String, values: [String])] = []
        for binding in bound.bindings
        where binding.match.kind(for: request, equivalents: equivalents, namespaceLabels: labels) != nil {
            do throws(PolicyParameters.Failure) {
                for params in try parameters.collect(paramKind, binding.paramRef, namespace: request.namespace) {
                    values.set(params: params)
                    let verdict = policy.verdict(values)
                    act(on: verdict, &request, policy, binding, &refusals)
                    for note in verdict.annotations {
                        let place = notes.firstIndex { $0.key == note.key }
                        if let place, !notes[place].values.contains(note.value) { notes[place].values.append(note.value) }
                        if place == nil { notes.append((note.key, [note.value])) }
                    }
                }
            } catch {
                guard !policy.ignoresFailures else { continue }
                let message = "failed to configure binding: \(error.message)"
                refusals.append(Refusal(policy: policy.name, binding: binding.name, message: message, reason: ""))
            }
        }
        for note in notes { request.auditAnnotations["\(policy.name)/\(note.key)"] = note.values.joined(separator: ", ") }
    }

    private func act(
        on verdict: PolicyVerdict, _ request: inout AdmissionRequest, _ policy: ValidatingPolicy, _ binding: PolicyBinding,
        _ refusals: inout [Refusal]
    ) {
        func refuse(_ message: String, _ reason: String) {
            refusals.append(Refusal(policy: policy.name, binding: binding.name, message: message, reason: reason))
        }
        for denial in verdict.denials {
            for action in binding.actions {
                switch action {
                case "Deny": refuse(denial.message, denial.reason)
                case "Warn":
                    request.warnings.append(
                        "Validation failed for ValidatingAdmissionPolicy '\(policy.name)' with binding '\(binding.name)': "
                            + denial.message)
                default:
                    let failure: JSONValue = [
                        [
                            "message": .string(denial.message), "policy": .string(policy.name), "binding": .string(binding.name),
                            "expressionIndex": .int(Int64(denial.index)), "validationActions": JSONValue(binding.actions),
                        ]
                    ]
                    request.auditAnnotations["validation.policy.admission.k8s.io/validation_failure"] = JSONWriter.text(failure)
                }
            }
        }
        for message in verdict.annotationFailures { refuse(message, "") }
    }
}

extension CacheSet {
    /// The labels that namespace selectors see; nil for what is in no namespace.
    func namespaceLabels(_ request: AdmissionRequest) -> [String: String]? {
        if request.resource == Namespace.resource {
            let object = request.object.object == nil ? request.old : request.object
            return object?["metadata"]?["labels"]?.object?.strings ?? [:]
        }
        guard !request.namespace.isEmpty else { return nil }
        return self[Namespace.resource]?.get(NamespacedName(name: request.namespace))?.header.labels ?? [:]
    }
}
