import API
import ControlLoop
import JSON

/// One look at a DaemonSet, its pods on every node and its revisions, and the plan that grows from it.
struct DaemonSync {
    /// A pod that fails at once is replaced no oftener than this.
    static let failedPodAgeMin: Duration = .seconds(5)
    /// Pods created or deleted by one decision; the next one goes on.
    static let burstReplicasMax = 250

    let set: DaemonSet
    let snapshot: Snapshot
    let history: RevisionHistory<DaemonSet>
    let revision: RevisionHistory<DaemonSet>.Entry
    /// By name.
    let nodes: [Node]
    let fits: [String: DaemonPod.Fit]
    /// The pods by the node that they stand on or were made for, the one that counts first.
    let podsByNode: [String: [Pod]]
    let pod: DaemonPod
    var plan = Plan()
    private let collisions: Int?

    init(_ set: DaemonSet, _ snapshot: Snapshot) {
        self.set = set
        self.snapshot = snapshot
        history = RevisionHistory(
            of: set, selector: set.selector,
            style: .init(hashLabel: ControllerRevision.podLabel) { data, collisions in
                PodTemplate.hash(TemplateRevision.template(from: data), collisions: collisions)
            }, snapshot)
        history.adopt(&plan)
        var collisions = set.status.collisionCount ?? 0
        revision = history.present(template: set.template, collisions: &collisions, &plan)
        self.collisions = collisions == 0 ? set.status.collisionCount : collisions
        let pod = DaemonPod(set)
        self.pod = pod
        nodes = snapshot.list(Node.self)
        fits = Dictionary(nodes.map { ($0.metadata.name, pod.fit($0)) }) { first, _ in first }
        podsByNode = Dictionary(grouping: Self.claim(set, snapshot, &plan), by: DaemonPod.node(of:))
            .mapValues { $0.sorted(by: Self.counts) }
    }

    /// The pods of the set; adopts orphans that match and releases pods that no longer do.
    private static func claim(_ set: DaemonSet, _ snapshot: Snapshot, _ plan: inout Plan) -> [Pod] {
        var found: [Pod] = []
        for pod in snapshot.list(Pod.self, by: .controllerUID, set.metadata.uid)
        where pod.metadata.namespace == set.metadata.namespace {
            if set.selector.matches(pod.metadata.labels) {
                found.append(pod)
            } else {
                plan.add(OwnerReferences.release(pod, by: set))
            }
        }
        for pod in snapshot.list(Pod.self, namespace: set.metadata.namespace)
        where pod.metadata.controller == nil && !pod.metadata.isBeingDeleted && set.selector.matches(pod.metadata.labels) {
            plan.add(OwnerReferences.adopt(pod, by: set))
            found.append(pod)
        }
        return found
    }

    /// Of two pods on one node, one with a place counts before one without, an older one before a younger.
    private static func counts(_ left: Pod, before right: Pod) -> Bool {
        if left.spec.nodeName.isEmpty != right.spec.nodeName.isEmpty { return !left.spec.nodeName.isEmpty }
        if let first = left.metadata.creationTimestamp, let second = right.metadata.creationTimestamp, first != second {
            return first < second
        }
        return left.metadata.name < right.metadata.name
    }

    mutating func run() {
        // The status comes first: a refused pod must not keep it from being written.
        addStatus()
        let steps = plan.steps.count
        keepOnePerNode()
        if plan.steps.count == steps, !set.updatesOnDelete { replaceOutdated() }
        let used = Set(podsByNode.values.joined().map(hash))
        history.trim(
            limit: set.revisionHistoryLimit, isUsed: { $0.name == revision.name || used.contains($0.hash) }, &plan)
    }

    // MARK: What pods are

    func hash(of pod: Pod) -> String { pod.metadata.labels[ControllerRevision.podLabel] ?? "" }

    /// Upstream: `IsPodUpdated`.
    func isUpdated(_ pod: Pod) -> Bool {
        if !revision.hash.isEmpty, hash(of: pod) == revision.hash { return true }
        guard let generation = set.metadata.annotations[DaemonSet.generationAnnotation] else { return false }
        return pod.metadata.labels[DaemonSet.generationLabel] == generation
    }

    func isAvailable(_ pod: Pod?) -> Bool {
        pod?.isAvailable(minReadySeconds: set.minReadySeconds, at: snapshot.now) ?? false
    }

    func runs(_ node: String) -> Bool { fits[node]?.runs ?? false }

    var desired: Int { nodes.count { runs($0.metadata.name) } }

