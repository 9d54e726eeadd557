import API
import ControlLoop
import JSON

/// One look at a Deployment and its ReplicaSets, and the plan that grows from it.
struct Rollout {
    static let desiredAnnotation = "deployment.kubernetes.io/desired-replicas"
    static let maximumAnnotation = "deployment.kubernetes.io/max-replicas"
    static let historyAnnotation = "deployment.kubernetes.io/revision-history"
    /// Annotations of the Deployment that its ReplicaSets do not take over.
    static let ownAnnotations: Set<String> = [
        "kubectl.kubernetes.io/last-applied-configuration", Deployment.revisionAnnotation, historyAnnotation,
        desiredAnnotation, maximumAnnotation, "deprecated.deployment.rollback.to",
    ]

    let deployment: Deployment
    let snapshot: Snapshot
    /// The set of the present template, if there is one.
    let newSet: ReplicaSet?
    /// Every other set, oldest first.
    let oldSets: [ReplicaSet]
    private let orphans: [ReplicaSet]
    var plan = Plan()
    /// Sizes as this plan leaves them, by uid.
    var sizes: [String: Int] = [:]
    /// Collisions of names found in this look.
    var collisionCount: Int?
    /// The name of the set that this plan creates.
    var createdSet: String?

    init(_ deployment: Deployment, _ snapshot: Snapshot) {
        self.deployment = deployment
        self.snapshot = snapshot
        collisionCount = deployment.status.collisionCount
        orphans = snapshot.list(ReplicaSet.self, namespace: deployment.metadata.namespace).filter {
            $0.metadata.controller == nil && !$0.metadata.isBeingDeleted && deployment.selector.matches($0.metadata.labels)
        }
        let sets = (snapshot.list(ReplicaSet.self, by: .controllerUID, deployment.metadata.uid) + orphans)
            .filter { deployment.selector.matches($0.metadata.labels) }
            .sorted { left, right in
                let born = (left.metadata.creationTimestamp, right.metadata.creationTimestamp)
                if let first = born.0, let second = born.1, first != second { return first < second }
                return left.metadata.name < right.metadata.name
            }
        let found = sets.first { PodTemplate.areEqual($0.template, deployment.template) }
        newSet = found
        oldSets = sets.filter { $0.metadata.uid != found?.metadata.uid }
        for set in sets { sizes[set.metadata.uid] = set.replicas }
    }

    var allSets: [ReplicaSet] { oldSets + (newSet.map { [$0] } ?? []) }
    var reference: ObjectReference { ObjectReference(to: deployment) }
    func size(_ set: ReplicaSet) -> Int { sizes[set.metadata.uid] ?? set.replicas }
    func size(_ sets: [ReplicaSet]) -> Int { sets.reduce(0) { $0 + size($1) } }

    /// Pods above the wanted count while rolling.
    var maxSurge: Int { limits.surge }
    var maxUnavailable: Int { limits.unavailable }

    private var limits: (surge: Int, unavailable: Int) {
        guard deployment.strategy != "Recreate", deployment.replicas > 0 else { return (0, 0) }
        let surge = deployment.maxSurge.scaled(of: deployment.replicas, roundingUp: true) ?? 0
        var unavailable = deployment.maxUnavailable.scaled(of: deployment.replicas, roundingUp: false) ?? 0
        if surge == 0, unavailable == 0 { unavailable = 1 }
        return (surge, min(unavailable, deployment.replicas))
    }

    mutating func adopt() {
        for set in orphans { plan.add(OwnerReferences.adopt(set, by: deployment)) }
    }

    // MARK: Sizes

    /// Asks for `replicas` pods of a set, and tells people.
    mutating func scale(_ set: ReplicaSet, to replicas: Int) {
        let old = size(set)
        let annotations = sizeAnnotations
        let isCurrent = annotations.allSatisfy { set.metadata.annotations[$0.key] == $0.value }
        guard replicas != old || !isCurrent else { return }
        sizes[set.metadata.uid] = replicas
        let message =
            "Scaled \(replicas > old ? "up" : "down") replica set \(set.metadata.name) from \(old) to \(replicas)"
        let body: JSONValue = [
            "metadata": ["annotations": JSONValue(annotations)], "spec": ["replicas": .int(Int64(replicas))],
        ]
        // A write of this plan has changed the revision by then.
        let isWritten = plan.writes.contains { $0.isPatch(of: set.key, ReplicaSet.resource) }
        plan.add(.merge(ReplicaSet.resource, set.key, body, revision: isWritten ? nil : set.metadata.resourceVersion))
        if replicas != old {
            plan.notices.append(Plan.Notice(reference, reason: "ScalingReplicaSet", message: message))
        }
    }

    var sizeAnnotations: [String: String] {
        [
            Self.desiredAnnotation: String(deployment.replicas),
            Self.maximumAnnotation: String(deployment.replicas + maxSurge),
        ]
    }

    /// The Deployment's size was changed since its sets were sized.
    var isScalingEvent: Bool {
        allSets.contains { set in
            guard set.replicas > 0, let desired = set.metadata.annotations[Self.desiredAnnotation].flatMap(Int.init) else {
                return false
            }
            return desired != deployment.replicas
        }
    }

    /// Spreads a new size over the sets that have pods, by their share.
    mutating func scaleProportionally() {
        let active = allSets.filter { $0.replicas > 0 }
        if active.count <= 1, let only = active.first ?? newSet ?? oldSets.last {
            scale(only, to: deployment.replicas)
            return
        }
        if let newSet, isSaturated(newSet) {
            for set in oldSets where set.replicas > 0 { scale(set, to: 0) }
            return
        }
        guard deployment.strategy != "Recreate" else { return }
        let allowed = deployment.replicas > 0 ? deployment.replicas + maxSurge : 0
        let total = size(allSets)
        var toAdd = allowed - total
        let ordered = active.sorted { left, right in
            if left.replicas != right.replicas { return left.replicas > right.replicas }
            let born = (left.metadata.creationTimestamp, right.metadata.creationTimestamp)
            guard let first = born.0, let second = born.1, first != second else { return false }
            return toAdd > 0 ? first > second : first < second
        }
        var wanted: [Int] = []
        for set in ordered {
            let share = toAdd == 0 ? 0 : proportion(of: set, total: total, allowed: allowed, left: toAdd)
            toAdd -= share
            wanted.append(set.replicas + share)
        }
        if !wanted.isEmpty { wanted[0] = max(0, wanted[0] + toAdd) }
        for (set, replicas) in zip(ordered, wanted) { scale(set, to: replicas) }
    }

    private func proportion(of set: ReplicaSet, total: Int, allowed: Int, left: Int) -> Int {
        let before = set.metadata.annotations[Self.maximumAnnotation].flatMap(Int.init) ?? total
        guard set.replicas > 0, before > 0 else { return 0 }
        let share = (Double(set.replicas) * Double(allowed) / Double(before)).rounded()
        let change = Int(share) - set.replicas
        return left > 0 ? min(max(change, 0), left) : max(min(change, 0), left)
    }

    private func isSaturated(_ set: ReplicaSet) -> Bool {
        guard set.metadata.annotations[Self.desiredAnnotation].flatMap(Int.init) == deployment.replicas else { return false }
        return set.replicas == deployment.replicas && set.status.availableReplicas == deployment.replicas
    }
}
