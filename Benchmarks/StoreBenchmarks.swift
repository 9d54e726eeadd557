import Glibc
import JSON
import Store

/// Durable writes: what is answered is on disk.
enum StoreBenchmarks {
    static var all: [Benchmark] {
        let value = [UInt8](repeating: 0x61, count: 3000)
        return [
            // What the disk itself gives: the most that writes one after another can reach.
            Benchmark(name: "store/disk-append-3kB-and-sync") { count in
                let path = "/var/tmp/skiff-benchmark-\(getpid()).raw"
                let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
                defer {
                    close(file)
                    unlink(path)
                }
                for _ in 0..<count {
                    _ = value.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
                    fdatasync(file)
                }
                return .items(1)
            },
            Benchmark(name: "store/sqlite-write-alone") { count in
                let (store, first) = try await OpenStore.shared.reserve(count)
                for index in 0..<count { _ = try await store.create("/registry/a/\(first + index)", value) }
                return .items(1)
            },
            Benchmark(name: "store/sqlite-write-64-at-once") { count in
                let (store, first) = try await OpenStore.shared.reserve(count)
                try await write(count, from: first, writers: 64, value, to: store)
                return .items(1)
            },
            Benchmark(name: "store/sqlite-write-512-at-once") { count in
                let (store, first) = try await OpenStore.shared.reserve(count)
                try await write(count, from: first, writers: 512, value, to: store)
                return .items(1)
            },
            Benchmark(name: "store/sqlite-get") { count in
                try await withStore { store in
                    try await write(1000, writers: 64, value, to: store)
                    for index in 0..<count { _ = try await store.get("/registry/a/\(index % 1000)") }
                }
                return .items(1)
            },
            Benchmark(name: "store/sqlite-list-5000") { count in
                try await withStore { store in
                    try await write(5000, writers: 64, value, to: store)
                    for _ in 0..<count { _ = try await store.range(KeyRange(prefix: "/registry/")) }
                }
                return .items(5000)
            },
        ]
    }

    /// A store that stays open from run to run, with its log at full size, so that only writes are measured.
    private actor OpenStore {
        static let shared = OpenStore()
        private static let path = "/var/tmp/skiff-benchmark-open-\(getpid()).db"
        private static let warmUp = 200

        private var store: SQLiteStore?
        private var next = 0

        /// The store, and the first of `count` numbers that no key has yet.
        func reserve(_ count: Int) async throws -> (SQLiteStore, Int) {
            let store = try await opened()
            defer { next += count }
            return (store, next)
        }

        private func opened() async throws -> SQLiteStore {
            if let store { return store }
            atexit { for suffix in ["", "-wal", "-shm", ".lock", "-lock"] { unlink(OpenStore.path + suffix) } }
            let store = try SQLiteStore(path: Self.path)
            for index in 0..<Self.warmUp { _ = try await store.create("/registry/warm/\(index)", [0]) }
            self.store = store
            return store
        }
    }

    private static func write(
        _ count: Int, from first: Int = 0, writers: Int, _ value: [UInt8], to store: SQLiteStore
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for index in stride(from: writer, to: count, by: writers) {
                        _ = try await store.create("/registry/a/\(first + index)", value)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
        let path = "/var/tmp/skiff-benchmark-\(getpid()).db"
        func remove() { for suffix in ["", "-wal", "-shm", ".lock", "-lock"] { unlink(path + suffix) } }
        remove()
        let store = try SQLiteStore(path: path)
        defer { remove() }
        try await body(store)
        await store.close()
    }
}
