import Glibc

/// The wall clock, for keys that go by themselves.
package enum StoreClock {
    /// Unix seconds.
    @Sendable package static func seconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec)
    }
}

/// How often keys are looked for whose time to live is over.
enum ExpirySweep {
    static let interval: Duration = .seconds(5)
    /// Keys removed in one step, so that writers wait little.
    static let step = 200

    /// The first second in which a key may be gone.
    static func end(now: Int64, _ timeToLive: Duration?) -> Int64? {
        timeToLive.map { now + max(1, $0.components.seconds) }
    }
}
