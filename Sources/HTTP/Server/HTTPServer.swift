package import Logging

/// Serves HTTP/1.1 and, over TLS, HTTP/2.
package final class HTTPServer: Sendable {
    private let configuration: HTTPServerConfiguration

    package init(configuration: HTTPServerConfiguration, logger: Logger, handler: @escaping HTTPHandler) {
        self.configuration = configuration
    }

    /// Serves until its task is cancelled; then stops accepting, ends streams, and waits for open requests up to
    /// `configuration.shutdownTimeLimit`. Throws when a listener or a certificate is unusable.
    package func run() async throws {
        throw HTTPError.closed
    }

    /// The listeners with their real ports, in the order of the configuration; waits until `run()` listens. Empty when it failed.
    package var boundAddresses: [HTTPServerConfiguration.Listener] {
        get async { configuration.listeners }
    }
}
