import Glibc
package import HTTP
package import Logging

/// What a probe needs from the network.
package protocol ProbeNetwork: Sendable {
    /// The status code of the answer.
    func httpGet(host: String, port: Int, tls: Bool, path: String, headers: HTTPHeaders, timeout: Duration) async throws -> Int
    func tcpConnect(host: String, port: Int, timeout: Duration) async throws
}

/// A probe that got no answer in time.
package struct ProbeTimeout: Error, Hashable, Sendable, CustomStringConvertible {
    package init() {}
    package var description: String { "context deadline exceeded (Client.Timeout exceeded while awaiting headers)" }
}

/// Probes over real connections, from the node's network.
package struct SocketProbeNetwork: ProbeNetwork {
    private let logger: Logger
    private let clock: any Clock<Duration>

    package init(logger: Logger, clock: any Clock<Duration> = ContinuousClock()) {
        self.logger = logger
        self.clock = clock
    }

    package func httpGet(
        host: String, port: Int, tls: Bool, path: String, headers: HTTPHeaders, timeout: Duration
    ) async throws -> Int {
        let client = HTTPClient(
            configuration: HTTPClientConfiguration(
                host: host, port: port, tls: tls ? HTTPClientConfiguration.TLS(skipVerification: true) : nil),
            logger: logger)
        var headers = headers
        if headers["User-Agent"] == nil { headers.add("User-Agent", "kube-probe/1.36") }
        if headers["Accept"] == nil { headers.add("Accept", "*/*") }
        let request = HTTPClientRequest(
            method: "GET", target: path.hasPrefix("/") ? path : "/" + path, headers: headers)
        let result = await Deadline.run(timeout, clock: clock) { try await client.send(request).status }
        await client.shutdown()
        return try result.get()
    }

    package func tcpConnect(host: String, port: Int, timeout: Duration) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let dial = TCPDial(host: host, port: port, timeout: timeout) { continuation.resume(with: $0) }
            dial.start()
        }
    }
}

/// Work with an end.
enum Deadline {
    static func run<Value: Sendable>(
        _ limit: Duration, clock: any Clock<Duration>, _ work: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        await withTaskGroup(of: Result<Value, any Error>.self) { group in
            group.addTask {
                do { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask {
                try? await clock.sleep(for: limit)
                return .failure(ProbeTimeout())
            }
            defer { group.cancelAll() }
            return await group.next() ?? .failure(CancellationError())
        }
    }
}

/// One blocking connect on a thread of its own.
private final class TCPDial: Sendable {
    private let host: String
    private let port: Int
    private let timeout: Duration
    private let report: @Sendable (Result<Void, any Error>) -> Void

    init(host: String, port: Int, timeout: Duration, report: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        self.host = host
        self.port = port
        self.timeout = timeout
        self.report = report
    }

    func start() {
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { argument in
                // SAFETY: the argument is the retained object passed below, taken exactly once.
                if let argument { Unmanaged<TCPDial>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, box.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            box.release()
            report(.failure(FileError(operation: "pthread_create", path: host, errno: code)))
        }
    }

    private func run() {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0, let first = list else {
            report(.failure(FileError(operation: "dial tcp: lookup", path: host, errno: EHOSTUNREACH)))
            return
        }
        defer { freeaddrinfo(first) }
        let descriptor = socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            report(.failure(FileError(operation: "socket", path: host, errno: errno)))
            return
        }
        defer { close(descriptor) }
        var limit = timeval()
        limit.tv_sec = Int(timeout.components.seconds)
        limit.tv_usec = Int(timeout.components.attoseconds / 1_000_000_000_000)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if connect(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 {
            report(.success(()))
        } else {
            let code = errno == EINPROGRESS ? ETIMEDOUT : errno
            report(.failure(FileError(operation: "dial tcp", path: "\(host):\(port)", errno: code)))
        }
    }
}
