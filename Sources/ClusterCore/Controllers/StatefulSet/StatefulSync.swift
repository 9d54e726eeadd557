import API
import ControlLoop
import JSON

/// One look at a StatefulSet, its pods, claims and revisions, and the plan that grows from it.
struct StatefulSync {
    typealias Revision = RevisionHistory<StatefulSet>.Entry

    let set: StatefulSet
    let snapshot: Snapshot
    let history: RevisionHistory<StatefulSet>
    /// What pods below the partition run.
    let current: Revision
    /// What the present template says.
    let update: Revision
    /// Every pod of the set.
    let pods: [Pod]
    /// By place, from the first number on; nil: it is missing.
    let replicas: [Pod?]
    /// Pods with numbers that are no longer wanted, the highest first.
    let condemned: [Pod]
    var plan = Plan()
    private let collisions: Int

    init(_ set: StatefulSet, _ snapshot: Snapshot) {
        self.set = set
        self.snapshot = snapshot
        history = RevisionHistory(
            of: set, selector: set.selector,
            style: .init(hashLabel: ControllerRevision.dataHashLabel, hash: TemplateRevision.hash), snapshot)
        pods = Self.claim(set, snapshot, &plan)
        if !set.metadata.isBeingDeleted { history.adopt(&plan) }
        var collisions = set.status.collisionCount ?? 0
        var revisionPlan = Plan()
        let update = history.present(template: set.template, collisions: &collisions, &revisionPlan)
        self.update = update
        self.collisions = collisions
        current = history.entry(named: set.status.currentRevision) ?? update
        if !set.metadata.isBeingDeleted { plan.steps += revisionPlan.steps }
        var replicas = [Pod?](repeating: nil, count: max(0, set.replicas))
        var condemned: [(ordinal: Int, pod: Pod)] = []
        for pod in pods {
            guard let ordinal = set.ordinal(ofPodNamed: pod.metadata.name) else { continue }
            if replicas.indices.contains(ordinal - set.firstOrdinal) {
                replicas[ordinal - set.firstOrdinal] = pod
            } else {
                condemned.append((ordinal, pod))
            }
        }
        self.replicas = replicas
        self.condemned = condemned.sorted { $0.ordinal > $1.ordinal }.map(\.pod)
    }

    /// The pods of the set; adopts orphans with a fitting name and releases pods that no longer match.
    private static func claim(_ set: StatefulSet, _ snapshot: Snapshot, _ plan: inout Plan) -> [Pod] {
        var found: [Pod] = []
        for pod in snapshot.list(Pod.self, by: .controllerUID, set.metadata.uid)
        where pod.metadata.namespace == set.metadata.namespace {
            if set.selector.matches(pod.metadata.labels), set.ordinal(ofPodNamed: pod.metadata.name) != nil {
                found.append(pod)
            } else if !set.metadata.isBeingDeleted {
                plan.add(OwnerReferences.release(pod, by: set))
            }
        }
        guard !set.metadata.isBeingDeleted else { return found }
        for pod in snapshot.list(Pod.self, namespace: set.metadata.namespace)
        where pod.metadata.controller == nil && !pod.metadata.isBeingDeleted && set.selector.matches(pod.metadata.labels)
            && set.ordinal(ofPodNamed: pod.metadata.name) != nil
        {
            plan.add(OwnerReferences.adopt(pod, by: set))
            found.append(pod)
        }
        return found
    }

    mutating func run() {
        // The status comes first: a refused pod must not keep it from being written.
        addStatus()
        lookAgainForAvailability()
        guard !set.metadata.isBeingDeleted else { return }
        if set.isOrdered { runInOrder() } else { runAtOnce() }
        trimHistory()
    }

    // MARK: What pods are

    func isAvailable(_ pod: Pod) -> Bool {
        pod.status.phase == "Running" && pod.isAvailable(minReadySeconds: set.minReadySeconds, at: snapshot.now)
    }

    /// Missing, ending, or not (yet) of use.
    func isUnavailable(_ pod: Pod?) -> Bool { pod.map { $0.metadata.isBeingDeleted || !isAvailable($0) } ?? true }

    func revision(of pod: Pod) -> String { pod.metadata.labels[ControllerRevision.podLabel] ?? "" }

    // MARK: Status

    private mutating func addStatus() {
        var status = set.status
        let ready = pods.filter { $0.status.phase == "Running" && $0.isReady }
        let lasting = pods.filter { !$0.metadata.isBeingDeleted }
        status.observedGeneration = set.metadata.generation
        status.replicas = pods.count
        status.readyReplicas = ready.count
        status.availableReplicas = ready.count(where: isAvailable)
        status.currentReplicas = lasting.count { revision(of: $0) == current.name }
        status.updatedReplicas = lasting.count { revision(of: $0) == update.name }
        status.currentRevision = current.name
        status.updateRevision = update.name
        status.collisionCount = collisions
        if !set.updatesOnDelete, status.updatedReplicas == set.replicas, status.readyReplicas == set.replicas,
            status.replicas == set.replicas
        {
            status.currentReplicas = status.updatedReplicas
            status.currentRevision = status.updateRevision
        }
        guard status != set.status else { return }
        plan.add(.merge(StatefulSet.resource, set.key, ["status": status.json], subresource: "status", tolerates: .notFound))
    }

    private mutating func lookAgainForAvailability() {
        guard set.minReadySeconds > 0 else { return }
        for pod in pods where pod.isReady && !isAvailable(pod) {
            guard let since = pod.readySince else { continue }
            let due = since.adding(.seconds(set.minReadySeconds)).duration(since: snapshot.now)
            plan.lookAgain(after: max(due, .milliseconds(10)))
        }
    }

    /// Revisions that a pod or the status names stay.
    private mutating func trimHistory() {
        var used: Set<String> = [current.name, update.name, set.status.currentRevision, set.status.updateRevision]
        for pod in pods { used.insert(revision(of: pod)) }
        history.trim(limit: set.revisionHistoryLimit, isUsed: { used.contains($0.name) }, &plan)
    }
}
