import API
import ControlLoop
import JSON

extension Rollout {
    /// Replaces pods a few at a time.
    mutating func roll() {
        guard let newSet = prepareNewSet(size: firstSize(of: newSet)) else { return addStatus() }
        let before = size(newSet)
        scale(newSet, to: firstSize(of: newSet))
        if size(newSet) == before { scaleDownOld(newSet) }
        if isComplete { trimHistory() }
        addStatus()
    }

    /// Ends every old pod, then starts new ones.
    mutating func recreate() {
        let active = oldSets.filter { $0.replicas > 0 }
        if !active.isEmpty {
            for set in active { scale(set, to: 0) }
            return addStatus()
        }
        let oldPods = oldSets.flatMap { snapshot.list(Pod.self, by: .controllerUID, $0.metadata.uid) }
        guard !oldPods.contains(where: { !$0.isFinished }) else { return addStatus() }
        if let newSet = prepareNewSet(size: deployment.replicas) { scale(newSet, to: deployment.replicas) }
        if isComplete { trimHistory() }
        addStatus()
    }

    /// Brings annotations of the new set up to date, or creates it; nil when it is only now being created.
    private mutating func prepareNewSet(size: Int) -> ReplicaSet? {
        let revision = (oldSets.map(Self.revision).max() ?? 0) + 1
        guard let newSet else {
            createNewSet(size: size, revision: revision)
            return nil
        }
        var annotations = inheritedAnnotations
        let known = Self.revision(newSet)
        if known < revision {
            annotations[Deployment.revisionAnnotation] = String(revision)
            if known > 0 {
                let history = newSet.metadata.annotations[Self.historyAnnotation].map { $0 + "," } ?? ""
                annotations[Self.historyAnnotation] = history + String(known)
            }
        }
        let changed = annotations.filter { newSet.metadata.annotations[$0.key] != $0.value }
        if !changed.isEmpty || newSet.minReadySeconds != deployment.minReadySeconds {
            let body: JSONValue = [
                "metadata": ["annotations": JSONValue(changed)],
                "spec": ["minReadySeconds": .int(Int64(deployment.minReadySeconds))],
            ]
            plan.add(.merge(ReplicaSet.resource, newSet.key, body))
        }
        noteRevision(max(known, revision))
        return newSet
    }

    private mutating func createNewSet(size: Int, revision: Int) {
        let hash = PodTemplate.hash(deployment.template, collisions: collisionCount ?? 0)
        let name = "\(deployment.metadata.name)-\(hash)"
        let key = NamespacedName(namespace: deployment.metadata.namespace, name: name)
        if snapshot.get(ReplicaSet.self, key) != nil {
            // The name belongs to another template: the status remembers to use another one.
            collisionCount = (collisionCount ?? 0) + 1
            return
        }
        var template = deployment.template
        template[path: ["metadata", "labels", ReplicaSet.templateHashLabel]] = .string(hash)
        var selector = deployment.selectorTree
        selector[path: ["matchLabels", ReplicaSet.templateHashLabel]] = .string(hash)
        var annotations = inheritedAnnotations.merging(sizeAnnotations) { $1 }
        annotations[Deployment.revisionAnnotation] = String(revision)
        let set: JSONValue = [
            "apiVersion": .string(ReplicaSet.apiVersion), "kind": .string(ReplicaSet.kind),
            "metadata": [
                "name": .string(name), "namespace": .string(key.namespace),
                "labels": JSONValue(PodTemplate.labels(of: template)), "annotations": JSONValue(annotations),
                "ownerReferences": [OwnerReferences.controller(deployment).json],
            ],
            "spec": [
                "replicas": .int(Int64(size)), "minReadySeconds": .int(Int64(deployment.minReadySeconds)),
                "selector": selector, "template": template,
            ],
        ]
        plan.add(.create(ReplicaSet.resource, namespace: key.namespace, set, tolerates: .alreadyExists))
        if size > 0 {
            plan.notices.append(
                Plan.Notice(
                    reference, reason: "ScalingReplicaSet", message: "Scaled up replica set \(name) from 0 to \(size)"))
        }
        noteRevision(revision)
        createdSet = name
    }

    private mutating func noteRevision(_ revision: Int) {
        guard deployment.metadata.annotations[Deployment.revisionAnnotation] != String(revision) else { return }
        plan.add(
            .merge(
                Deployment.resource, deployment.key,
                ["metadata": ["annotations": [Deployment.revisionAnnotation: .string(String(revision))]]]))
    }

    private var inheritedAnnotations: [String: String] {
        deployment.metadata.annotations.filter { !Self.ownAnnotations.contains($0.key) }
    }

    static func revision(_ set: ReplicaSet) -> Int {
        set.metadata.annotations[Deployment.revisionAnnotation].flatMap(Int.init) ?? 0
    }

    /// How many new pods there may be now. Upstream: `NewRSNewReplicas`.
    private func firstSize(of set: ReplicaSet?) -> Int {
        guard deployment.strategy != "Recreate" else { return deployment.replicas }
        let current = set.map(size) ?? 0
        guard current < deployment.replicas else { return deployment.replicas }
        let room = deployment.replicas + maxSurge - size(allSets)
        return room <= 0 ? current : current + min(room, deployment.replicas - current)
    }

    /// Upstream: `reconcileOldReplicaSets`.
    private mutating func scaleDownOld(_ newSet: ReplicaSet) {
        guard size(oldSets) > 0 else { return }
        let minimum = deployment.replicas - maxUnavailable
        let newUnavailable = size(newSet) - newSet.status.availableReplicas
        var room = size(allSets) - minimum - newUnavailable
        guard room > 0 else { return }
        // Broken old pods go first: they serve nobody.
        var targets: [String: Int] = [:]
        for set in oldSets where size(set) > 0 && room > 0 {
            let broken = min(room, size(set) - set.status.availableReplicas)
            if broken > 0 {
                targets[set.metadata.uid] = size(set) - broken
                room -= broken
            }
        }
        let available = allSets.reduce(0) { $0 + $1.status.availableReplicas }
        var surplus = available - minimum
        for set in oldSets where surplus > 0 {
            let now = targets[set.metadata.uid] ?? size(set)
            let cut = min(now, surplus)
            guard cut > 0 else { continue }
            targets[set.metadata.uid] = now - cut
            surplus -= cut
        }
        for set in oldSets { if let target = targets[set.metadata.uid] { scale(set, to: target) } }
    }

    /// Deletes the oldest empty sets beyond `revisionHistoryLimit`.
    mutating func trimHistory() {
        let empty = oldSets.filter { !$0.metadata.isBeingDeleted && $0.replicas == 0 }
        let surplus = oldSets.filter { !$0.metadata.isBeingDeleted }.count - deployment.revisionHistoryLimit
        guard surplus > 0 else { return }
        let removable = empty.sorted { Self.revision($0) < Self.revision($1) }.prefix(surplus).filter {
            $0.status.replicas == 0 && $0.metadata.generation <= $0.status.observedGeneration
        }
        for set in removable {
            plan.add(.delete(ReplicaSet.resource, set.key, DeletionOptions(uid: set.metadata.uid)))
        }
    }
}
