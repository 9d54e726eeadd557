import Dispatch
import Glibc

/// Ctrl-C and SIGTERM as values.
enum Interruption {
    struct Signalled: Error {
        let signal: Int32
    }

    /// Runs `body` until it returns or a signal asks to end, then cancels it and throws `Signalled`.
    static func watch<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await number in signals { throw Signalled(signal: number) }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }

    /// As `watch`, for a program that ends with success when it is asked to.
    static func untilAsked(_ body: @escaping @Sendable () async throws -> Void) async throws {
        do { try await watch(body) } catch is Signalled {}
    }
}
