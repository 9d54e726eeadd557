import API
import JSON

/// What a write costs the quotas of its namespace. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/resourcequota/controller.go`, `CheckRequest`.
struct QuotaCharge {
    private let request: AdmissionRequest
    private let now: Timestamp
    private let subject: QuotaSubject
    private let old: QuotaSubject?

    /// Kinds that are not stored, and events, which nobody counts.
    private static let ignored: Set<String> = [
        "bindings", "componentstatuses", "events", "events.events.k8s.io", "tokenreviews.authentication.k8s.io",
        "subjectaccessreviews.authorization.k8s.io", "localsubjectaccessreviews.authorization.k8s.io",
        "selfsubjectaccessreviews.authorization.k8s.io", "selfsubjectrulesreviews.authorization.k8s.io",
    ]

    /// Nil for a write that no quota can be about.
    init?(_ request: AdmissionRequest, at now: Timestamp) {
        guard !request.namespace.isEmpty, !Self.ignored.contains(request.resource.groupResource),
            Self.changesUsage(request)
        else { return nil }
        self.request = request
        self.now = now
        subject = QuotaSubject(request.object, of: request.resource)
        old = request.operation == .update ? request.old.map { QuotaSubject($0, of: request.resource) } : nil
    }

    private static func changesUsage(_ request: AdmissionRequest) -> Bool {
        switch (request.operation, request.subresource, request.resource) {
        case (.create, "", _): true
        case (.update, "resize", Pod.resource): true
        case (.update, "", Service.resource), (.update, "", PersistentVolumeClaim.resource): true
        case (.update, "status", PersistentVolumeClaim.resource): true
        default: false
        }
    }

    /// What `quota` will have used when the write is done; nil: it does not change.
    ///
    /// - Throws: 403 when the quota has too little left, or when a pod does not say what the quota limits.
    func used(of quota: ResourceQuota) throws(Status) -> ResourceList? {
        let limits = quota.statusHard.keys.sorted()
        guard subject.isLimited(by: quota, limits) else { return nil }
        let name = quota.metadata.name
        let relevant = limits.filter { QuotaSubject.isAbout(subject.resource, $0) }
        if case .pod(let pod) = subject {
            let missing = PodQuota.missing(relevant, in: pod)
            guard missing.isEmpty else {
                let list = missing.map { "\($0.limit) for: \($0.containers.joined(separator: ","))" }
                throw request.forbidden("failed quota: \(name): must specify \(list.joined(separator: "; "))")
            }
        }
        guard relevant.allSatisfy({ quota.used[$0] != nil }) else {
            throw request.forbidden(
                "status unknown for quota: \(name), resources: \(relevant.joined(separator: ","))")
        }
        let usage = subject.usage(at: now)
        let negative = usage.filter { $0.value < .zero }.keys.sorted()
        guard negative.isEmpty else {
            throw request.forbidden("quota usage is negative for resource(s): \(negative.joined(separator: ","))")
        }
        let delta = increase(usage, quota, limits).filter { quota.statusHard[$0.key] != nil }
        guard !delta.isEmpty else { return nil }
        let used = quota.used.merging(delta, uniquingKeysWith: +)
        let exceeded = delta.keys.filter { (used[$0] ?? .zero) > (quota.statusHard[$0] ?? .zero) }
        guard exceeded.isEmpty || request.subresource == "status" else {
            func list(_ amounts: ResourceList) -> String {
                exceeded.sorted().map { "\($0)=\(amounts[$0] ?? .zero)" }.joined(separator: ",")
            }
            throw request.forbidden(
                "exceeded quota: \(name), requested: \(list(delta)), used: \(list(quota.used)), "
                    + "limited: \(list(quota.statusHard))")
        }
        return used
    }

    /// An update costs what it adds; what it gives back is counted by the controller later.
    private func increase(_ usage: ResourceList, _ quota: ResourceQuota, _ limits: [String]) -> ResourceList {
        guard let old, old.isLimited(by: quota, limits) else { return usage.filter { !$0.value.isZero } }
        let before = old.usage(at: now)
        return usage.mapValues { $0 }.reduce(into: [:]) { delta, entry in
            let more = entry.value - (before[entry.key] ?? .zero)
            if more > .zero { delta[entry.key] = more }
        }
    }
}
