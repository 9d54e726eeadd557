/// Opens a TCP connection (TCP probes, port forwarding). Throws `HTTPError.connectFailed` after `timeout`.
package func dial(host: String, port: Int, timeout: Duration = .seconds(10)) async throws -> any ByteChannel {
    throw HTTPError.closed
}
