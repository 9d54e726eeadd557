package import Logging

/// Talks to one server: HTTP/2 on one shared connection where the server offers it, else HTTP/1.1 connections that are reused.
package final class HTTPClient: Sendable {
    package init(configuration: HTTPClientConfiguration, logger: Logger) {}

    /// Sends a request and returns when the response's head is there. Cancelling the task, or dropping the body, ends the exchange.
    package func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        throw HTTPError.closed
    }

    /// Asks for `101 Switching Protocols` on an HTTP/1.1 connection of its own. The request carries `Connection: Upgrade` and `Upgrade` itself.
    package func upgrade(_ request: HTTPClientRequest) async throws -> HTTPUpgrade {
        throw HTTPError.closed
    }

    /// Closes every connection; exchanges in progress fail.
    package func shutdown() async {}
}
