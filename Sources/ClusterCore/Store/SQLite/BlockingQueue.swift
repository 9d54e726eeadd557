import Glibc

/// Hands work to one thread that sleeps while there is none.
///
/// Blocking calls stay on that thread, never on the concurrency pool.
// SAFETY: `elements` and `closed` are touched only while `mutex` is held; the two pointers never change.
package final class BlockingQueue<Element: Sendable>: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var elements: [Element] = []
    private var closed = false

    package init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// False when the queue is closed; then the element was not taken.
    package func append(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !closed else { return false }
        elements.append(element)
        pthread_cond_signal(condition)
        return true
    }

    /// What was accepted before is still handed out.
    package func close() {
        pthread_mutex_lock(mutex)
        closed = true
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Waits for at least one element and takes up to `countMax`; nil when closed and empty.
    package func take(countMax: Int) -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while elements.isEmpty {
            if closed { return nil }
            pthread_cond_wait(condition, mutex)
        }
        if elements.count <= countMax {
            let taken = elements
            elements = []
            return taken
        }
        let taken = Array(elements.prefix(countMax))
        elements.removeFirst(countMax)
        return taken
    }
}

/// Runs `body` on a new thread of its own.
package func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    let code = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            // SAFETY: the pointer is the box retained above, consumed exactly once.
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    precondition(code == 0, "pthread_create failed with \(code)")
    pthread_detach(thread)
}
