import API
import JSON
import Store
import Synchronization

/// The policies of one kind with their bindings, compiled anew only when one of them changed.
final class PolicySet<Policy: Sendable>: Sendable {
    struct Bound: Sendable {
        var policy: Policy
        /// By name.
        var bindings: [PolicyBinding]
    }

    private struct Known {
        var revisions: [Revision]
        var bound: [Bound]
    }

    private let caches: CacheSet
    private let policies: GroupVersionResource
    private let bindings: GroupVersionResource
    private let compile: @Sendable (JSONValue) -> Policy
    private let known = Mutex<Known?>(nil)
    private let compiled = Mutex<[String: (revision: Revision, policy: Policy)]>([:])

    static var group: String { "admissionregistration.k8s.io" }

    init(caches: CacheSet, kind: String, compile: @escaping @Sendable (JSONValue) -> Policy) {
        self.caches = caches
        policies = GroupVersionResource(group: Self.group, version: "v1", resource: "\(kind)admissionpolicies")
        bindings = GroupVersionResource(group: Self.group, version: "v1", resource: "\(kind)admissionpolicybindings")
        self.compile = compile
    }

    /// Policies that are bound at all, by name.
    var all: [Bound] {
        guard let policies = caches[policies], let bindings = caches[bindings], bindings.count > 0 else { return [] }
        let revisions = [policies.lastRevision, bindings.lastRevision]
        if let known = known.withLock({ $0 }), known.revisions == revisions { return known.bound }
        var byPolicy: [String: [PolicyBinding]] = [:]
        for object in bindings.all().sorted(by: { $0.key.name < $1.key.name }) {
            let binding = PolicyBinding(object.object)
            byPolicy[binding.policyName, default: []].append(binding)
        }
        let bound = policies.all().sorted { $0.key.name < $1.key.name }.compactMap { object in
            byPolicy[object.key.name].map { Bound(policy: policy(object), bindings: $0) }
        }
        known.withLock { $0 = Known(revisions: revisions, bound: bound) }
        return bound
    }

    private func policy(_ object: CachedObject) -> Policy {
        if let found = compiled.withLock({ $0[object.key.name] }), found.revision == object.revision { return found.policy }
        let policy = compile(object.object)
        compiled.withLock { $0[object.key.name] = (object.revision, policy) }
        return policy
    }
}
