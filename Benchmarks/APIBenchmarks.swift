import Glibc
import HTTP
import JSON
import Synchronization

/// The API server over TLS, its clients in another process: time and CPU are the server's.
///
/// Each prints lines of its own, because what counts differs: requests per CPU second, lag, memory per watch.
enum APIBenchmarks {
    static let names = [
        "API/idle-memory", "API/requests", "API/list-10000-pods", "API/watch-1000x100", "API/memory-150000-pods",
    ]

    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let pods = "/api/v1/namespaces/default/pods"

    static func run(_ name: String) async throws {
        let server = try APIServerProcess()
        defer { server.stop() }
        try await ready(server)
        switch name {
        case "API/idle-memory": try await idle(server)
        case "API/requests": try await requests(server)
        case "API/list-10000-pods": try await list(server)
        case "API/watch-1000x100": try await watch(server)
        default: try await memory(server)
        }
    }

    private static func say(_ name: String, _ text: String) { print("\(name): \(text)") }

    // MARK: Requests

    private static func ready(_ server: APIServerProcess) async throws {
        let client = try server.client()
        for _ in 0..<200 {
            let answer = try await send(client, "GET", "/api/v1/namespaces/default/serviceaccounts/default")
            if answer.status == 200 { return }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw APIServerProcess.Failure(what: "the default service account did not come")
    }

    @discardableResult
    private static func send(
        _ client: HTTPClient, _ method: String, _ target: String, _ body: JSONValue? = nil,
        type: String = "application/json"
    ) async throws -> (status: Int, bytes: Int) {
        var headers: HTTPHeaders = ["authorization": "Bearer \(APIServerProcess.token)", "accept": "application/json"]
        if body != nil { headers["content-type"] = type }
        let response = try await client.send(
            HTTPClientRequest(method: method, target: target, headers: headers, body: body.map(JSONWriter.write) ?? []))
        var bytes = 0
        var refusal: [UInt8] = []
        for try await chunk in response.body {
            bytes += chunk.count
            if response.status >= 400, response.status != 404 { refusal += chunk }
        }
        if !refusal.isEmpty { print("\(method) \(target): \(String(decoding: refusal, as: UTF8.self))") }
        return (response.status, bytes)
    }

    /// Runs `work` from several clients at once, each with a connection of its own.
    private static func spread(
        _ server: APIServerProcess, clients: Int, count: Int, _ work: @escaping @Sendable (HTTPClient, Int) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 0..<clients {
                let client = try server.client()
                group.addTask {
                    for index in stride(from: first, to: count, by: clients) { try await work(client, index) }
                    await client.shutdown()
                }
            }
            for try await _ in group {}
        }
    }

    private static func expect(_ status: Int, _ wanted: Int, _ what: String) throws {
        if status != wanted { throw APIServerProcess.Failure(what: "\(what): \(status)") }
    }

    private static func requests(_ server: APIServerProcess) async throws {
        let value = String(repeating: "x", count: 1000)
        for clients in [1, 16] {
            let count = clients == 1 ? 3000 : 16_000
            let times = Mutex<[UInt64]>([])
            try await measured(server, "API/create-configmap-\(clients)", count) {
                try await spread(server, clients: clients, count: count) { client, index in
                    let begin = Harness.wall()
                    let answer = try await send(
                        client, "POST", maps,
                        ["metadata": ["name": .string("m-\(clients)-\(index)")], "data": ["k": .string(value)]])
                    try expect(answer.status, 201, "create")
                    times.withLock { $0.append(Harness.wall() - begin) }
                }
            }
            let sorted = times.withLock { $0.sorted() }
            say(
                "API/create-configmap-\(clients)", "p50 \(sorted[count / 2] / 1000) us, p99 \(sorted[count * 99 / 100] / 1000) us"
            )
            try await measured(server, "API/get-configmap-\(clients)", count) {
                try await spread(server, clients: clients, count: count) { client, index in
                    try expect(try await send(client, "GET", "\(maps)/m-\(clients)-\(index)").status, 200, "get")
                }
            }
        }
    }

