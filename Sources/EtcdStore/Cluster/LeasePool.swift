import Store
import Synchronization

/// Leases for keys that go by themselves: keys written within a short time share one.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/storage/etcd3/lease_manager.go`.
final class LeasePool: Sendable {
    private struct Lease {
        var identifier: Int64
        var expiresAt: Duration
        var keys: Int
    }

    /// By the time to live that was asked for.
    private let leases = Mutex<[Duration: Lease]>([:])
    private static let keysMax = 1000
    private static let reuseMax: Duration = .seconds(60)

    /// How much longer than asked a key may live, for the sake of sharing.
    static func reuse(_ timeToLive: Duration) -> Duration { min(reuseMax, timeToLive / 20) }

    /// A lease that lasts at least `timeToLive` from `now`; nil when one must be granted.
    func reusable(_ timeToLive: Duration, now: Duration) -> Int64? {
        leases.withLock { leases in
            guard var lease = leases[timeToLive], lease.expiresAt >= now + timeToLive, lease.keys < Self.keysMax else {
                return nil
            }
            lease.keys += 1
            leases[timeToLive] = lease
            return lease.identifier
        }
    }

    /// Notes a lease that was granted for `timeToLive` and `reuse` at `now`.
    func granted(_ identifier: Int64, _ timeToLive: Duration, now: Duration) {
        let expiresAt = now + timeToLive + Self.reuse(timeToLive)
        leases.withLock { $0[timeToLive] = Lease(identifier: identifier, expiresAt: expiresAt, keys: 1) }
    }
}
