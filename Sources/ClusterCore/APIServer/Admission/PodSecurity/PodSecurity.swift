import API
import JSON
import Machinery

/// Holds pods to the Pod Security Standard that the labels of their namespace name.
///
/// - SeeAlso: Kubernetes 1.36 `pod-security-admission/admission/admission.go`.
struct PodSecurity: AdmissionStep {
    let name = "PodSecurity"

    /// Pods looked at when the labels of a namespace change.
    private static let podsMax = 3000

    /// Where each kind keeps the template of its pods.
    private static let templates: [GroupVersionResource: [String]] = {
        func named(_ group: String, _ resource: String) -> GroupVersionResource {
            GroupVersionResource(group: group, version: "v1", resource: resource)
        }
        return [
            named("", "replicationcontrollers"): ["spec", "template"], named("", "podtemplates"): ["template"],
            named("apps", "replicasets"): ["spec", "template"], named("apps", "deployments"): ["spec", "template"],
            named("apps", "statefulsets"): ["spec", "template"], named("apps", "daemonsets"): ["spec", "template"],
            named("batch", "jobs"): ["spec", "template"],
            named("batch", "cronjobs"): ["spec", "jobTemplate", "spec", "template"],
        ]
    }()

    private static let ignoredSubresources: Set<String> = [
        "exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status",
    ]

    func handles(_ request: AdmissionRequest) -> Bool {
        guard request.operation == .create || request.operation == .update else { return false }
        if request.resource == Pod.resource { return !Self.ignoredSubresources.contains(request.subresource) }
        return request.subresource.isEmpty
            && (request.resource == Namespace.resource || Self.templates[request.resource] != nil)
    }

    func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        if request.resource == Namespace.resource { return try validateNamespace(&request, view) }
        guard let namespace = view.get(Namespace.resource, NamespacedName(name: request.namespace)) else {
            throw APIErrors.internalError("failed to lookup namespace \"\(request.namespace)\"")
        }
        let (policy, errors) = PodSecurityPolicy.read(Self.labels(namespace))
        if errors.isEmpty, policy.isPrivileged { return }
        if !errors.isEmpty {
            request.auditAnnotations[PodSecurityPolicy.labelPrefix + "error"] =
                "Failed to parse policy: \(errors.map(\.description).joined(separator: ", "))"
        }
        if let path = Self.templates[request.resource] {
            guard let template = request.object[path: path], let spec = template["spec"], spec.object != nil else { return }
            let subject = PodSecuritySubject(metadata: template["metadata"], spec: spec)
            tell(policy, subject, &request)
        } else if request.operation == .create || Self.isSignificant(request.object, request.old ?? [:]) {
            let subject = PodSecuritySubject(metadata: request.object["metadata"], spec: request.object["spec"] ?? [:])
            request.auditAnnotations[PodSecurityPolicy.labelPrefix + "enforce-policy"] = policy.enforce.description
            let violations = PodSecurityCheck.violations(of: subject, policy.enforce)
            tell(policy, subject, &request, warns: violations.isEmpty)
            guard violations.isEmpty else {
                throw request.forbidden("violates PodSecurity \"\(policy.enforce)\": \(violations.details)")
            }
        }
    }

    private func tell(
        _ policy: PodSecurityPolicy, _ subject: PodSecuritySubject, _ request: inout AdmissionRequest, warns: Bool = true
    ) {
        let audited = PodSecurityCheck.violations(of: subject, policy.audit)
        if !audited.isEmpty {
            request.auditAnnotations[PodSecurityPolicy.labelPrefix + "audit-violations"] =
                "would violate PodSecurity \"\(policy.audit)\": \(audited.details)"
        }
        let warned = warns ? PodSecurityCheck.violations(of: subject, policy.warn) : []
        if !warned.isEmpty {
            request.warnings.append("would violate PodSecurity \"\(policy.warn)\": \(warned.details)")
        }
    }

    private static func labels(_ object: JSONValue) -> [String: String] {
        object["metadata"]?["labels"]?.object?.strings ?? [:]
    }

    /// Of what may change in a running pod only images, profiles and new ephemeral containers matter.
    private static func isSignificant(_ new: JSONValue, _ old: JSONValue) -> Bool {
        func images(_ pod: JSONValue, _ list: String) -> [JSONValue?] {
            (pod["spec"]?[list]?.array ?? []).flatMap { [$0["name"], $0["image"]] }
        }
        let seccomp = "seccomp.security.alpha.kubernetes.io"
        func profiles(_ pod: JSONValue) -> [String: String] {
            (pod["metadata"]?["annotations"]?.object?.strings ?? [:]).filter { $0.key.contains(seccomp) }
        }
        return ["containers", "initContainers", "ephemeralContainers"].contains { images(new, $0) != images(old, $0) }
            || profiles(new) != profiles(old)
    }

    // MARK: Namespaces

    private func validateNamespace(_ request: inout AdmissionRequest, _ view: any AdmissionView) throws(Status) {
        let (policy, errors) = PodSecurityPolicy.read(Self.labels(request.object))
        let (oldPolicy, oldErrors) = PodSecurityPolicy.read(Self.labels(request.old ?? [:]))
        if !errors.isEmpty, request.operation == .create || errors != oldErrors {
            throw APIErrors.invalid(request.kind.gvk, request.key.name, errors)
        }
        guard request.operation == .update, policy.enforce != oldPolicy.enforce, policy.enforce.level != .privileged else {
            return
        }
        if policy.enforce.version == oldPolicy.enforce.version, policy.enforce.level <= oldPolicy.enforce.level { return }
        request.warnings += Self.warnings(
            about: view.list(Pod.resource, namespace: request.key.name), in: request.key.name, policy.enforce)
    }

    /// Which pods would not be let in any more.
    static func warnings(
        about pods: [JSONValue], in namespace: String, _ demand: PodSecurityPolicy.Demand
    ) -> [String] {
        var found: [String: [String]] = [:]
        for pod in pods.prefix(podsMax) {
            let subject = PodSecuritySubject(metadata: pod["metadata"], spec: pod["spec"] ?? [:])
            let violations = PodSecurityCheck.violations(of: subject, demand)
            guard !violations.isEmpty else { continue }
            found[violations.reasons, default: []].append(pod["metadata"]?["name"]?.string ?? "")
        }
        var warnings: [String] = []
        if pods.count > podsMax {
            warnings.append(
                "new PodSecurity enforce level only checked against the first \(podsMax) of \(pods.count) existing pods")
        }
        if !found.isEmpty {
            warnings.append(
                "existing pods in namespace \"\(namespace)\" violate the new PodSecurity enforce level \"\(demand)\"")
        }
        return warnings
            + found.map { reasons, names in
                let others =
                    switch names.count {
                    case 1: ""
                    case 2: " (and 1 other pod)"
                    default: " (and \(names.count - 1) other pods)"
                    }
                return "\(names.min() ?? "")\(others): \(reasons)"
            }.sorted()
    }
}
