import Glibc
import HTTP
import JSON
import Synchronization

/// A thousand watchers of one collection and a hundred updates: is everything delivered in order, how late, and what a watch costs.
extension APIBenchmarks {
    private static let watchers = 1000
    private static let updates = 100
    private static let watchersPerConnection = 100
    private static let object = "/api/v1/namespaces/default/configmaps/watched"

    /// What the watchers have seen.
    private final class Board: Sendable {
        private struct State {
            var opened = 0
            var finished = 0
            var outOfOrder = 0
            var lags: [UInt64] = []
        }

        private let sent = Mutex<[UInt64]>(Array(repeating: 0, count: APIBenchmarks.updates))
        private let state = Mutex(State())

        var opened: Int { state.withLock(\.opened) }
        var finished: Int { state.withLock(\.finished) }
        var outOfOrder: Int { state.withLock(\.outOfOrder) }
        var lags: [UInt64] { state.withLock { $0.lags.sorted() } }

        func willSend(_ number: Int) { sent.withLock { $0[number] = Harness.wall() } }
        func didOpen() { state.withLock { $0.opened += 1 } }

        /// - Parameter next: The number that a watcher expects; counted on.
        func saw(_ number: Int, next: inout Int) {
            let now = Harness.wall()
            let begin = sent.withLock { $0[number] }
            let isInOrder = number == next
            next += 1
            let isLast = next == APIBenchmarks.updates
            state.withLock { state in
                state.lags.append(now - begin)
                if !isInOrder { state.outOfOrder += 1 }
                if isLast { state.finished += 1 }
            }
        }
    }

    static func watch(_ server: APIServerProcess) async throws {
        let writer = try server.client()
        let headers: HTTPHeaders = ["authorization": "Bearer \(APIServerProcess.token)", "content-type": "application/json"]
        let created = try await writer.send(
            HTTPClientRequest(
                method: "POST", target: "/api/v1/namespaces/default/configmaps", headers: headers,
                body: JSONWriter.write(["metadata": ["name": "watched"], "data": ["n": "none"]])))
        for try await _ in created.body {}
        let board = Board()
        let before = server.residentKilobytes
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<(watchers / watchersPerConnection) {
                let client = try server.client()
                for _ in 0..<watchersPerConnection { group.addTask { try await read(client, board) } }
            }
            while board.opened < watchers { try await ContinuousClock().sleep(for: .milliseconds(10)) }
            try await ContinuousClock().sleep(for: .milliseconds(500))
            let after = server.residentKilobytes
            print(
                "API/watch-1000x100: \((after - before) * 1024 / watchers) bytes resident per watch (TLS of 10 connections included)"
            )
            let (wall, cpu) = (Harness.wall(), server.cpuNanoseconds)
            for number in 0..<updates {
                board.willSend(number)
                let answer = try await writer.send(
                    HTTPClientRequest(
                        method: "PATCH", target: object,
                        headers: [
                            "authorization": "Bearer \(APIServerProcess.token)", "content-type": "application/merge-patch+json",
                        ],
                        body: JSONWriter.write(["data": ["n": .string("#\(number)#")]])))
                for try await _ in answer.body {}
                try await ContinuousClock().sleep(for: .milliseconds(50))
            }
            while board.finished < watchers, Harness.wall() - wall < 60_000_000_000 {
                try await ContinuousClock().sleep(for: .milliseconds(10))
            }
            report(board, server, wall: Harness.wall() - wall, cpu: server.cpuNanoseconds - cpu)
            group.cancelAll()
        }
    }

    private static func report(_ board: Board, _ server: APIServerProcess, wall: UInt64, cpu: UInt64) {
        let lags = board.lags
        guard !lags.isEmpty else { return print("API/watch-1000x100: nothing arrived") }
        print(
            "API/watch-1000x100: \(lags.count) of \(watchers * updates) delivered, \(board.outOfOrder) out of order; lag from request "
                + "p50 \(lags[lags.count / 2] / 1_000_000) ms, p99 \(lags[lags.count * 99 / 100] / 1_000_000) ms, max "
                + "\(lags[lags.count - 1] / 1_000_000) ms; \(cpu / UInt64(lags.count) / 1000) us of server CPU per event, "
                + "\(wall / 1_000_000) ms, \(server.residentKilobytes / 1024) MB")
    }

    private static func read(_ client: HTTPClient, _ board: Board) async throws {
        let response = try await client.send(
            HTTPClientRequest(
                method: "GET", target: "/api/v1/namespaces/default/configmaps?watch=true",
                headers: ["authorization": "Bearer \(APIServerProcess.token)", "accept": "application/json"]))
        board.didOpen()
        var next = 0
        var rest: [UInt8] = []
        do {
            for try await chunk in response.body {
                rest += chunk
                while let end = rest.firstIndex(of: 0x0a) {
                    if let number = number(in: rest[..<end]) { board.saw(number, next: &next) }
                    rest.removeFirst(end + 1)
                }
            }
        } catch is CancellationError {}
    }

    /// The digits between two number signs.
    private static func number(in line: ArraySlice<UInt8>) -> Int? {
        let parts = line.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        return Int(String(decoding: parts[1], as: UTF8.self))
    }
}
