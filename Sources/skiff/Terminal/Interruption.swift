import Dispatch
import Glibc

/// Ctrl-C and SIGTERM as values.
enum Interruption {
    struct Signalled: Error {
        let signal: Int32
    }

    /// Runs `body` until it returns or a signal asks to end, then cancels it and throws `Signalled`.
    static func watch<Result: Sendable>(_ body: @escaping @Sendable () async throws -> Result) async throws -> Result {
        let (signals, sources) = listen()
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

    /// Runs `body` until it returns. The first signal calls `end`, which must make it return; the second cancels it.
    static func untilAsked(
        end: @escaping @Sendable () -> Void, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let (signals, sources) = listen()
        defer { for source in sources { source.cancel() } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                var isEnding = false
                for await _ in signals {
                    if isEnding { return }
                    isEnding = true
                    end()
                }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    private static func listen() -> (AsyncStream<Int32>, [any DispatchSourceSignal]) {
        let (signals, continuation) = AsyncStream.makeStream(of: Int32.self)
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
        return (signals, sources)
    }

    /// As `watch`, for a program that ends with success when it is asked to.
    static func untilAsked(_ body: @escaping @Sendable () async throws -> Void) async throws {
        do { try await watch(body) } catch is Signalled {}
    }
}
