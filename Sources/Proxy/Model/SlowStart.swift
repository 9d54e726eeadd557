package import API
import NetworkTypes

/// Which endpoints became ready a short time ago, and how far they have come up, for Services that ask for a slow start.
///
/// Endpoints that are there when the Service is first seen count in full: a restart of the proxy, or the annotation, slows nobody down.
/// Reads no clock.
package struct SlowStart<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    private struct Known: Sendable {
        var period: Duration
        /// Nil: in full.
        var since: [IPAddress: Instant?]
    }

    private var services: [NamespacedName: Known] = [:]

    package init() {}

    package var isIdle: Bool { services.isEmpty }

    /// Notes the Service's ready endpoints and writes their parts into the change. One that was ejected begins anew when it comes back.
    package mutating func apply(to change: inout ServiceChange, at now: Instant) {
        guard let seconds = change.service?.options.slowStartSeconds, seconds > 0 else {
            if !services.isEmpty { services[change.name] = nil }
            return
        }
        let period = Duration.seconds(seconds)
        let ready = Set(change.slices.flatMap { $0.endpoints.filter(\.isReady).map(\.address) })
            .subtracting(change.ejections.keys.map(\.address))
        let before = services[change.name]
        var since: [IPAddress: Instant?] = [:]
        for address in ready {
            if let known = before?.since[address] {
                since[address] = known
            } else {
                since[address] = before == nil ? .some(nil) : now
            }
        }
        change.ramps = [:]
        for (address, begin) in since {
            guard let begin else { continue }
            let part = Self.part(begin.duration(to: now), of: period)
            if part < ServiceChange.wholeShare { change.ramps[address] = part } else { since[address] = .some(nil) }
        }
        services[change.name] = Known(period: period, since: since)
    }

    /// Services with an endpoint on its way up: to be computed again now and then.
    package var rising: Set<NamespacedName> {
        Set(services.filter { $0.value.since.values.contains { $0 != nil } }.keys)
    }

    /// 1 at the beginning, `ServiceChange.wholeShare` at the end.
    private static func part(_ elapsed: Duration, of period: Duration) -> Int {
        let (e, p) = (elapsed.components, period.components)
        let elapsedMillis = e.seconds * 1000 + e.attoseconds / 1_000_000_000_000_000
        let whole = Int64(ServiceChange.wholeShare)
        return Int(min(whole, max(1, 1 + elapsedMillis * (whole - 1) / (p.seconds * 1000))))
    }
}
