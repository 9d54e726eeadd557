import NIOCore
import NIOPosix

/// Opens a TCP connection (TCP probes, port forwarding). Throws `HTTPError.connectFailed` after `timeout`.
package func dial(host: String, port: Int, timeout: Duration = .seconds(10)) async throws -> any ByteChannel {
    let opened = Deferred<NIOByteChannel>()
    ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(TimeAmount(timeout))
        .channelOption(.socketOption(.tcp_nodelay), value: 1)
        .connect(host: host, port: port)
        .flatMapThrowing { channel in try NIOByteChannel.install(on: channel) }
        .whenComplete { opened.resolve($0) }
    do {
        return try await opened.value()
    } catch let error as CancellationError {
        throw error
    } catch {
        throw HTTPError.connectFailed(address: "\(host):\(port)", detail: "\(error)")
    }
}
