import API
import ControlLoop
import JSON
import Machinery
import Store

/// Deletes a pod when its disruption budget allows it, and counts it there.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/pod/storage/eviction.go`.
struct Eviction {
    private static let budgets = GroupVersionResource(group: "policy", version: "v1", resource: "poddisruptionbudgets")
    /// Evictions that the budget's controller has not seen yet.
    private static let disruptedPodsMax = 2000
    private static let triesMax = 20

    let registry: ObjectRegistry
    let kind: KindDefinition
    let key: NamespacedName
    let options: WriteOptions

    /// - Parameter body: A `policy/v1` Eviction.
    func evict(_ body: JSONValue) async throws(Status) {
        guard body["metadata"]?["name"]?.string == key.name else {
            throw APIErrors.badRequest("name in URL does not match name in Eviction object")
        }
        let deletion = DeleteOptionsReader.options(body["deleteOptions"] ?? [:])
        let isDryRun = options.isDryRun || !(body["deleteOptions"]?["dryRun"]?.array ?? []).isEmpty
        let options = WriteOptions(user: options.user, isDryRun: isDryRun)
        let pod = registry.tree(try registry.get(kind, key), as: kind)
        if Self.ignoresBudget(pod) {
            // A pod that may become ready meanwhile must be looked at again.
            let isPending = pod["status"]?["phase"]?.string == "Pending"
            guard isPending, pod["metadata"]?["deletionTimestamp"]?.string == nil else {
                return try await delete(deletion, options)
            }
            return try await deletePending(deletion, options)
        }
        let found = try budgets(of: pod)
        guard found.count <= 1 else {
            throw Status(
                code: 500, reason: "",
                message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
        }
        guard let budget = found.first else { return try await delete(deletion, options) }
        guard !Self.isReady(pod), Self.letsUnreadyGo(budget) else {
            try await decrement(budget["metadata"]?["name"]?.string ?? "", options)
            return try await delete(deletion, options)
        }
        var pinned = deletion
        pinned.resourceVersion = deletion.resourceVersion ?? pod["metadata"]?["resourceVersion"]?.string
        do throws(Status) {
            try await delete(pinned, options)
        } catch {
            guard error.isConflict, deletion.resourceVersion == nil else { throw error }
            throw Self.stillProcessed(budget["metadata"]?["name"]?.string ?? "")
        }
    }

    // MARK: The pod

    private static func ignoresBudget(_ pod: JSONValue) -> Bool {
        ["Succeeded", "Failed", "Pending"].contains(pod["status"]?["phase"]?.string ?? "")
            || pod["metadata"]?["deletionTimestamp"]?.string != nil
    }

    private static func isReady(_ pod: JSONValue) -> Bool {
        (pod["status"]?["conditions"]?.array ?? []).contains {
            $0["type"]?.string == "Ready" && $0["status"]?.string == "True"
        }
    }

    /// Deletes at the revision that was seen to be pending; a newer one is looked at again.
    private func deletePending(_ deletion: DeletionOptions, _ options: WriteOptions) async throws(Status) {
        for attempt in 1... {
            let pod = registry.tree(try registry.get(kind, key), as: kind)
            var pinned = deletion
            if deletion.resourceVersion == nil, Self.ignoresBudget(pod) {
                pinned.resourceVersion = pod["metadata"]?["resourceVersion"]?.string
            }
            do throws(Status) {
                return try await delete(pinned, options)
            } catch {
                guard error.isConflict, deletion.resourceVersion == nil, attempt < Self.triesMax else { throw error }
            }
        }
    }

    /// Marks the pod as disrupted, then deletes it.
    private func delete(_ deletion: DeletionOptions, _ options: WriteOptions) async throws(Status) {
        var deletion = deletion
        if !options.isDryRun {
            let now = registry.environment.now()
            let marked = try await registry.modify(kind, key, part: .special, options) { old throws(Status) in
                try checked(old, deletion)
                return Self.marked(old, now: now)
            }
            if deletion.resourceVersion != nil { deletion.resourceVersion = String(marked.revision.value) }
        }
        _ = try await registry.delete(kind, key, deletion, options)
    }

    private func checked(_ pod: JSONValue, _ deletion: DeletionOptions) throws(Status) {
        for (field, expected) in [("uid", deletion.uid), ("resourceVersion", deletion.resourceVersion)] {
            let found = pod["metadata"]?[field]?.string ?? ""
            guard let expected, expected != found else { continue }
            throw APIErrors.preconditionFailed(
                kind.gvr, key.name, field: field, expected: expected, found: found)
        }
    }

    private static func marked(_ pod: JSONValue, now: Timestamp) -> JSONValue {
        var new = pod
        new[path: ["metadata", "resourceVersion"]] = nil
        var conditions = pod["status"]?["conditions"]?.array ?? []
        var condition: JSONValue = ["type": "DisruptionTarget"]
        if let generation = pod["metadata"]?["generation"] { condition["observedGeneration"] = generation }
        condition["status"] = "True"
        condition["lastProbeTime"] = .null
        condition["lastTransitionTime"] = .string(now.description)
        condition["reason"] = "EvictionByEvictionAPI"
        condition["message"] = "Eviction API: evicting"
        if let index = conditions.firstIndex(where: { $0["type"]?.string == "DisruptionTarget" }) {
            if conditions[index]["status"]?.string == "True" {
                condition["lastTransitionTime"] = conditions[index]["lastTransitionTime"]
            }
            conditions[index] = condition
        } else {
            conditions.append(condition)
        }
        new[path: ["status", "conditions"]] = .array(conditions)
        return new
    }

    // MARK: The budget

    private func budgets(of pod: JSONValue) throws(Status) -> [JSONValue] {
        let labels = pod["metadata"]?["labels"]?.object?.strings ?? [:]
        let selection = Selection(namespace: key.namespace)
        let all = registry.caches[Self.budgets]?.list(selection, clock: registry.caches.clock).objects ?? []
        return all.map(\.object).filter { LabelSelector(json: $0["spec"]?["selector"]).matches(labels) }
    }

    /// Whether a pod that is not ready may go without being counted.
    private static func letsUnreadyGo(_ budget: JSONValue) -> Bool {
        if budget["spec"]?["unhealthyPodEvictionPolicy"]?.string == "AlwaysAllow" { return true }
        let desired = budget["status"]?["desiredHealthy"]?.int ?? 0
        return desired > 0 && budget["status"]?["currentHealthy"]?.int ?? 0 >= desired
    }

    /// Takes one disruption from the budget; in a dry run, looks whether one could be taken.
    private func decrement(_ name: String, _ options: WriteOptions) async throws(Status) {
        guard let budgetKind = Catalog.kind(Self.budgets) else { throw APIErrors.unknownPath }
        let budgetKey = NamespacedName(namespace: key.namespace, name: name)
        let now = registry.environment.now()
        _ = try await registry.modify(budgetKind, budgetKey, part: .status, options) { old throws(Status) in
            try Self.decremented(old, name: name, pod: key.name, now: now)
        }
    }

    static func decremented(_ budget: JSONValue, name: String, pod: String, now: Timestamp) throws(Status) -> JSONValue {
        let status = budget["status"] ?? [:]
        func number(_ field: String) -> Int64 { status[field]?.int ?? 0 }
        guard number("observedGeneration") >= budget["metadata"]?["generation"]?.int ?? 0 else { throw stillProcessed(name) }
        let allowed = number("disruptionsAllowed")
        let group = GroupVersionResource(group: "policy", version: "v1", resource: "poddisruptionbudget")
        guard allowed >= 0 else { throw APIErrors.forbidden(group, name, "pdb disruptions allowed is negative") }
        guard status["disruptedPods"]?.object?.count ?? 0 <= disruptedPodsMax else {
            throw APIErrors.forbidden(
                group, name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller")
        }
        guard allowed > 0 else { throw refusal(why(name, status)) }
        var new = budget
        new[path: ["metadata", "resourceVersion"]] = nil
        new[path: ["status", "disruptionsAllowed"]] = .int(allowed - 1)
        new[path: ["status", "disruptedPods", pod]] = .string(now.description)
        if allowed == 1 {
            new[path: ["status", "conditions"]] = .array(withoutDisruptions(status, now: now))
        }
        return new
    }

    private static func why(_ name: String, _ status: JSONValue) -> String {
        let condition = (status["conditions"]?.array ?? []).first { $0["type"]?.string == "DisruptionAllowed" }
        if let condition, condition["status"]?.string == "False", condition["reason"]?.string == "SyncFailed" {
            return "The disruption budget \(name) does not allow evicting pods currently because it failed sync: "
                + (condition["message"]?.string ?? "")
        }
        let desired = status["desiredHealthy"]?.int ?? 0
        let current = status["currentHealthy"]?.int ?? 0
        return current <= desired
            ? "The disruption budget \(name) needs \(desired) healthy pods and has \(current) currently"
            : "The disruption budget \(name) does not allow evicting pods currently"
    }

    /// - SeeAlso: Kubernetes 1.36 `component-helpers/apps/poddisruptionbudget/helpers.go`.
    private static func withoutDisruptions(_ status: JSONValue, now: Timestamp) -> [JSONValue] {
        var conditions = status["conditions"]?.array ?? []
        let index = conditions.firstIndex { $0["type"]?.string == "DisruptionAllowed" }
        let isNews = index.map { conditions[$0]["status"]?.string != "False" } ?? true
        let since = isNews ? .string(now.description) : index.flatMap { conditions[$0]["lastTransitionTime"] }
        let condition: JSONValue = [
            "type": "DisruptionAllowed", "status": "False", "observedGeneration": status["observedGeneration"] ?? 0,
            "lastTransitionTime": since ?? .null, "reason": "InsufficientPods", "message": "",
        ]
        if let index { conditions[index] = condition } else { conditions.append(condition) }
        return conditions
    }

    private static func stillProcessed(_ name: String) -> Status {
        refusal("The disruption budget \(name) is still being processed by the server.", retryAfterSeconds: 10)
    }

    private static func refusal(_ why: String, retryAfterSeconds: Int = 0) -> Status {
        Status(
            code: 429, reason: "TooManyRequests",
            message: "Cannot evict pod as it would violate the pod's disruption budget.",
            details: Status.Details(
                causes: [Status.Cause(reason: "DisruptionBudget", message: why)], retryAfterSeconds: retryAfterSeconds))
    }
}
