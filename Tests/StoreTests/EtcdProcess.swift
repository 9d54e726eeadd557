import EtcdStore
import GRPC
import Glibc
import Logging
import Store
import Synchronization

/// A one-member etcd on loopback with its data in a directory of its own; ended and removed by `stop`.
final class EtcdProcess: Sendable {
    static let isInstalled = access("/usr/bin/etcd", X_OK) == 0

    struct Failure: Error {}

    let port: Int
    let peerPort: Int
    private let directory = TemporaryDirectory()
    private let arguments: [String]

    init(arguments: [String] = []) throws {
        port = try Self.freePort()
        peerPort = try Self.freePort()
        self.arguments = arguments
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Starts the process; the result is what `stop` needs.
    ///
    /// - Parameter more: Arguments beyond those of `init`; the last of a name counts.
    func start(scheme: String = "http", more: [String] = []) throws -> pid_t {
        let words =
            [
                "/usr/bin/etcd", "--name=t", "--data-dir=\(directory.path)/data",
                "--listen-client-urls=\(scheme)://127.0.0.1:\(port)", "--advertise-client-urls=\(scheme)://127.0.0.1:\(port)",
                "--listen-peer-urls=http://127.0.0.1:\(peerPort)", "--initial-cluster=t=http://127.0.0.1:\(peerPort)",
                "--initial-advertise-peer-urls=http://127.0.0.1:\(peerPort)", "--log-level=fatal", "--logger=zap",
                "--heartbeat-interval=20", "--election-timeout=200",
            ] + arguments + more
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child = pid_t()
        guard posix_spawn(&child, "/usr/bin/etcd", &actions, nil, &pointers, environ) == 0 else { throw Failure() }
        return child
    }

    func stop(_ child: pid_t) {
        kill(child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    /// Removes the data when the process is gone.
    func remove() { _ = Self.run(["/bin/rm", "-rf", directory.path + "/data"]) }

    func open(tls: GRPCConfiguration.TLS? = nil, scheme: String = "http") async throws -> EtcdStore {
        try await Self.open("\(scheme)://127.0.0.1:\(port)", tls: tls)
    }

    /// Opens as soon as the server answers.
    static func open(_ urls: String, tls: GRPCConfiguration.TLS? = nil) async throws -> EtcdStore {
        var logger = Logger(label: "etcd")
        logger.logLevel = .critical
        let configuration = try EtcdConfiguration(urls: urls, tls: tls)
        for _ in 0..<2000 {
            do throws(StoreError) {
                return try await EtcdStore.open(configuration, environment: environment, logger: logger)
            } catch {
                guard case .unavailable = error else { throw error }
            }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw Failure()
    }

    static let environment = EtcdEnvironment(
        monotonic: {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
        }, sleep: { try await ContinuousClock().sleep(for: $0) })

    /// Runs `body` with a store over a fresh server while the store follows it.
    static func withStore(
        arguments: [String] = [], _ body: @Sendable (EtcdStore, EtcdProcess) async throws -> Void
    ) async throws {
        let process = try EtcdProcess(arguments: arguments)
        let child = try process.start()
        defer {
            process.stop(child)
            process.remove()
        }
        try await running(try await process.open()) { try await body($0, process) }
    }

    /// Runs `body` while the store follows its cluster.
    static func running(_ store: EtcdStore, _ body: @Sendable (EtcdStore) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            do {
                try await body(store)
            } catch {
                group.cancelAll()
                await store.close()
                throw error
            }
            group.cancelAll()
        }
        await store.close()
    }

    /// Runs a command to its end; its exit status.
    static func run(_ words: [String]) -> Int32 {
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child = pid_t()
        guard posix_spawn(&child, words[0], nil, nil, &pointers, environ) == 0 else { return -1 }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status >> 8 & 0xff
    }

    /// Below the ports that the kernel gives to clients: one of those could be taken before etcd listens.
    private static let nextPort = Mutex(20_000 + Int(getpid()) % 4000 * 2)

    private static func freePort() throws -> Int {
        for _ in 0..<1000 {
            let port = nextPort.withLock { port in
                defer { port = port >= 32_000 ? 20_000 : port + 1 }
                return port
            }
            if isFree(port) { return port }
        }
        throw Failure()
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
