import API
import HTTP
import Machinery
import Synchronization

/// How many requests are worked on at once. Streams do not count.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/server/filters/maxinflight.go`.
package struct RequestLimits: Hashable, Sendable {
    /// Gets, lists.
    package var readOnlyMax: Int
    package var mutatingMax: Int
    /// How long a request may take that is no stream.
    package var timeout: Duration

    package init(readOnlyMax: Int = 400, mutatingMax: Int = 200, timeout: Duration = .seconds(60)) {
        self.readOnlyMax = readOnlyMax
        self.mutatingMax = mutatingMax
        self.timeout = timeout
    }
}

/// Counts the requests under way and cancels those whose time is over.
final class RequestsInFlight: Sendable {
    struct Counts: Hashable, Sendable {
        var readOnly = 0
        var mutating = 0
    }

    private struct State {
        var counts = Counts()
        var deadlines: [UInt64: (at: Duration, task: RunningTask)] = [:]
        var nextID: UInt64 = 0
        /// Wait for the last request to end.
        var waiters: [CheckedContinuation<Void, Never>] = []

        var isIdle: Bool { counts == Counts() }
    }

    // SAFETY: `cancel()` is allowed from any thread while the task lives; `run` holds it only while that task is inside, under
    // the lock.
    private struct RunningTask: @unchecked Sendable {
        let task: UnsafeCurrentTask
    }

    let limits: RequestLimits
    private let state = Mutex(State())

    init(limits: RequestLimits) { self.limits = limits }

    var counts: Counts { state.withLock(\.counts) }

    /// False when there are too many already.
    ///
    /// - Parameter isPrivileged: Always let in: whoever repairs an overloaded server must get an answer.
    func begin(isMutating: Bool, isPrivileged: Bool) -> Bool {
        state.withLock { state in
            let count = isMutating ? state.counts.mutating : state.counts.readOnly
            guard isPrivileged || count < (isMutating ? limits.mutatingMax : limits.readOnlyMax) else { return false }
            if isMutating { state.counts.mutating += 1 } else { state.counts.readOnly += 1 }
            return true
        }
    }

    func end(isMutating: Bool) {
        let released = state.withLock { state in
            if isMutating { state.counts.mutating -= 1 } else { state.counts.readOnly -= 1 }
            guard state.isIdle else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in released { waiter.resume() }
    }

    /// Returns when no request is under way.
    func waitUntilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if !state.isIdle { state.waiters.append(continuation) }
                return state.isIdle
            }
            if isIdle { continuation.resume() }
        }
    }

    /// Runs `body` in this task, which is cancelled at `deadline` (the clock of `tick`).
    func run<Result: Sendable>(until deadline: Duration, _ body: () async throws -> Result) async rethrows -> Result {
        guard let running = withUnsafeCurrentTask(body: { $0.map(RunningTask.init) }) else { return try await body() }
        let id = state.withLock { state in
            state.nextID += 1
            state.deadlines[state.nextID] = (deadline, running)
            return state.nextID
        }
        defer { state.withLock { $0.deadlines[id] = nil } }
        return try await body()
    }

    /// Cancels what is overdue. Called about once a second.
    func tick(now: Duration) {
        state.withLock { state in
            for (id, entry) in state.deadlines where entry.at <= now {
                entry.task.task.cancel()
                state.deadlines[id] = nil
            }
        }
    }

    /// Plain text, as upstream answers it.
    static var tooMany: HTTPResponse {
        var response = Responses.text("Too many requests, please try again later.\n", code: 429)
        response.headers["retry-after"] = "1"
        return response
    }
}

/// `?timeout=` of a request.
enum RequestTimeout {
    /// The time that a request asks for, never more than the server's own; nil text or zero: the server's own.
    static func read(_ text: String?, max: Duration) throws(Status) -> Duration {
        guard let text, !text.isEmpty else { return max }
        guard let wanted = GoDuration.parse(text) else {
            throw APIErrors.badRequest(
                "invalid timeout specified in the request URL - time: invalid duration \"\(text)\"")
        }
        return wanted > .zero && wanted < max ? wanted : max
    }
}

/// Durations as Go writes them: `1h30m`, `2.5s`, `100ms`.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("h", 3.6e12), ("m", 6e10), ("s", 1e9),
    ]

    static func parse(_ text: String) -> Duration? {
        var rest = text[...]
        var sign = 1.0
        if let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest = rest.dropFirst()
        }
        if rest == "0" { return .zero }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            guard let value = Double(String(number.first == "." ? "0\(number)" : "\(number)")) else { return nil }
            rest = rest.dropFirst(number.count)
            guard let unit = units.first(where: { rest.hasPrefix($0.name) }) else { return nil }
            rest = rest.dropFirst(unit.name.count)
            total += value * unit.nanoseconds
        }
        guard total < 9e18 else { return nil }
        return .nanoseconds(Int64(sign * total))
    }
}
