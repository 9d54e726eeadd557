import CLinux
import Glibc

/// A thread that runs closures one after another, for calls that block.
///
/// Ends when the last reference goes and its queue is empty.
package final class SerialThread: Sendable {
    private let queue = Queue()

    package init() {
        // SAFETY: the retain is balanced by `takeRetainedValue` at the start of the thread.
        let argument = Unmanaged.passRetained(queue).toOpaque()
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let queue = Unmanaged<Queue>.fromOpaque(argument).takeRetainedValue()
                while let job = queue.next() { job() }
                return nil
            }, argument)
        precondition(result == 0, "no thread: errno \(result)")
        pthread_detach(thread)
    }

    deinit { queue.close() }

    /// Moves the thread, and what it opens from here on, into a network namespace of its own; false without the right to.
    package func enterNewNetwork() async -> Bool { await perform { unshare(SKIFF_CLONE_NEWNET) == 0 } }

    /// Runs a closure on the thread and gives its result.
    package func perform<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.append {
                do throws(Failure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    // SAFETY: `jobs` and `isClosed` are touched with the mutex held only; mutex and condition live as long as the object.
    private final class Queue: @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var jobs: [@Sendable () -> Void] = []
        private var isClosed = false

        init() {
            pthread_mutex_init(mutex, nil)
            pthread_cond_init(condition, nil)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func append(_ job: @escaping @Sendable () -> Void) {
            pthread_mutex_lock(mutex)
            jobs.append(job)
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func close() {
            pthread_mutex_lock(mutex)
            isClosed = true
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        /// Waits for a job; nil when closed and empty.
        func next() -> (@Sendable () -> Void)? {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while jobs.isEmpty {
                if isClosed { return nil }
                pthread_cond_wait(condition, mutex)
            }
            return jobs.removeFirst()
        }
    }
}
