import API
import ControlLoop
import JSON
package import Logging
import Machinery

/// Settles the names of CustomResourceDefinitions, establishes them, and removes the objects of those that are being deleted;
/// keeps the APIServices of what is served.
///
/// Looks at all definitions each time: they are few, and the result depends on nothing else. Two servers that do so at once
/// meet in the store's comparison of revisions.
package struct DefinitionReconciler: Sendable {
    private static let retryDelay: Duration = .seconds(5)
    let registry: ObjectRegistry
    let logger: Logger

    package init(registry: ObjectRegistry, logger: Logger) {
        self.registry = registry
        self.logger = logger
    }

    /// Runs until cancelled.
    package func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask {
                await reconcile()
                await reconcileServices()
                var generation = registry.kinds.generation
                for await _ in registry.kinds.wakes {
                    await reconcile()
                    // Statuses of definitions wake as well; what is served changes seldom.
                    guard registry.kinds.generation != generation else { continue }
                    generation = registry.kinds.generation
                    await reconcileServices()
                }
            }
            group.addTask {
                // What failed is tried again without waiting for a change.
                while true {
                    try await registry.environment.sleep(Self.retryDelay)
                    if registry.kinds.hasUnsettled { registry.kinds.wake() }
                }
            }
        }
    }

    /// Brings every definition as far as it can be brought now.
    package func reconcile() async {
        guard let kind = registry.kinds.kind(CustomKinds.resource), let cache = registry.caches[kind] else { return }
        for object in cache.all() {
            do throws(Status) {
                if object.object["metadata"]?["deletionTimestamp"]?.string == nil {
                    try await settle(object.key, kind, cache)
                } else {
                    try await finish(object, kind)
                }
            } catch {
                guard !error.isNotFound, !error.isConflict else { continue }
                logger.info("definition not settled", metadata: ["key": "\(object.key)", "error": "\(error)"])
            }
        }
    }

    private func settle(_ key: NamespacedName, _ kind: KindDefinition, _ cache: ResourceCache) async throws(Status) {
        let now = registry.environment.now()
        guard let current = cache.get(key)?.object else { return }
        let others = cache.all().filter { $0.key != key }.map(\.object)
        guard DefinitionStatus.settled(current, among: others, now: now) != current else { return }
        _ = try await registry.modify(kind, key, part: .status, .loopback) { old throws(Status) in
            DefinitionStatus.settled(old, among: others, now: now)
        }
    }

    private func finish(_ object: CachedObject, _ kind: KindDefinition) async throws(Status) {
        let definition = object.object
        let finalizers = definition["metadata"]?["finalizers"]?.array ?? []
        guard finalizers.contains(.string(CustomKinds.finalizer)) else { return }
        let now = registry.environment.now()
        if let instances = registry.kinds.definition(object.key.name)?.kinds.first, let cache = registry.caches[instances] {
            for instance in cache.all() where instance.object["metadata"]?["deletionTimestamp"]?.string == nil {
                do throws(Status) {
                    _ = try await registry.delete(instances, instance.key, DeletionOptions(), .loopback)
                } catch {
                    guard error.isNotFound else { throw error }
                }
            }
            guard cache.count == 0 else {
                _ = try await registry.modify(kind, object.key, part: .status, .loopback) { old throws(Status) in
                    guard DefinitionStatus.condition(old, "Terminating")?["reason"]?.string != "InstanceDeletionInProgress"
                    else { return old }
                    var new = old
                    DefinitionStatus.set(&new, DefinitionStatus.deletionInProgress, now)
                    return new
                }
                return
            }
        }
        _ = try await registry.modify(kind, object.key, part: .status, .loopback) { old throws(Status) in
            var new = old
            let left = (old["metadata"]?["finalizers"]?.array ?? []).filter { $0 != .string(CustomKinds.finalizer) }
            new[path: ["metadata", "finalizers"]] = left.isEmpty ? .none : .some(.array(left))
            DefinitionStatus.set(&new, DefinitionStatus.deletionCompleted, now)
            return new
        }
    }
}
