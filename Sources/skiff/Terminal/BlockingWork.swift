import Glibc

/// Runs calls that block on a thread of their own: the concurrency pool has only as many threads as the machine has cores.
enum BlockingWork {
    static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let job = Job { continuation.resume(with: Swift.Result { try body() }) }
            let passed = Unmanaged.passRetained(job)
            var thread = pthread_t()
            let refused = pthread_create(
                &thread, nil,
                { argument in
                    // SAFETY: `argument` is the job retained for this thread just below.
                    if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().work() }
                    return nil
                }, passed.toOpaque())
            if refused == 0 {
                pthread_detach(thread)
            } else {
                passed.release()
                job.work()
            }
        }
    }

    /// A C function pointer captures nothing, so the work travels as an object.
    private final class Job {
        let work: () -> Void

        init(_ work: @escaping () -> Void) { self.work = work }
    }
}
