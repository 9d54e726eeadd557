import API
import ControlLoop
import JSON

extension StatefulSync {
    /// What looking after one pod allows.
    private enum Progress { case goOn, wait }

    /// One pod after another, each waiting for those before it.
    mutating func runInOrder() {
        for index in replicas.indices where lookAfter(index) == .wait { return }
        for pod in condemned { fixClaims(of: pod) }
        for pod in condemned {
            guard !pod.metadata.isBeingDeleted, isAvailable(pod) || pod.metadata.uid == firstUnavailable?.metadata.uid else {
                return
            }
            return plan.add(delete(pod))
        }
        replaceOutdated()
    }

    /// Every pod by itself.
    mutating func runAtOnce() {
        var claims: [Write] = []
        var creations: [Write] = []
        for index in replicas.indices where replicas[index] == nil {
            guard let writes = creation(index) else { continue }
            claims += writes.claims
            creations.append(writes.pod)
        }
        plan.addSlowStart(claims)
        plan.addSlowStart(creations)
        for index in replicas.indices where replicas[index] != nil { _ = lookAfter(index) }
        for pod in condemned { fixClaims(of: pod) }
        plan.addSlowStart(condemned.filter { !$0.metadata.isBeingDeleted }.map(delete))
        if creations.isEmpty { replaceOutdated() }
    }

    private mutating func lookAfter(_ index: Int) -> Progress {
        guard let pod = replicas[index] else {
            guard let writes = creation(index) else { return .wait }
            for claim in writes.claims { plan.add(claim) }
            plan.add(writes.pod)
            return .wait
        }
        if pod.isFinished {
            if !pod.metadata.isBeingDeleted { plan.add(delete(pod)) }
            return .wait
        }
        let ordinal = set.firstOrdinal + index
        if pod.status.phase == "Pending" || pod.status.phase.isEmpty, !pod.metadata.isBeingDeleted {
            for claim in missingClaims(ordinal, owner: pod) ?? [] { plan.add(claim) }
        }
        if set.isOrdered, isUnavailable(pod) { return .wait }
        if !pod.metadata.isBeingDeleted { fixIdentity(of: pod, ordinal) }
        fixClaims(of: pod)
        return .goOn
    }

    /// The lowest pod that is of no use, wanted or not.
    private var firstUnavailable: Pod? {
        if let index = replicas.firstIndex(where: isUnavailable) { return replicas[index] }
        return condemned.last(where: isUnavailable)
    }

    /// Ends pods of another revision, from the last one down, as many as may be missing.
    private mutating func replaceOutdated() {
        guard !set.updatesOnDelete else { return }
        var allowed = 1
        if set.partition != nil {
            allowed = max(1, set.maxUnavailable.scaled(of: set.replicas, roundingUp: false) ?? 1)
        }
        allowed -= replicas.count(where: isUnavailable)
        let first = max(0, set.partition ?? 0)
        guard allowed > 0, first < replicas.count else { return }
        for pod in replicas[first...].reversed().compactMap({ $0 })
        where allowed > 0 && !pod.metadata.isBeingDeleted && revision(of: pod) != update.name {
            plan.add(delete(pod))
            allowed -= 1
        }
    }

    private func delete(_ pod: Pod) -> Write {
        let what = "delete Pod \(pod.metadata.name) in StatefulSet \(set.metadata.name)"
        return .delete(
            Pod.resource, pod.key, DeletionOptions(uid: pod.metadata.uid),
            report: Write.Report(
                about: ObjectReference(to: set), success: ("SuccessfulDelete", "\(what) successful"),
                failure: ("FailedDelete", "\(what) failed error: "), namesObject: false))
    }

    // MARK: New pods

    /// The writes that bring a pod; nil while a claim of its predecessor is still there.
    private func creation(_ index: Int) -> (claims: [Write], pod: Write)? {
        let ordinal = set.firstOrdinal + index
        guard let claims = missingClaims(ordinal, owner: nil) else { return nil }
        let what = "create Pod \(set.metadata.name)-\(ordinal) in StatefulSet \(set.metadata.name)"
        let report = Write.Report(
            about: ObjectReference(to: set), success: ("SuccessfulCreate", "\(what) successful"),
            failure: ("FailedCreate", "\(what) failed error: "), namesObject: false)
        let pod = Write.create(Pod.resource, namespace: set.metadata.namespace, self.pod(ordinal), report: report)
        return (claims, pod)
    }

    private func pod(_ ordinal: Int) -> JSONValue {
        let name = "\(set.metadata.name)-\(ordinal)"
        let revision = keepsCurrent(ordinal) ? current : update
        let template = revision == update ? set.template : TemplateRevision.template(from: revision.data)
        var pod = PodTemplate.pod(from: template, owner: set)
        pod[path: ["metadata", "name"]] = .string(name)
        pod[path: ["metadata", "labels", StatefulSet.podNameLabel]] = .string(name)
        pod[path: ["metadata", "labels", StatefulSet.podIndexLabel]] = .string(String(ordinal))
        pod[path: ["metadata", "labels", ControllerRevision.podLabel]] = .string(revision.name)
        pod[path: ["spec", "hostname"]] = .string(name)
        if !set.serviceName.isEmpty { pod[path: ["spec", "subdomain"]] = .string(set.serviceName) }
        guard !set.claimTemplates.isEmpty else { return pod }
        let claims: [JSONValue] = set.claimTemplates.map { claim in
            [
                "name": claim["metadata"]?["name"] ?? "",
                "persistentVolumeClaim": ["claimName": .string(set.claimName(claim, ordinal: ordinal))],
            ]
        }
        let names = claims.map { $0["name"] }
        let others = (pod["spec"]?["volumes"]?.array ?? []).filter { !names.contains($0["name"]) }
        pod[path: ["spec", "volumes"]] = .array(claims + others)
        return pod
    }

    /// Upstream: `isCurrentRevisionNeeded`.
    private func keepsCurrent(_ ordinal: Int) -> Bool {
        if set.updatesOnDelete { return false }
        return ordinal < set.firstOrdinal + (set.partition ?? set.status.currentReplicas)
    }

    private mutating func fixIdentity(of pod: Pod, _ ordinal: Int) {
        let wanted = [StatefulSet.podNameLabel: pod.metadata.name, StatefulSet.podIndexLabel: String(ordinal)]
        let wrong = wanted.filter { pod.metadata.labels[$0.key] != $0.value }
        guard !wrong.isEmpty else { return }
        plan.add(.merge(Pod.resource, pod.key, ["metadata": ["labels": JSONValue(wrong)]], tolerates: .notFound))
    }
}
