import API
import Scheduler
import Testing

@Suite struct SchedulingQueueStateMachineTests {
    let start = ContinuousClock.now

    func pod(_ name: String, priority: Int64 = 0) -> Pod {
        var pod = Pod(metadata: ObjectMeta(name: name, namespace: "ns", uid: name))
        pod.spec.priority = priority
        return pod
    }

    func name(_ pod: Pod?) -> String? { pod?.metadata.name }

    @Test func `higher priority first, then first come`() {
        var queue = SchedulingQueueStateMachine<ContinuousClock.Instant>()
        for pod in [pod("a"), pod("b", priority: 10), pod("c"), pod("d", priority: 10)] { queue.seen(pod) }
        let order = (0..<5).map { _ in name(queue.next(at: start)) }
        #expect(order == ["b", "d", "a", "c", nil])
    }

    @Test func `a pod that did not fit waits for a change, and then for its backoff`() {
        var queue = SchedulingQueueStateMachine<ContinuousClock.Instant>()
        queue.seen(pod("a"))
        _ = queue.next(at: start)
        queue.failed("a", at: start)
        queue.seen(pod("a"))
        #expect(queue.next(at: start) == nil)
        queue.clusterChanged(at: start)
        #expect(queue.next(at: start) == nil)
        #expect(queue.nextWake == start.advanced(by: .seconds(1)))
        #expect(name(queue.next(at: start.advanced(by: .seconds(1)))) == "a")
    }

    @Test func `a change during the attempt is not missed`() {
        var queue = SchedulingQueueStateMachine<ContinuousClock.Instant>()
        queue.seen(pod("a"))
        _ = queue.next(at: start)
        queue.clusterChanged(at: start)
        queue.failed("a", at: start)
        #expect(name(queue.next(at: start.advanced(by: .seconds(1)))) == "a")
    }

    @Test func `without any change it is tried again after five minutes`() {
        var queue = SchedulingQueueStateMachine<ContinuousClock.Instant>()
        queue.seen(pod("a"))
        _ = queue.next(at: start)
        queue.failed("a", at: start)
        #expect(queue.nextWake == start.advanced(by: .seconds(300)))
        #expect(name(queue.next(at: start.advanced(by: .seconds(300)))) == "a")
    }

    @Test func `a pod that left is forgotten wherever it stands`() {
        var queue = SchedulingQueueStateMachine<ContinuousClock.Instant>()
        queue.seen(pod("a"))
        _ = queue.next(at: start)
        queue.left("a")
        queue.bindingFailed("a", at: start)
        #expect(queue.next(at: start.advanced(by: .seconds(400))) == nil)
        #expect(queue.pendingCount == 0)
    }
}
