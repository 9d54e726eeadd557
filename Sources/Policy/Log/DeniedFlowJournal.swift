package import Metrics

/// Decides which denied flows are written, so that a flood of packets is not a flood of lines.
///
/// The same flow is written once per `silence`, all flows together at most `linesPerSecond` on average. What is not written is
/// counted. The journal reads no clock.
package struct DeniedFlowJournal<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    package static var silence: Duration { .seconds(30) }
    package static var linesPerSecond: Double { 10 }
    package static var burst: Double { 30 }
    /// Flows that are remembered at once, and policies that are counted each for itself.
    package static var rememberedMax: Int { 4096 }

    private struct Seen {
        var at: Instant
        /// Packets since the last line.
        var unwritten = 0
    }

    package struct Count: Hashable, Sendable {
        package var policy: PolicyReference?
        package var direction: PolicyDirection
        package var isStaged: Bool
    }

    private var seen: [DeniedFlow.Key: Seen] = [:]
    private var tokens: Double
    private var filled: Instant
    /// Reported packets by policy; nil: of no policy that is known any more.
    package private(set) var counts: [Count: Int] = [:]

    package init(now: Instant) {
        tokens = Self.burst
        filled = now
    }

    /// - Returns: How many packets the line stands for; nil when nothing is to be written.
    package mutating func reported(_ flow: DeniedFlow, at now: Instant) -> Int? {
        count(flow)
        if seen.count >= Self.rememberedMax { seen = seen.filter { $0.value.at.duration(to: now) < Self.silence } }
        if seen.count >= Self.rememberedMax { seen = [:] }
        var known = seen[flow.key]
        let isSilent = known.map { $0.at.duration(to: now) < Self.silence } ?? false
        guard !isSilent, takeToken(at: now) else {
            if known == nil { known = Seen(at: now.advanced(by: .zero - Self.silence)) }
            known?.unwritten += 1
            seen[flow.key] = known
            return nil
        }
        seen[flow.key] = Seen(at: now)
        return 1 + (known?.unwritten ?? 0)
    }

    private mutating func count(_ flow: DeniedFlow) {
        let policies: [PolicyReference?] = flow.policies.isEmpty ? [nil] : flow.policies.map(Optional.some)
        for policy in policies {
            var key = Count(policy: policy, direction: flow.direction, isStaged: flow.isStaged)
            if counts[key] == nil, counts.count >= Self.rememberedMax { key.policy = nil }
            counts[key, default: 0] += 1
        }
    }

    private mutating func takeToken(at now: Instant) -> Bool {
        tokens = min(Self.burst, tokens + filled.duration(to: now).inSeconds * Self.linesPerSecond)
        filled = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }

    /// Prometheus' text.
    package func write(to text: inout MetricsText) {
        let name = "skiff_policy_denied_packets_total"
        text.family(name, .counter, "Packets reported as denied, by the policies that isolate; the kernel bounds reports.")
        let sorted = counts.sorted {
            ($0.key.policy?.description ?? "", $0.key.direction, $0.key.isStaged ? 1 : 0)
                < ($1.key.policy?.description ?? "", $1.key.direction, $1.key.isStaged ? 1 : 0)
        }
        for (key, value) in sorted {
            text.sample(
                name,
                [
                    ("policy", key.policy?.description ?? ""), ("direction", key.direction.rawValue),
                    ("staged", key.isStaged ? "true" : "false"),
                ], Double(value))
        }
    }
}
