package import API
package import ControlLoop

/// Which pod is tried next: higher priority first, then older; pods that did not fit wait for a change.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/scheduler/backend/queue/scheduling_queue.go`.
package struct SchedulingQueueStateMachine<Instant: InstantProtocol & Sendable>: Sendable
where Instant.Duration == Duration {
    private struct Entry: Sendable {
        var pod: Pod
        var order: Int
        var attempts = 0
        var lastTried: Instant?
    }

    /// A pod that did not fit is tried again after this long without any change.
    package static var unschedulableTimeMax: Duration { .seconds(300) }
    package static var backoff: Backoff { Backoff(initial: .seconds(1), maximum: .seconds(10)) }

    /// Sorted: the last is tried next.
    private var active: [Entry] = []
    private var waiting: [String: (entry: Entry, until: Instant)] = [:]
    private var unschedulable: [String: Entry] = [:]
    /// Pods being tried, and whether something changed meanwhile.
    private var inFlight: [String: (entry: Entry, changed: Bool)] = [:]
    private var known: Set<String> = []
    private var nextOrder = 0

    package init() {}

    package var pendingCount: Int { active.count + waiting.count + unschedulable.count }

    /// A pod without a node was seen, new or updated.
    package mutating func seen(_ pod: Pod) {
        let uid = pod.metadata.uid
        if known.insert(uid).inserted {
            nextOrder += 1
            activate(Entry(pod: pod, order: nextOrder))
        } else if inFlight[uid] != nil {
            inFlight[uid]?.entry.pod = pod
        } else if waiting[uid] != nil {
            waiting[uid]?.entry.pod = pod
        } else if var entry = unschedulable[uid] {
            // Its own status updates are no reason to try again; a new generation is.
            let changed =
                entry.pod.metadata.generation != pod.metadata.generation
                || entry.pod.metadata.labels != pod.metadata.labels
            entry.pod = pod
            unschedulable[uid] = entry
            if changed {
                unschedulable[uid] = nil
                activate(entry)
            }
        } else if let index = active.firstIndex(where: { $0.pod.metadata.uid == uid }) {
            active[index].pod = pod
        }
    }

    /// The pod has a node, or is gone.
    package mutating func left(_ uid: String) {
        known.remove(uid)
        waiting[uid] = nil
        unschedulable[uid] = nil
        inFlight[uid] = nil
        active.removeAll { $0.pod.metadata.uid == uid }
    }

    /// Room may have appeared: nodes or assigned pods changed.
    package mutating func clusterChanged(at now: Instant) {
        for uid in inFlight.keys { inFlight[uid]?.changed = true }
        for (uid, entry) in unschedulable {
            unschedulable[uid] = nil
            retry(entry, at: now)
        }
    }

    /// The pod to try next.
    package mutating func next(at now: Instant) -> Pod? {
        for (uid, (entry, until)) in waiting where until <= now {
            waiting[uid] = nil
            activate(entry)
        }
        for (uid, entry) in unschedulable {
            guard let tried = entry.lastTried, tried.advanced(by: Self.unschedulableTimeMax) <= now else { continue }
            unschedulable[uid] = nil
            activate(entry)
        }
        guard let entry = active.popLast() else { return nil }
        inFlight[entry.pod.metadata.uid] = (entry, false)
        return entry.pod
    }

    /// No node fits.
    package mutating func failed(_ uid: String, at now: Instant) {
        guard let tried = inFlight.removeValue(forKey: uid) else { return }
        var entry = tried.entry
        entry.attempts += 1
        entry.lastTried = now
        if tried.changed { retry(entry, at: now) } else { unschedulable[uid] = entry }
    }

    /// A node was found, but telling the server failed.
    package mutating func bindingFailed(_ uid: String, at now: Instant) {
        guard var entry = inFlight.removeValue(forKey: uid)?.entry else { return }
        entry.attempts += 1
        entry.lastTried = now
        retry(entry, at: now)
    }

    /// The earliest instant at which `next` gives more by itself.
    package var nextWake: Instant? {
        let backoffs = waiting.values.map(\.until)
        let limits = unschedulable.values.compactMap { $0.lastTried?.advanced(by: Self.unschedulableTimeMax) }
        return (backoffs + limits).min()
    }

    private mutating func retry(_ entry: Entry, at now: Instant) {
        let until = (entry.lastTried ?? now).advanced(by: Self.backoff.delay(attempt: max(0, entry.attempts - 1)))
        if until <= now { activate(entry) } else { waiting[entry.pod.metadata.uid] = (entry, until) }
    }

    private mutating func activate(_ entry: Entry) {
        func isLater(_ other: Entry) -> Bool {
            other.pod.spec.priority == entry.pod.spec.priority
                ? other.order > entry.order : other.pod.spec.priority < entry.pod.spec.priority
        }
        var low = 0
        var high = active.count
        while low < high {
            let middle = (low + high) / 2
            if isLater(active[middle]) { low = middle + 1 } else { high = middle }
        }
        active.insert(entry, at: low)
    }
}
