import ControlLoop
import Testing

@Suite struct WorkQueueStateMachineTests {
    let start = ContinuousClock.now
    func after(_ duration: Duration) -> ContinuousClock.Instant { start.advanced(by: duration) }

    @Test func `gives a key once however often it was added`() {
        var queue = WorkQueueStateMachine<String, ContinuousClock.Instant>()
        for _ in 0..<5 { queue.added("a") }
        queue.added("b")
        #expect(queue.next(at: start) == "a")
        #expect(queue.next(at: start) == "b")
        #expect(queue.next(at: start) == nil)
    }

    @Test func `a key added while in flight comes again only after it is finished`() {
        var queue = WorkQueueStateMachine<String, ContinuousClock.Instant>()
        queue.added("a")
        #expect(queue.next(at: start) == "a")
        queue.added("a")
        #expect(queue.next(at: start) == nil)
        queue.finished("a")
        #expect(queue.next(at: start) == "a")
        queue.finished("a")
        #expect(queue.next(at: start) == nil)
        #expect(queue.isIdle)
    }

    @Test func `delays keep the earliest wish and adding now cancels them`() {
        var queue = WorkQueueStateMachine<String, ContinuousClock.Instant>()
        queue.added("a", at: after(.seconds(5)))
        queue.added("a", at: after(.seconds(9)))
        queue.added("b", at: after(.seconds(3)))
        #expect(queue.nextWake() == after(.seconds(3)))
        #expect(queue.next(at: after(.seconds(2))) == nil)
        queue.added("b")
        #expect(queue.next(at: after(.seconds(2))) == "b")
        queue.finished("b")
        #expect(queue.nextWake() == after(.seconds(5)))
        #expect(queue.next(at: after(.seconds(5))) == "a")
        queue.finished("a")
        #expect(queue.nextWake() == nil)
    }

    @Test func `failures back off and a success starts over`() {
        var queue = WorkQueueStateMachine<String, ContinuousClock.Instant>(
            backoff: Backoff(initial: .seconds(1), maximum: .seconds(4)))
        for delay in [1, 2, 4, 4] {
            queue.failed("a", at: start)
            #expect(queue.nextWake() == after(.seconds(delay)))
            #expect(queue.next(at: after(.seconds(10))) == "a")
            queue.finished("a")
        }
        queue.succeeded("a")
        queue.failed("a", at: start)
        #expect(queue.nextWake() == after(.seconds(1)))
    }

    @Test(arguments: [1, 7, 42, 1234]) func `never hands out a key twice at once and loses none`(seed: UInt64) {
        var random = seed
        func roll(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(random >> 33) % bound
        }
        var queue = WorkQueueStateMachine<Int, ContinuousClock.Instant>()
        var flying: Set<Int> = []
        var owed: Set<Int> = []
        var now = start
        for _ in 0..<3000 {
            switch roll(4) {
            case 0:
                let key = roll(20)
                queue.added(key)
                owed.insert(key)
            case 1:
                let key = roll(20)
                queue.added(key, at: now.advanced(by: .milliseconds(roll(50))))
                owed.insert(key)
            case 2:
                if let key = queue.next(at: now) {
                    #expect(flying.insert(key).inserted, "seed \(seed)")
                    owed.remove(key)
                }
            default:
                if let key = flying.min() {
                    flying.remove(key)
                    queue.finished(key)
                }
            }
            now = now.advanced(by: .milliseconds(1))
        }
        for key in flying { queue.finished(key) }
        while let key = queue.next(at: now.advanced(by: .seconds(1))) {
            owed.remove(key)
            queue.finished(key)
        }
        #expect(owed.isEmpty, "seed \(seed)")
    }
}
