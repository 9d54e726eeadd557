import Glibc

/// A thread for work that blocks, joined by its owner.
final class OwnThread: Sendable {
    private final class Body: Sendable {
        let work: @Sendable () -> Void

        init(_ work: @escaping @Sendable () -> Void) { self.work = work }
    }

    private let thread: pthread_t

    /// Nil when the system makes no more threads.
    init?(_ work: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let passed = Unmanaged.passRetained(Body(work))
        let refused = pthread_create(
            &thread, nil,
            { argument in
                // SAFETY: `argument` is the body retained for this thread just above.
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().work() }
                return nil
            }, passed.toOpaque())
        guard refused == 0 else {
            passed.release()
            return nil
        }
        self.thread = thread
    }

    func join() { pthread_join(thread, nil) }
}

/// Clocks of the serving threads.
enum Ticks {
    static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static func milliseconds() -> UInt64 { nanoseconds() / 1_000_000 }
    static func seconds() -> UInt64 { nanoseconds() / 1_000_000_000 }
}

/// Wakes a thread that waits in `poll`.
final class WakePipe: Sendable {
    let reading: Int32
    private let writing: Int32

    init() throws(DNSServerError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system(call: "pipe", errno: errno) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        reading = ends[0]
        writing = ends[1]
    }

    deinit {
        close(reading)
        close(writing)
    }

    func wake() {
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    func drain() {
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(reading, &bytes, bytes.count) > 0 {}
    }
}

/// Why the server cannot serve.
package enum DNSServerError: Error, Hashable, Sendable, CustomStringConvertible {
    case system(call: String, errno: Int32)
    case noSockets

    package var description: String {
        switch self {
        case .system(let call, let errno): "\(call): \(String(cString: strerror(errno)))"
        case .noSockets: "no address to serve"
        }
    }
}