    private static func measured(
        _ server: APIServerProcess, _ name: String, _ count: Int, _ work: () async throws -> Void
    ) async throws {
        let (wall, cpu) = (Harness.wall(), server.cpuNanoseconds)
        try await work()
        let seconds = Double(Harness.wall() - wall) / 1e9
        let cpuSeconds = max(0.01, Double(server.cpuNanoseconds - cpu) / 1e9)
        say(
            name,
            "\(Int(Double(count) / seconds)) /s, \(Int(Double(count) / cpuSeconds)) per server CPU second, "
                + "\(Int(cpuSeconds * 1e6 / Double(count))) us CPU each, \(server.residentKilobytes / 1024) MB")
    }

    // MARK: Lists

    private static func makePods(
        _ server: APIServerProcess, from first: Int = 0, _ count: Int, paddingBytes: Int
    ) async throws {
        let padding = String(repeating: "p", count: paddingBytes)
        try await spread(server, clients: 16, count: count) { client, position in
            let index = first + position
            var pod = Fixture.pod(index)
            pod[path: ["metadata", "namespace"]] = nil
            pod[path: ["metadata", "resourceVersion"]] = nil
            pod[path: ["metadata", "uid"]] = nil
            pod[path: ["metadata", "ownerReferences"]] = nil
            // No node and no scheduler of ours: nothing but the objects themselves moves.
            pod[path: ["spec", "nodeName"]] = nil
            pod[path: ["spec", "schedulerName"]] = "nobody"
            pod[path: ["metadata", "annotations"]] = ["padding": .string(padding)]
            try expect(try await send(client, "POST", pods, pod).status, 201, "create a pod")
        }
    }

    private static func list(_ server: APIServerProcess) async throws {
        try await makePods(server, 10_000, paddingBytes: 600)
        let client = try server.client()
        let plain = try server.client(port: server.bytesPort)
        let size = try await send(client, "GET", pods).bytes
        for round in 0..<3 {
            for (name, client, target) in [
                ("API/list-10000-pods", client, pods), ("API/write-same-bytes", plain, "/?bytes=\(size)"),
            ] {
                let (wall, cpu) = (Harness.wall(), server.cpuNanoseconds)
                for _ in 0..<10 { _ = try await send(client, "GET", target) }
                say(
                    name,
                    "round \(round): \((Harness.wall() - wall) / 10_000_000) ms, "
                        + "\((server.cpuNanoseconds - cpu) / 10_000_000) ms of server CPU, \(size / 1_000_000) MB")
            }
        }
        say("API/list-10000-pods", "\(server.residentKilobytes / 1024) MB resident")
    }

    // MARK: Memory

    private static func idle(_ server: APIServerProcess) async throws {
        try await ContinuousClock().sleep(for: .seconds(5))
        say("API/idle-memory", "\(server.residentKilobytes / 1024) MB resident after 5 s")
    }

    private static func memory(_ server: APIServerProcess) async throws {
        let before = server.residentKilobytes
        // Defaults, managed fields and the token's volume make a pod larger than what was sent; what is served counts.
        try await makePods(server, 1, paddingBytes: 0)
        let padding = podBytes - (try await served(server, 0))
        let count = 150_000
        try await measured(server, "API/create-150000-pods", count) {
            try await makePods(server, from: 1, count, paddingBytes: padding)
        }
        try await ContinuousClock().sleep(for: .seconds(3))
        let megabytes = server.residentKilobytes * 1024 / 1_000_000
        say(
            "API/memory-150000-pods",
            "\(megabytes) million bytes resident, \(before * 1024 / 1_000_000) before; a pod as served has "
                + "\(try await served(server, count)) bytes")
    }

    private static let podBytes = 5000

    private static func served(_ server: APIServerProcess, _ index: Int) async throws -> Int {
        let client = try server.client()
        let answer = try await send(client, "GET", "\(pods)/web-5d4f8c7b9-\(index)")
        await client.shutdown()
        try expect(answer.status, 200, "get a pod")
        return answer.bytes
    }
}
