import API
import APIClient
import HTTP
import Testing

@Suite struct RetryPolicyTests {
    let policy = RetryPolicy.standard

    func delay(_ error: any Error, attempt: Int = 0, isRead: Bool = true) -> Duration? {
        policy.delay(after: error, attempt: attempt, isRead: isRead, random: 0)
    }

    @Test func `waits as long as the server asks, and not for ever`() {
        let busy = Status(
            code: 429, reason: "TooManyRequests", message: "", details: Status.Details(retryAfterSeconds: 7))
        #expect(delay(busy, isRead: false) == .seconds(7))
        #expect(delay(busy, attempt: 10) == nil)
        #expect(delay(Status(code: 429, reason: "TooManyRequests", message: "")) == nil)
        #expect(delay(Status(code: 409, reason: "Conflict", message: "")) == nil)
    }

    @Test func `a server that refuses connections is tried again, a lost write is not`() {
        let refused = HTTPError.connectFailed(address: "a", detail: "refused")
        #expect(delay(refused, isRead: false) == .milliseconds(100))
        #expect(delay(refused, attempt: 2, isRead: false) == .milliseconds(400))
        #expect(delay(refused, attempt: 4) == nil)
        #expect(delay(HTTPError.connectionLost(detail: ""), isRead: true) != nil)
        #expect(delay(HTTPError.connectionLost(detail: ""), isRead: false) == nil)
    }
}
