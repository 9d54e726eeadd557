package import API
package import ControlLoop
import JSON
package import Logging
import Synchronization

/// Gives every pending pod a node: decides one pod at a time, tells the server of many at once.
package final class Scheduler: Sendable {
    package static let name = "default-scheduler"
    /// Bindings under way at once; deciding goes on meanwhile on the assumption that they succeed.
    package static let bindingsMax = 64

    private struct State {
        var queue = SchedulingQueueStateMachine<ContinuousClock.Instant>()
        var view = SchedulerView()
        var bindings = 0
    }

    private let listWatch: any ListWatch
    private let writer: any ObjectWriter
    private let logger: Logger
    private let events: EventRecorder
    private let now: @Sendable () -> Timestamp
    private let state = Mutex(State())
    private let signal = WakeSignal()
    private let clock = ContinuousClock()

    package init(
        listWatch: any ListWatch, writer: any ObjectWriter, logger: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.listWatch = listWatch
        self.writer = writer
        self.logger = logger
        self.now = now
        events = EventRecorder(writer: writer, component: Self.name, logger: logger, now: now)
    }

    /// Runs until cancelled.
    ///
    /// - Parameter shared: Caches that somebody else keeps up to date; nil: caches of its own.
    package func run(over shared: SharedCaches? = nil) async throws {
        let caches = shared ?? SharedCaches(listWatch: listWatch, logger: logger)
        let nodes = caches.cache(of: Node.self)
        let pods = caches.cache(of: Pod.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            if shared == nil { group.addTask { try await caches.run() } }
            group.addTask { [self] in await events.run() }
            try await nodes.waitUntilSynced()
            try await pods.waitUntilSynced()
            nodes.subscribe { [self] in take($0) }
            pods.subscribe { [self] in take($0) }
            group.addTask { [self] in await schedule() }
            try await group.waitForAll()
        }
    }

    // MARK: What is known

    private func take(_ change: CacheChange<Node>) {
        state.withLock { state in
            if let node = change.new { state.view.changed(node) } else { state.view.removed(node: change.key.name) }
            if Self.matters(change) { state.queue.clusterChanged(at: clock.now) }
        }
        signal.wake()
    }

    /// Heartbeats give no pod a better chance.
    private static func matters(_ change: CacheChange<Node>) -> Bool {
        guard let old = change.old, let new = change.new else { return true }
        return old.allocatable != new.allocatable || old.taints != new.taints || old.unschedulable != new.unschedulable
            || old.metadata.labels != new.metadata.labels
    }

    private func take(_ change: CacheChange<Pod>) {
        let pod = change.object
        let uid = pod.metadata.uid
        state.withLock { state in
            if change.isDeletion {
                state.view.removed(pod: uid)
                state.queue.left(uid)
                if !pod.spec.nodeName.isEmpty { state.queue.clusterChanged(at: clock.now) }
                return
            }
            if let old = change.old, old.metadata.uid != uid {
                state.view.removed(pod: old.metadata.uid)
                state.queue.left(old.metadata.uid)
            }
            state.view.changed(pod)
            if isOurs(pod) { state.queue.seen(pod) } else { state.queue.left(uid) }
            let hasEnded = pod.isFinished && change.old?.isFinished == false
            if hasEnded { state.queue.clusterChanged(at: clock.now) }
        }
        signal.wake()
    }

    private func isOurs(_ pod: Pod) -> Bool {
        pod.spec.nodeName.isEmpty && pod.spec.schedulerName == Self.name && pod.spec.schedulingGates.isEmpty
            && !pod.metadata.isBeingDeleted && !pod.isFinished
    }

    // MARK: Deciding

    private func schedule() async {
        await withDiscardingTaskGroup { group in
            var alarm: ContinuousClock.Instant?
            while !Task.isCancelled {
                while let (pod, placement) = decide() {
                    group.addTask { [self] in
                        await perform(placement, for: pod)
                        state.withLock { $0.bindings -= 1 }
                        signal.wake()
                    }
                }
                if let set = alarm, set <= clock.now { alarm = nil }
                if let wake = state.withLock({ $0.queue.nextWake }), alarm.map({ wake < $0 }) ?? true {
                    alarm = wake
                    group.addTask { [self] in
                        // Cancellation cuts the sleep short, which is what is wanted.
                        try? await clock.sleep(until: wake)
                        signal.wake()
                    }
                }
                await signal.wait()
            }
            group.cancelAll()
        }
    }

    /// Decides about the next pod and assumes that it will be so; nil: nothing to do, or too much under way.
    private func decide() -> (Pod, SchedulingCycle.Placement)? {
        state.withLock { state in
            guard state.bindings < Self.bindingsMax, let pod = state.queue.next(at: clock.now) else { return nil }
            let placement = SchedulingCycle.place(
                pod, in: state.view, spreadSelector: Self.spreadSelector(of: pod), random: .random(in: 0..<1))
            if case .place(let node) = placement {
                state.view.assume(pod, on: node)
            } else {
                state.queue.failed(pod.metadata.uid, at: clock.now)
            }
            state.bindings += 1
            return (pod, placement)
        }
    }

    /// Pods made by one controller from one template carry the same labels.
    static func spreadSelector(of pod: Pod) -> LabelSelector? {
        guard pod.metadata.controller != nil, !pod.metadata.labels.isEmpty else { return nil }
        return LabelSelector(matchLabels: pod.metadata.labels)
    }

    private func perform(_ placement: SchedulingCycle.Placement, for pod: Pod) async {
        switch placement {
        case .place(let node): await bind(pod, to: node)
        case .unschedulable(let message): await report(pod, message)
        }
    }

    private func bind(_ pod: Pod, to node: String) async {
        let uid = pod.metadata.uid
        let binding: JSONValue = [
            "apiVersion": "v1", "kind": "Binding",
            "metadata": [
                "name": .string(pod.metadata.name), "namespace": .string(pod.metadata.namespace), "uid": .string(uid),
            ],
            "target": ["apiVersion": "v1", "kind": "Node", "name": .string(node)],
        ]
        do {
            try await writer.create(Pod.resource, pod.key, subresource: "binding", binding)
            events.record(
                ObjectReference(to: pod), type: "Normal", reason: "Scheduled",
                message: "Successfully assigned \(pod.key) to \(node)")
        } catch {
            guard !Task.isCancelled else { return }
            let isGone = (error as? Status)?.isNotFound ?? false
            state.withLock { state in
                state.view.forget(uid)
                if isGone { state.queue.left(uid) } else { state.queue.bindingFailed(uid, at: clock.now) }
            }
            logger.info("binding failed", metadata: ["pod": "\(pod.key)", "node": "\(node)", "error": "\(error)"])
        }
    }

    private func report(_ pod: Pod, _ message: String) async {
        events.record(ObjectReference(to: pod), type: "Warning", reason: "FailedScheduling", message: message)
        let old = pod.status.conditions["PodScheduled"]
        guard old?.status != "False" || old?.message != message else { return }
        var conditions = pod.status.conditions.filter { $0.type != "PodScheduled" }
        conditions.append(
            Condition(
                type: "PodScheduled", status: "False", reason: "Unschedulable", message: message,
                lastTransitionTime: old?.status == "False" ? old?.lastTransitionTime : now()))
        do {
            try await writer.patch(
                Pod.resource, pod.key, .merge,
                [
                    "metadata": ["uid": .string(pod.metadata.uid)],
                    "status": ["phase": "Pending", "conditions": .array(conditions.map(\.json))],
                ], subresource: "status")
        } catch {
            logger.debug("condition not written", metadata: ["pod": "\(pod.key)", "error": "\(error)"])
        }
    }
}
