import APIServer
import HTTP

/// How the server ends when it is asked to: readiness fails, requests are still taken for a while, then nothing new is
/// accepted, open requests end, watches are closed, and what is left has its connections closed.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/server/genericapiserver.go`, `RunWithContext`.
struct Shutdown {
    /// The server has ended as asked.
    struct Done: Error {}

    let parts: APIServerParts
    let server: HTTPServer
    let delay: Duration

    /// Waits for the request, and returns when watches are closed.
    func run(on request: Deferred<Void>) async throws {
        try await request.value()
        parts.lifecycle.beginShutdown()
        try await ServerEnvironment.system.sleep(delay)
        server.drain()
        await parts.waitForRequests()
        parts.registry.caches.endWatches()
    }
}
