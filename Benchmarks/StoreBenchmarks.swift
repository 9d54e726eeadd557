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
                try await withStore { store in
                    for index in 0..<count { _ = try await store.create("/registry/a/\(index)", value) }
                }
                return .items(1)
            },
            Benchmark(name: "store/sqlite-write-64-at-once") { count in
                try await withStore { store in try await write(count, writers: 64, value, to: store) }
                return .items(1)
            },
            Benchmark(name: "store/sqlite-write-512-at-once") { count in
                try await withStore { store in try await write(count, writers: 512, value, to: store) }
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

    private static func write(_ count: Int, writers: Int, _ value: [UInt8], to store: SQLiteStore) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for index in stride(from: writer, to: count, by: writers) {
                        _ = try await store.create("/registry/a/\(index)", value)
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
