import API
import JSON
package import Logging
import Machinery
import Store

/// Writes into the status of ValidatingAdmissionPolicies whether their expressions fit the types of what they match.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/validatingadmissionpolicystatus/controller.go`.
package struct PolicyStatusReconciler: Sendable {
    private static let interval: Duration = .seconds(1)
    private static let resource = GroupVersionResource(
        group: "admissionregistration.k8s.io", version: "v1", resource: "validatingadmissionpolicies")

    let registry: ObjectRegistry
    let logger: Logger

    package init(registry: ObjectRegistry, logger: Logger) {
        self.registry = registry
        self.logger = logger
    }

    /// Runs until cancelled.
    package func run() async throws {
        var known: Revision?
        while true {
            let revision = registry.caches[Self.resource]?.lastRevision
            // What could not be written is tried again, whether or not a policy changes.
            if revision != known { known = await reconcile() ? revision : nil }
            try await registry.environment.sleep(Self.interval)
        }
    }

    /// Judges each policy whose specification changed since it was judged.
    ///
    /// - Returns: False when a verdict could not be written.
    @discardableResult
    package func reconcile() async -> Bool {
        guard let kind = registry.kinds.kind(Self.resource), let cache = registry.caches[kind] else { return true }
        var isComplete = true
        for cached in cache.all() {
            let policy = cached.object
            let generation = policy["metadata"]?["generation"]?.int ?? 0
            guard policy["metadata"]?["deletionTimestamp"]?.string == nil,
                policy["status"]?["observedGeneration"]?.int != generation
            else { continue }
            let warnings = PolicyTypeCheck(kinds: registry.kinds).warnings(policy)
            var status: JSONValue = ["observedGeneration": .int(generation), "typeChecking": [:]]
            if !warnings.isEmpty { status["typeChecking"] = ["expressionWarnings": .array(warnings)] }
            do throws(Status) {
                _ = try await registry.modify(kind, cached.key, part: .status, .controllers) { old in
                    guard old["metadata"]?["generation"]?.int == generation else { return old }
                    var new = old
                    new["status"] = status
                    return new
                }
            } catch {
                guard !error.isNotFound, !error.isConflict else { continue }
                isComplete = false
                logger.info("policy not judged", metadata: ["key": "\(cached.key)", "error": "\(error)"])
            }
        }
        return isComplete
    }
}
