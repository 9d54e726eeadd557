import Synchronization

/// Gives requests their seats, level by level; those that find none wait in a line per flow, the lines taking turns.
///
/// A level always has its nominal seats. Seats that nobody uses are lent to whoever comes.
final class FlowSeats: Sendable {
    /// What `/metrics` tells of one level.
    struct Counts: Hashable, Sendable {
        var executing = 0
        var waiting = 0
        var dispatched = 0
        /// By reason: `queue-full`, `concurrency-limit`, `time-out`.
        var rejected: [String: Int] = [:]
    }

    enum Refusal: String, Error {
        case queueFull = "queue-full"
        case noSeat = "concurrency-limit"
        /// The request's time was over before it had a seat.
        case timeOut = "time-out"
    }

    private struct Waiter {
        var ticket: UInt64
        var continuation: CheckedContinuation<Bool, Never>
    }

    private struct Level {
        var limits: FlowLevel
        var counts = Counts()
        var lines: [String: [Waiter]] = [:]
        /// Flows with somebody in line, the next one first.
        var turns: [String] = []
    }

    private struct State {
        var levels: [String: Level] = [:]
        /// Seats in use that count: those of levels that are not exempt.
        var used = 0
        var nextTicket: UInt64 = 0
    }

    private let seatsMax: Int
    private let state = Mutex(State())

    init(seats: Int) { seatsMax = seats }

    var counts: [(level: FlowLevel, counts: Counts)] {
        state.withLock { $0.levels.values.map { ($0.limits, $0.counts) } }.sorted { $0.0.name < $1.0.name }
    }

    /// Returns when the request may go on; `leave` gives the seat back.
    func enter(_ level: FlowLevel, flow: String) async throws(Refusal) {
        let ticket = try state.withLock { state throws(Refusal) -> UInt64? in
            try Self.begin(level, flow, &state, seatsMax)
        }
        guard let ticket else { return }
        let isSeated = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate: Bool? = state.withLock { state in
                    // A request that ended before it stood in line.
                    if Task.isCancelled { return false }
                    // Between the two locks a seat may have become free.
                    if Self.hasSeat(level.name, state, seatsMax), state.levels[level.name]?.turns.isEmpty ?? true {
                        Self.seat(level.name, &state)
                        return true
                    }
                    let line = state.levels[level.name]?.lines[flow] ?? []
                    state.levels[level.name]?.lines[flow] = line + [Waiter(ticket: ticket, continuation: continuation)]
                    if line.isEmpty { state.levels[level.name]?.turns.append(flow) }
                    state.levels[level.name]?.counts.waiting += 1
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            giveUp(ticket, level.name, flow)
        }
        guard isSeated else {
            reject(level.name, .timeOut)
            throw .timeOut
        }
    }

    func leave(_ level: FlowLevel) {
        let next = state.withLock { state in
            state.levels[level.name]?.counts.executing -= 1
            if !level.isExempt { state.used -= 1 }
            return Self.nextWaiter(&state, seatsMax)
        }
        next?.resume(returning: true)
    }

    /// Seats the request at once (nil), or gives it a ticket for the line.
    private static func begin(
        _ level: FlowLevel, _ flow: String, _ state: inout State, _ seatsMax: Int
    ) throws(Refusal) -> UInt64? {
        state.levels[level.name, default: Level(limits: level)].limits = level
        let known = state.levels[level.name] ?? Level(limits: level)
        if known.turns.isEmpty, hasSeat(level.name, state, seatsMax) {
            seat(level.name, &state)
            return nil
        }
        let refusal: Refusal? =
            if level.queueLengthMax == 0 {
                .noSeat
            } else if known.counts.waiting >= level.queueLengthMax
                || known.lines[flow]?.count ?? 0 >= level.flowQueueLengthMax
            {
                .queueFull
            } else {
                nil
            }
        if let refusal {
            state.levels[level.name]?.counts.rejected[refusal.rawValue, default: 0] += 1
            throw refusal
        }
        state.nextTicket += 1
        return state.nextTicket
    }

    private static func hasSeat(_ name: String, _ state: State, _ seatsMax: Int) -> Bool {
        guard let level = state.levels[name] else { return false }
        return level.limits.isExempt || level.counts.executing < level.limits.nominalSeats || state.used < seatsMax
    }

    private static func seat(_ name: String, _ state: inout State) {
        state.levels[name]?.counts.executing += 1
        state.levels[name]?.counts.dispatched += 1
        if state.levels[name]?.limits.isExempt == false { state.used += 1 }
    }

    /// Seats whoever is next: first in levels that have less than is theirs.
    private static func nextWaiter(_ state: inout State, _ seatsMax: Int) -> CheckedContinuation<Bool, Never>? {
        let waiting = state.levels.values.filter { !$0.turns.isEmpty }
        let entitled = waiting.filter { $0.counts.executing < $0.limits.nominalSeats }
        let candidates = entitled.isEmpty ? waiting : entitled
        guard let name = candidates.map(\.limits.name).min(), hasSeat(name, state, seatsMax),
            let flow = state.levels[name]?.turns.first, var line = state.levels[name]?.lines[flow], !line.isEmpty
        else { return nil }
        let waiter = line.removeFirst()
        state.levels[name]?.turns.removeFirst()
        state.levels[name]?.lines[flow] = line.isEmpty ? nil : line
        if !line.isEmpty { state.levels[name]?.turns.append(flow) }
        state.levels[name]?.counts.waiting -= 1
        seat(name, &state)
        return waiter.continuation
    }

    private func giveUp(_ ticket: UInt64, _ name: String, _ flow: String) {
        let waiter = state.withLock { state -> Waiter? in
            guard var line = state.levels[name]?.lines[flow], let index = line.firstIndex(where: { $0.ticket == ticket })
            else { return nil }
            let waiter = line.remove(at: index)
            state.levels[name]?.lines[flow] = line.isEmpty ? nil : line
            if line.isEmpty { state.levels[name]?.turns.removeAll { $0 == flow } }
            state.levels[name]?.counts.waiting -= 1
            return waiter
        }
        waiter?.continuation.resume(returning: false)
    }

    private func reject(_ name: String, _ refusal: Refusal) {
        state.withLock { $0.levels[name]?.counts.rejected[refusal.rawValue, default: 0] += 1 }
    }
}
