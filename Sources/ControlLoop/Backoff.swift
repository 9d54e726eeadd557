/// Exponential delays with jitter; a value, so whoever waits passes the attempt and the randomness in.
package struct Backoff: Hashable, Sendable {
    package var initial: Duration
    package var factor: Double
    package var maximum: Duration
    /// Up to this share of the delay is added.
    package var jitter: Double

    package init(initial: Duration, factor: Double = 2, maximum: Duration, jitter: Double = 0) {
        self.initial = initial
        self.factor = factor
        self.maximum = maximum
        self.jitter = jitter
    }

    /// Lists and watches that failed (client-go's reflector: 0.8 s doubling to 30 s).
    package static let reflector = Backoff(initial: .milliseconds(800), maximum: .seconds(30), jitter: 1)
    /// Keys of a work queue (client-go: 5 ms doubling to 1000 s; here to 5 minutes).
    package static let workQueue = Backoff(initial: .milliseconds(5), maximum: .seconds(300))

    /// - Parameters:
    ///   - attempt: From zero.
    ///   - random: 0..<1.
    package func delay(attempt: Int, random: Double = 0) -> Duration {
        var delay = initial
        var step = 0
        while step < attempt, delay < maximum {
            delay = delay * factor
            step += 1
        }
        delay = min(delay, maximum)
        return delay + delay * (jitter * random)
    }
}
