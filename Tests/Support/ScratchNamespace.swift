import CLinux
import Glibc

/// A network namespace of a test's own, gone with the last reference.
///
/// Everything runs on short-lived threads that enter it, never on a task's thread.
package final class ScratchNamespace: Sendable {
    private let descriptor: Int32

    /// Nil without the right to make one.
    package init?() {
        let result = Self.onThread { () -> Int32 in
            guard unshare(SKIFF_CLONE_NEWNET) == 0 else { return -1 }
            return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        }
        guard result >= 0 else { return nil }
        descriptor = result
    }

    deinit { close(descriptor) }

    /// Tests that need a namespace are enabled by this.
    package static let isAvailable = geteuid() == 0

    /// Runs a closure on a thread inside.
    package func perform<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
        Self.onThread { [descriptor] in
            precondition(setns(descriptor, SKIFF_CLONE_NEWNET) == 0, "setns: errno \(errno)")
            return body()
        }
    }

    /// Runs a shell script inside; gives its exit status and what it wrote.
    package func shell(_ script: String) -> (status: Int32, output: String) {
        perform {
            var pipes: [Int32] = [0, 0]
            precondition(pipe(&pipes) == 0, "pipe: errno \(errno)")
            // Another test's child must not hold the writing end open.
            for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
            posix_spawn_file_actions_adddup2(&actions, pipes[1], 2)
            posix_spawn_file_actions_addclose(&actions, pipes[0])
            defer { posix_spawn_file_actions_destroy(&actions) }
            var arguments: [UnsafeMutablePointer<CChar>?] =
                (["sh", "-c", script] as [String]).map { strdup($0) } + [nil]
            defer { for argument in arguments { free(argument) } }
            var process = pid_t()
            let spawned = posix_spawn(&process, "/bin/sh", &actions, nil, &arguments, environ)
            close(pipes[1])
            var output: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = read(pipes[0], &buffer, buffer.count)
                guard count > 0 else { break }
                output += buffer[..<count]
            }
            close(pipes[0])
            var status: Int32 = -1
            if spawned == 0 { waitpid(process, &status, 0) }
            return (status >> 8 & 0xff, String(decoding: output, as: UTF8.self))
        }
    }

    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
        let job = Job { Box(body()) }
        var thread = pthread_t()
        // SAFETY: the retain is balanced on the thread; the join orders its write of `result` before our read.
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(job).toOpaque())
        precondition(result == 0, "no thread: errno \(result)")
        pthread_join(thread, nil)
        guard let box = job.result as? Box<Value> else { preconditionFailure("the thread left no result") }
        return box.value
    }

    private final class Box<Value: Sendable>: Sendable {
        let value: Value
        init(_ value: Value) { self.value = value }
    }

    // SAFETY: `result` is written by one thread and read after joining it.
    private final class Job: @unchecked Sendable {
        private let body: @Sendable () -> any AnyObject & Sendable
        private(set) var result: (any AnyObject & Sendable)?

        init(_ body: @escaping @Sendable () -> any AnyObject & Sendable) { self.body = body }

        func run() { result = body() }
    }
}
