import API
package import ControlLoop
import HTTP

/// Decides whether a failed request is sent again.
///
/// - SeeAlso: client-go 1.36 `rest/with_retry.go`.
package struct RetryPolicy: Hashable, Sendable {
    package static let standard = RetryPolicy()

    /// Requests that the server turned away are sent again at most this often.
    package var retriesMax = 10
    /// A server that cannot be reached is tried again at most this often.
    package var connectRetriesMax = 4
    package var backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(5), jitter: 0.2)

    /// How long to wait before the next attempt; nil: give the failure to the caller.
    ///
    /// - Parameters:
    ///   - attempt: Retries made so far.
    ///   - isRead: A read may be repeated after its connection was lost; a write may have been done.
    ///   - random: 0..<1.
    package func delay(after error: any Error, attempt: Int, isRead: Bool, random: Double) -> Duration? {
        if let status = error as? Status {
            guard status.code == 429 || status.code == 503, attempt < retriesMax, let details = status.details,
                details.retryAfterSeconds > 0
            else { return nil }
            return .seconds(details.retryAfterSeconds)
        }
        guard attempt < connectRetriesMax else { return nil }
        switch error as? HTTPError {
        case .connectFailed: return backoff.delay(attempt: attempt, random: random)
        case .connectionLost where isRead, .peerGone where isRead: return backoff.delay(attempt: attempt, random: random)
        default: return nil
        }
    }
}
