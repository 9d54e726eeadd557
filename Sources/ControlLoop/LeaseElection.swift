package import API

/// Who leads, by a Lease that candidates renew.
///
/// Clocks of different machines are never compared: a lease counts as expired when this candidate has not seen it change for
/// its duration.
///
/// - SeeAlso: client-go 1.36 `tools/leaderelection`.
package struct LeaseElection: Sendable {
    package enum Action: Hashable, Sendable {
        /// Write the lease with us as its holder; it did not exist.
        case create(renewTime: Timestamp)
        /// Write the lease; on a refusal do nothing, the next look decides.
        case write(renewTime: Timestamp, acquireTime: Timestamp, transitions: Int64)
        case wait
    }

    package let identity: String
    package let leaseDuration: Duration
    private var seen: Lease?
    private var seenAt: Timestamp?

    package init(identity: String, leaseDuration: Duration = .seconds(15)) {
        self.identity = identity
        self.leaseDuration = leaseDuration
    }

    /// Whether this candidate may act at `now`.
    package func isLeader(at now: Timestamp) -> Bool {
        guard let seen, let seenAt, seen.holderIdentity == identity else { return false }
        return now.duration(since: seenAt) < leaseDuration
    }

    /// The lease as it was just read; nil when there is none.
    package mutating func observed(_ lease: Lease?, at now: Timestamp) -> Action {
        guard let lease else {
            (seen, seenAt) = (nil, nil)
            return .create(renewTime: now)
        }
        if seen?.metadata.resourceVersion != lease.metadata.resourceVersion {
            seen = lease
            seenAt = now
        }
        if lease.holderIdentity == identity {
            return .write(renewTime: now, acquireTime: lease.acquireTime ?? now, transitions: lease.leaseTransitions)
        }
        let unchangedFor = now.duration(since: seenAt ?? now)
        guard lease.holderIdentity.isEmpty || unchangedFor >= leaseDuration else { return .wait }
        return .write(renewTime: now, acquireTime: now, transitions: lease.leaseTransitions + 1)
    }
}
