import Glibc

/// Runs work on a thread of its own, which ends with it: what the work does to its thread, as entering a namespace, ends too.
package enum FreshThread {
    /// Blocks the caller until the work is done.
    package static func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let box = ResultBox<Result>()
        let thread = try start(Job { box.value = Swift.Result { try body() } })
        pthread_join(thread, nil)
        guard let value = box.value else { preconditionFailure("a joined thread has stored its result") }
        return try value.get()
    }

    /// Returns at once; `body` says in its own way when it is done.
    package static func detach(_ body: @escaping @Sendable () -> Void) throws {
        pthread_detach(try start(Job(body)))
    }

    private static func start(_ job: Job) throws(NamespaceError) -> pthread_t {
        var thread = pthread_t()
        let passed = Unmanaged.passRetained(job)
        let refused = pthread_create(
            &thread, nil,
            { argument in
                // SAFETY: `argument` is the job retained for this thread just above.
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, passed.toOpaque())
        guard refused == 0 else {
            passed.release()
            throw NamespaceError(path: "a thread", reason: .system(call: "pthread_create", errno: refused))
        }
        return thread
    }
}

/// A C function pointer captures nothing, so the work travels as an object without generic parameters.
private final class Job {
    let work: () -> Void
    init(_ work: @escaping () -> Void) { self.work = work }
}

private final class ResultBox<Value> {
    var value: Result<Value, any Error>?
}
