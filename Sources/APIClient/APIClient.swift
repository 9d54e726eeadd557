import API
import ControlLoop
package import HTTP
package import JSON
package import Logging
import Synchronization

/// Requests to one API server, answered as JSON trees.
///
/// A refusal is thrown as `Status`, a lost connection as `HTTPError`, anything unusable as `APIClientError`.
package final class APIClient: Sendable {
    /// A larger answer (a page of a list, at most) is refused.
    package static let responseBytesMax = 256 * 1024 * 1024
    /// How long a token that was read from a file is used before it is read again.
    package static let tokenLifetime: Duration = .seconds(60)

    private let configuration: APIClientConfiguration
    private let http: HTTPClient
    private let retry: RetryPolicy
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let fileToken = Mutex<(text: String, readAt: ContinuousClock.Instant)?>(nil)

    /// - Parameter clock: Measures a request's time limit and the pauses before it is sent again.
    package init(
        configuration: APIClientConfiguration, retry: RetryPolicy = .standard, clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        self.configuration = configuration
        self.retry = retry
        self.clock = clock
        self.logger = logger
        http = HTTPClient(configuration: configuration.http, logger: logger)
    }

    /// Closes every connection.
    package func shutdown() async { await http.shutdown() }

    /// Sends a request and reads its whole answer, again where `RetryPolicy` says so.
    ///
    /// - Parameter target: Path and query below the server's prefix, percent-encoded.
    package func perform(
        _ method: String, _ target: String, body: JSONValue? = nil, contentType: String = "application/json"
    ) async throws -> JSONValue {
        let bytes = body.map(JSONWriter.write) ?? []
        var attempt = 0
        while true {
            do {
                return try await withTimeout(configuration.requestTimeout, clock) { [self] in
                    try await performOnce(method, target, bytes, contentType)
                }
            } catch {
                let delay = retry.delay(
                    after: error, attempt: attempt, isRead: method == "GET", random: .random(in: 0..<1))
                guard let delay else { throw error }
                attempt += 1
                logger.debug("request is sent again", metadata: ["method": "\(method)", "target": "\(target)"])
                try await clock.sleep(for: delay)
            }
        }
    }

    private func performOnce(
        _ method: String, _ target: String, _ body: [UInt8], _ contentType: String
    ) async throws -> JSONValue {
        let response = try await send(method, target, body, contentType)
        let bytes = try await Self.collect(response.body)
        guard response.status < 400 else { throw Self.refusal(response, bytes) }
        guard !bytes.isEmpty else { return .null }
        do throws(JSONError) {
            return try JSONParser.parse(bytes)
        } catch {
            throw APIClientError.malformedResponse("\(method) \(target): \(error)")
        }
    }

    /// Sends a request and returns with the answer's head; refusals are thrown. Not repeated.
    package func open(_ method: String, _ target: String) async throws -> HTTPClientResponse {
        let response = try await withTimeout(configuration.requestTimeout, clock) { [self] in
            try await send(method, target, [], "")
        }
        guard response.status < 400 else { throw Self.refusal(response, try await Self.collect(response.body)) }
        return response
    }

    private func send(_ method: String, _ target: String, _ body: [UInt8], _ contentType: String) async throws
        -> HTTPClientResponse
    {
        var headers: HTTPHeaders = ["Accept": "application/json", "User-Agent": configuration.userAgent]
        if !body.isEmpty { headers["Content-Type"] = contentType }
        if let token = try token() { headers["Authorization"] = "Bearer \(token)" }
        let request = HTTPClientRequest(
            method: method, target: configuration.pathPrefix + target, headers: headers, body: body)
        return try await http.send(request)
    }

    private func token() throws(APIClientError) -> String? {
        switch configuration.token {
        case nil: return nil
        case .text(let text): return text
        case .file(let path):
            let now = ContinuousClock.now
            if let known = fileToken.withLock({ $0 }), known.readAt.duration(to: now) < Self.tokenLifetime { return known.text }
            let text = String(decoding: try FileBytes.read(path), as: UTF8.self).filter { !$0.isWhitespace }
            fileToken.withLock { $0 = (text, now) }
            return text
        }
    }

    private static func collect(_ body: AsyncThrowingStream<[UInt8], any Error>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in body {
            bytes += chunk
            guard bytes.count <= responseBytesMax else { throw APIClientError.tooLarge(limitBytes: responseBytesMax) }
        }
        return bytes
    }

    /// The `Status` in the body, or one made from the head where a proxy answered.
    static func refusal(_ response: HTTPClientResponse, _ bytes: [UInt8]) -> Status {
        var status: Status
        if let tree = try? JSONParser.parse(bytes), tree["kind"]?.string == "Status" {
            status = Status(json: tree)
            if status.code == 0 { status.code = response.status }
        } else {
            let text = String(decoding: bytes.prefix(1024), as: UTF8.self)
            status = Status(
                code: response.status, reason: reason(of: response.status),
                message: text.isEmpty ? "the server answered \(response.status)" : text)
        }
        if let seconds = response.headers["Retry-After"].flatMap(Int.init), seconds >= 0 {
            var details = status.details ?? Status.Details()
            if details.retryAfterSeconds == 0 { details.retryAfterSeconds = max(1, seconds) }
            status.details = details
        }
        return status
    }

    private static func reason(of code: Int) -> String {
        switch code {
        case 400: "BadRequest"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "NotFound"
        case 409: "Conflict"
        case 410: "Gone"
        case 422: "Invalid"
        case 429: "TooManyRequests"
        case 500: "InternalError"
        case 503: "ServiceUnavailable"
        case 504: "Timeout"
        default: ""
        }
    }
}

/// Runs `work`, and gives it up when it takes longer than `limit`.
private func withTimeout<Result: Sendable>(
    _ limit: Duration, _ clock: any Clock<Duration>, _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask { try await work() }
        group.addTask {
            try await clock.sleep(for: limit)
            throw APIClientError.timedOut
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw APIClientError.timedOut }
        return first
    }
}
