package import NetworkTypes

/// The addresses that one pod may get: what it asks for, and in every other family any free one.
package struct AddressChoice: Sendable {
    private let pool: SlotPool
    private let requested: [IPAddress]
    /// The slot of the first requested address, whose others are tried first.
    private let preferred: Int?

    /// - Throws: When an address is not to be had, whoever asks.
    package init(_ requested: [IPAddress], from pool: SlotPool) throws(CNIFailure) {
        self.pool = pool
        self.requested = requested
        for (index, address) in requested.enumerated() {
            guard pool.contains(address) else {
                throw CNIFailure(.failed, "requested address \(address) is not in the configured ranges")
            }
            guard !pool.excludes(address) else {
                throw CNIFailure(.failed, "requested address \(address) is excluded by the configuration")
            }
            if let other = requested[..<index].first(where: { $0.family == address.family }) {
                throw CNIFailure(.failed, "requested addresses \(other) and \(address) are of one family")
            }
        }
        preferred = requested.first.flatMap { pool.slot(of: $0) }
    }

    /// Whether nothing is left to choose.
    package var isFixed: Bool { requested.count == pool.families.count }

    /// Where the search begins.
    ///
    /// - Parameter last: The slot given out last; nil: unknown.
    package func start(after last: Int?, for attachment: String) -> Int {
        if let preferred { return preferred }
        guard let last, last < pool.count else { return pool.start(for: attachment) }
        return (last + 1) % max(pool.count, 1)
    }

    /// One address per family; nil when the slot is not for anybody.
    package func addresses(of slot: Int) -> [IPAddress]? {
        if isFixed { return pool.families.compactMap { requested(in: $0) } }
        guard pool.offers(slot) || slot == preferred else { return nil }
        let all = pool.addresses(of: slot).map { requested(in: $0.family) ?? $0 }
        return all.contains(where: pool.excludes) ? nil : all
    }

    /// The first slot at or after `start`, going round, whose addresses are free; nil when there is none.
    ///
    /// - Parameter isTaken: Whether a link has the name.
    package func firstFree(from start: Int, isTaken: (String) -> Bool) -> Int? {
        for step in 0..<pool.count {
            let slot = (start + step) % pool.count
            guard let all = addresses(of: slot) else { continue }
            if !all.contains(where: { isTaken(InterfaceNames.name(of: $0)) }) { return slot }
        }
        return nil
    }

    /// The requested address that somebody has; nil when none is taken.
    package func taken(_ isTaken: (String) -> Bool) -> IPAddress? {
        requested.first { isTaken(InterfaceNames.name(of: $0)) }
    }

    private func requested(in family: IPFamily) -> IPAddress? { requested.first { $0.family == family } }
}
