package import API
package import ControlLoop
import JSON

/// Counts what a namespace uses of its quotas: when a quota is new or changed, when something is given back, and every five
/// minutes. What is newly taken, admission counts itself.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/resourcequota/resource_quota_controller.go`.
package struct ResourceQuotaController: Controller {
    package static let name = "resourcequota-controller"
    static let resync: Duration = .seconds(300)

    private let kinds: [ResourceKind]

    /// `kinds` is everything that can be counted; kinds without a namespace and events are left out.
    package init(kinds: [ResourceKind]) {
        self.kinds = kinds.filter { $0.isNamespaced && $0.resource.resource != "events" }
    }

    package var triggers: [Trigger<NamespacedName>] {
        [
            .onChange(ResourceQuota.self) { change, _ in
                guard let new = change.new, let old = change.old else { return [change.key] }
                return new.hard != old.hard || new.scopes != old.scopes ? [change.key] : []
            },
            .onChange(Pod.self) { change, snapshot in
                guard let old = change.old else { return [] }
                let isFreed =
                    change.new.map { $0.isFinished != old.isFinished || $0.requests != old.requests || $0.limits != old.limits }
                    ?? true
                return isFreed ? Self.quotas(about: Pod.resource, change.key, snapshot) : []
            },
            .onChange(Service.self) { change, snapshot in
                guard let old = change.old else { return [] }
                let isFreed = change.new.map { $0.spec.type != old.spec.type || $0.spec.ports != old.spec.ports } ?? true
                return isFreed ? Self.quotas(about: Service.resource, change.key, snapshot) : []
            },
            .onChange(PersistentVolumeClaim.self) { change, snapshot in
                guard let old = change.old else { return [] }
                let isFreed =
                    change.new.map { $0.requests != old.requests || $0.allocatedResources != old.allocatedResources } ?? true
                return isFreed ? Self.quotas(about: PersistentVolumeClaim.resource, change.key, snapshot) : []
            },
        ]
            + kinds.map { kind in
                .onChange(PartialObject.self, resource: kind.resource) { change, snapshot in
                    change.isDeletion ? Self.quotas(about: kind.resource, change.key, snapshot) : []
                }
            }
    }

    private static func quotas(
        about resource: GroupVersionResource, _ key: NamespacedName, _ snapshot: Snapshot
    ) -> [NamespacedName] {
        snapshot.list(ResourceQuota.self, namespace: key.namespace)
            .filter { $0.hard.keys.contains { QuotaSubject.isAbout(resource, $0) } }.map(\.key)
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let quota = snapshot.get(ResourceQuota.self, key), !quota.metadata.isBeingDeleted else { return .settled }
        var plan = Plan(lookAgainAfter: Self.resync)
        let used = used(by: quota, snapshot)
        guard quota.statusHard != quota.hard || quota.used != used else { return plan }
        plan.add(
            .merge(
                ResourceQuota.resource, key,
                [
                    "status": [
                        "hard": Self.replacing(quota.statusHard, by: quota.hard),
                        "used": Self.replacing(quota.used, by: used),
                    ]
                ], subresource: "status", revision: quota.metadata.resourceVersion, tolerates: .notFound))
        return plan
    }

    /// What of the limited names is used; a name that is about no kind is left as it was.
    private func used(by quota: ResourceQuota, _ snapshot: Snapshot) -> ResourceList {
        var used = quota.used.filter { quota.hard[$0.key] != nil }
        for kind in kinds {
            let names = quota.hard.keys.filter { QuotaSubject.isAbout(kind.resource, $0) }
            guard !names.isEmpty else { continue }
            var sum: ResourceList = [:]
            for subject in subjects(of: kind, in: quota.metadata.namespace, snapshot)
            where quota.scopes.allSatisfy(subject.isIn) { sum.merge(subject.usage(at: snapshot.now), uniquingKeysWith: +) }
            for name in names { used[name] = sum[name] ?? .zero }
        }
        return used
    }

    private func subjects(of kind: ResourceKind, in namespace: String, _ snapshot: Snapshot) -> [QuotaSubject] {
        switch kind.resource {
        case Pod.resource: snapshot.list(Pod.self, namespace: namespace).map(QuotaSubject.pod)
        case Service.resource: snapshot.list(Service.self, namespace: namespace).map(QuotaSubject.service)
        case PersistentVolumeClaim.resource:
            snapshot.list(PersistentVolumeClaim.self, namespace: namespace).map(QuotaSubject.claim)
        // The cache that showed the new quota, so that it counts itself.
        case ResourceQuota.resource:
            snapshot.list(ResourceQuota.self, namespace: namespace).map { _ in .other(kind.resource) }
        default:
            snapshot.content(PartialObject.self, of: kind.resource).list(namespace: namespace).map { _ in
                .other(kind.resource)
            }
        }
    }

    /// For a merge patch: what is no longer there is taken away.
    private static func replacing(_ old: ResourceList, by new: ResourceList) -> JSONValue {
        var result = new.json
        for name in old.keys where new[name] == nil { result[name] = .null }
        return result
    }
}
