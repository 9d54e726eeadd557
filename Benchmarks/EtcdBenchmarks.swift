import EtcdStore
import GRPC
import Glibc
import Logging
import Store

/// The store over etcd beside a bare client that sends the same transactions over the same transport.
///
/// `SKIFF_ETCD=http://127.0.0.1:2379` names the server. Both stay connected for the whole run and take turns, so that both meet the
/// same server and the same disk. Printed are the medians of the rounds, and the median of each round's ratio.
enum EtcdBenchmarks {
    private static let environmentVariable = "SKIFF_ETCD"
    private static let writers: [(name: String, count: Int)] = [
        ("store/etcd-write-alone", 1), ("store/etcd-write-64-at-once", 64),
    ]
    private static let rounds = 21
    private static let roundSeconds = 0.3
    private static let value = [UInt8](repeating: 0x61, count: 3000)

    static var names: [String] { urls == nil ? [] : writers.map(\.name) }

    private static var urls: String? { getenv(environmentVariable).map { String(cString: $0) } }

    static func run(_ name: String) async throws {
        guard let urls, let writers = writers.first(where: { $0.name == name })?.count else { return }
        let configuration = try EtcdConfiguration(urls: urls)
        let environment = EtcdEnvironment(
            monotonic: { .nanoseconds(Int64(Harness.wall())) }, sleep: { try await ContinuousClock().sleep(for: $0) })
        var logger = Logger(label: "store")
        logger.logLevel = .critical
        let store = try await EtcdStore.open(configuration, environment: environment, logger: logger)
        let endpoint = configuration.endpoints[0]
        let client = GRPCClient(
            configuration: GRPCConfiguration(target: .tcp(host: endpoint.host, port: endpoint.port)),
            logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            try await compare(name, writers, store, client)
            group.cancelAll()
        }
        await client.shutdown()
        await store.close()
    }

    private static func compare(_ name: String, _ writers: Int, _ store: EtcdStore, _ client: GRPCClient) async throws {
        let run = Harness.wall()
        let ours: @Sendable (Int) async throws -> Void = { index in
            _ = try await store.create("/bench/\(run)/\(index)", value)
        }
        let bare: @Sendable (Int) async throws -> Void = { index in
            let transaction = Transaction(
                key: Array("/bare/\(run)/\(index)".utf8), condition: .modRevision(0), operation: .put(value, lease: 0))
            _ = try await client.call(path: "/etcdserverpb.KV/Txn", message: transaction.bytes, timeout: .seconds(10))
        }
        // The first watch takes etcd a tenth of a second to begin; the first calls open the connections.
        var next = try await warmUp(writers, ours, bare)
        let count = next.count
        var samples: (ours: [Sample], bare: [Sample]) = ([], [])
        var ratios: [Double] = []
        for round in 0..<rounds {
            // Who comes second finds a warmer server.
            var first: Sample?
            if round.isMultiple(of: 2) { first = try await measure(count, from: next.index, writers, ours) }
            let other = try await measure(count, from: next.index, writers, bare)
            if first == nil { first = try await measure(count, from: next.index, writers, ours) }
            guard let one = first else { continue }
            samples.ours.append(one)
            samples.bare.append(other)
            ratios.append(one.nanoseconds / other.nanoseconds)
            next.index += count
        }
        let (one, other) = (median(samples.ours), median(samples.bare))
        print("\(name): \(one.text), bare \(other.text), \(text(ratios.sorted()[rounds / 2])) times")
    }

    private struct Sample {
        /// Wall and CPU time of this process for one write.
        var nanoseconds: Double
        var cpuNanoseconds: Double

        var text: String {
            "\(Int(nanoseconds / 1000)) us a write (\(Int(1e9 / nanoseconds)) /s, \(Int(cpuNanoseconds / 1000)) us CPU)"
        }
    }

    /// Both once at least, and how many writes fill a round.
    private static func warmUp(
        _ writers: Int, _ ours: @escaping @Sendable (Int) async throws -> Void,
        _ bare: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> (index: Int, count: Int) {
        var index = 0
        var count = 64
        while true {
            _ = try await measure(count, from: index, writers, ours)
            let sample = try await measure(count, from: index, writers, bare)
            index += count
            let seconds = sample.nanoseconds * Double(count) / 1e9
            if seconds > roundSeconds / 2 { return (index, max(64, Int(Double(count) * roundSeconds / seconds))) }
            count *= 2
        }
    }

    private static func measure(
        _ count: Int, from first: Int, _ writers: Int, _ write: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Sample {
        let (wall, cpu) = (Harness.wall(), Harness.processCPU())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    for index in stride(from: writer, to: count, by: writers) { try await write(first + index) }
                }
            }
            try await group.waitForAll()
        }
        return Sample(
            nanoseconds: Double(Harness.wall() - wall) / Double(count),
            cpuNanoseconds: Double(Harness.processCPU() - cpu) / Double(count))
    }

    private static func median(_ samples: [Sample]) -> Sample {
        samples.sorted { $0.nanoseconds < $1.nanoseconds }[samples.count / 2]
    }

    private static func text(_ ratio: Double) -> String {
        let hundredths = Int((ratio * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
