import EtcdStore
import GRPC
import Glibc
import Logging
import Store

/// The store over etcd beside a client that only sends the same bytes: `SKIFF_ETCD=http://127.0.0.1:2379` names the server.
enum EtcdBenchmarks {
    static var all: [Benchmark] {
        guard let urls = getenv("SKIFF_ETCD").map({ String(cString: $0) }) else { return [] }
        let value = [UInt8](repeating: 0x61, count: 3000)
        return [
            Benchmark(name: "store/etcd-write-alone") { count in
                try await withStore(urls) { store, run in
                    for index in 0..<count { _ = try await store.create("/bench/\(run)/\(index)", value) }
                }
                return .items(1)
            },
            Benchmark(name: "store/etcd-bare-write-alone") { count in
                try await withClient(urls) { client, run in
                    for index in 0..<count { try await put(client, "/bare/\(run)/\(index)", value) }
                }
                return .items(1)
            },
            Benchmark(name: "store/etcd-write-64-at-once") { count in
                try await withStore(urls) { store, run in
                    try await inParallel(count) { _ = try await store.create("/bench/\(run)/\($0)", value) }
                }
                return .items(1)
            },
            Benchmark(name: "store/etcd-bare-write-64-at-once") { count in
                try await withClient(urls) { client, run in
                    try await inParallel(count) { try await put(client, "/bare/\(run)/\($0)", value) }
                }
                return .items(1)
            },
        ]
    }

    private static func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<64 {
                group.addTask { for index in stride(from: writer, to: count, by: 64) { try await body(index) } }
            }
            try await group.waitForAll()
        }
    }

    /// - Parameter body: Gets a number of this run, so that no key is written twice.
    private static func withStore(_ urls: String, _ body: (EtcdStore, UInt64) async throws -> Void) async throws {
        let environment = EtcdEnvironment(
            monotonic: { .nanoseconds(Int64(Harness.wall())) }, sleep: { try await ContinuousClock().sleep(for: $0) })
        let store = try await EtcdStore.open(try EtcdConfiguration(urls: urls), environment: environment)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            try await body(store, Harness.wall())
            group.cancelAll()
        }
        await store.close()
    }

    private static func withClient(_ urls: String, _ body: (GRPCClient, UInt64) async throws -> Void) async throws {
        let endpoint = try EtcdConfiguration(urls: urls).endpoints[0]
        let configuration = GRPCConfiguration(target: .tcp(host: endpoint.host, port: endpoint.port))
        let client = GRPCClient(configuration: configuration, logger: Logger(label: "bare"))
        try await body(client, Harness.wall())
        await client.shutdown()
    }

    /// `KV.Put` of a key and a value.
    private static func put(_ client: GRPCClient, _ key: String, _ value: [UInt8]) async throws {
        func field(_ number: UInt8, _ bytes: some Collection<UInt8>) -> [UInt8] {
            var length: [UInt8] = []
            var count = bytes.count
            while count >= 0x80 {
                length.append(UInt8(count & 0x7f) | 0x80)
                count >>= 7
            }
            return [number << 3 | 2] + length + [UInt8(count)] + bytes
        }
        _ = try await client.call(path: "/etcdserverpb.KV/Put", message: field(1, key.utf8) + field(2, value))
    }
}
