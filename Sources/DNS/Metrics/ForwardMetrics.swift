import Metrics
import Synchronization

/// What forwarding and its cache counted.
final class ForwardMetrics: Sendable {
    struct Exchange: Hashable {
        var upstream: Upstream
        var code: ResponseCode
    }

    struct Opened: Hashable {
        var upstream: Upstream
        var isStream: Bool
    }

    struct Counts: Sendable {
        var exchanges: [Exchange: Histogram] = [:]
        /// Sockets opened.
        var sockets: [Opened: Int] = [:]
        var probeFailures: [Upstream: Int] = [:]
        var successHits = 0
        var denialHits = 0
        var misses = 0
        var stale = 0
        var completions = 0
        var rejects = 0
        var broken = 0
    }

    private let state = Mutex(Counts())

    /// Servers and codes that are counted one by one.
    private static let exchangesMax = 256

    var counts: Counts { state.withLock { $0 } }

    func looked(_ hit: AnswerCache.Hit?) {
        state.withLock { state in
            switch hit?.answer.isDenial {
            case true: state.denialHits += 1
            case false: state.successHits += 1
            case nil: state.misses += 1
            }
        }
    }

    func exchanged(_ upstream: Upstream, code: ResponseCode, nanoseconds: UInt64) {
        let key = Exchange(upstream: upstream, code: code)
        state.withLock { state in
            guard state.exchanges.count < Self.exchangesMax || state.exchanges[key] != nil else { return }
            state.exchanges[key, default: Histogram(ServeCounters.timeBounds)].observe(Double(nanoseconds) * 1e-9)
        }
    }

    func opened(_ upstream: Upstream, isStream: Bool) {
        let key = Opened(upstream: upstream, isStream: isStream)
        state.withLock { state in
            guard state.sockets.count < Self.exchangesMax || state.sockets[key] != nil else { return }
            state.sockets[key, default: 0] += 1
        }
    }

    func servedStale() { state.withLock { $0.stale += 1 } }
    func completed() { state.withLock { $0.completions += 1 } }

    func set(rejects: Int, broken: Int, probeFailures: [Upstream: Int]) {
        state.withLock {
            $0.probeFailures = probeFailures
            $0.rejects = rejects
            $0.broken = broken
        }
    }
}