    // MARK: One pod per node

    private mutating func keepOnePerNode() {
        var missing: [String] = []
        var surplus: [Pod] = []
        for node in nodes {
            let name = node.metadata.name
            let fit = fits[name] ?? DaemonPod.Fit(runs: false, stays: false)
            let pods = podsByNode[name] ?? []
            if fit.runs, pods.isEmpty {
                missing.append(name)
            } else if fit.stays {
                surplus += surplusPods(pods, on: name)
            } else {
                surplus += pods.filter { !$0.metadata.isBeingDeleted }
            }
        }
        // Pods for a node that went away before they were bound.
        for (name, pods) in podsByNode.sorted(by: { $0.key < $1.key }) where fits[name] == nil {
            surplus += pods.filter { $0.spec.nodeName.isEmpty && !$0.metadata.isBeingDeleted }
        }
        write(create: missing, delete: surplus)
    }

    private mutating func surplusPods(_ pods: [Pod], on node: String) -> [Pod] {
        var gone: [Pod] = []
        var lasting: [Pod] = []
        for pod in pods where !pod.metadata.isBeingDeleted {
            guard pod.isFinished else {
                lasting.append(pod)
                continue
            }
            let name = "\(pod.metadata.namespace)/\(pod.metadata.name)"
            if pod.status.phase == "Succeeded" {
                notice(
                    "Normal", "SucceededDaemonPod", "Found succeeded daemon pod \(name) on node \(node), will try to delete it")
            } else {
                let due = pod.metadata.creationTimestamp?.adding(Self.failedPodAgeMin)
                if let due, due > snapshot.now {
                    plan.lookAgain(after: due.duration(since: snapshot.now))
                    continue
                }
                notice("Warning", "FailedDaemonPod", "Found failed daemon pod \(name) on node \(node), will try to kill it")
            }
            gone.append(pod)
        }
        guard lasting.count > 1 else { return gone }
        guard maxSurge > 0 else { return gone + lasting.dropFirst() }
        let new = lasting.first { hash(of: $0) == revision.hash }
        let old = lasting.first { hash(of: $0) != revision.hash }
        gone += lasting.filter { $0.metadata.uid != new?.metadata.uid && $0.metadata.uid != old?.metadata.uid }
        if let new, let old, !old.isReady || isAvailable(new) { gone.append(old) }
        return gone
    }

    private mutating func notice(_ type: String, _ reason: String, _ message: String) {
        plan.notices.append(Plan.Notice(ObjectReference(to: set), type: type, reason: reason, message: message))
    }

    mutating func write(create nodes: [String], delete pods: [Pod]) {
        let reference = ObjectReference(to: set)
        let creation = Write.Report(
            about: reference, success: ("SuccessfulCreate", "Created pod: "), failure: ("FailedCreate", "Error creating: "))
        let deletion = Write.Report(
            about: reference, success: ("SuccessfulDelete", "Deleted pod: "), failure: ("FailedDelete", "Error deleting: "))
        plan.addSlowStart(
            nodes.prefix(Self.burstReplicasMax).map {
                .create(
                    Pod.resource, namespace: set.metadata.namespace, pod.json(on: $0, hash: revision.hash), report: creation)
            })
        plan.addSlowStart(
            pods.prefix(Self.burstReplicasMax).map {
                .delete(Pod.resource, $0.key, DeletionOptions(uid: $0.metadata.uid), report: deletion)
            })
    }

    // MARK: Status

    private mutating func addStatus() {
        var status = DaemonSet.Status()
        status.observedGeneration = set.metadata.generation
        status.collisionCount = collisions
        for node in nodes {
            let pod = podsByNode[node.metadata.name]?.first
            guard runs(node.metadata.name) else {
                if pod != nil { status.misscheduled += 1 }
                continue
            }
            status.desired += 1
            guard let pod else { continue }
            status.current += 1
            if pod.isReady { status.ready += 1 }
            if isAvailable(pod) { status.available += 1 }
            if isUpdated(pod) { status.updated += 1 }
            if let since = pod.readySince, !isAvailable(pod) {
                let due = since.adding(.seconds(set.minReadySeconds)).duration(since: snapshot.now)
                plan.lookAgain(after: max(due, .milliseconds(10)))
            }
        }
        status.unavailable = status.desired - status.available
        guard status != set.status else { return }
        plan.add(.merge(DaemonSet.resource, set.key, ["status": status.json], subresource: "status", tolerates: .notFound))
    }
}
