import API
import HTTP
import JSON
import Logging
import Machinery
import NetworkTypes
import PKI
import Store
import Synchronization

@testable import APIServer

/// An API server over a store, without sockets: requests in, answers out.
struct ServerFixture {
    let parts: APIServerParts
    let store: any Store
    static let adminToken = "admin-token"
    static let nobodyToken = "nobody-token"
    static let tokenKeyPEM = TokenSigner.makePrivateKeyPEM()

    static func make(
        _ store: any Store = MemoryStore(), kubelets: any KubeletDialer = NoKubelets(),
        upstreams: (any UpstreamDialer)? = nil, webhooks: (any WebhookCaller)? = nil, audit: AuditLog? = nil,
        requestHeaders: RequestHeaderTrust? = nil
    ) async throws -> ServerFixture {
        guard let range = CIDR(parsing: "10.96.0.0/16") else { throw FixtureError() }
        let seed = Mutex<UInt64>(1)
        let environment = ServerEnvironment(
            now: { Timestamp(seconds: 1_800_000_000) }, monotonic: { .zero },
            random: {
                seed.withLock { seed in
                    seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return seed ^ (seed >> 29)
                }
            }, sleep: { _ in throw CancellationError() })
        var configuration = APIServerParts.Configuration(
            serviceCIDR: range, serverAddress: "127.0.0.1:6443", tokenKeyPEM: tokenKeyPEM,
            staticTokens: [
                adminToken: User(name: "admin", groups: ["system:masters", "system:authenticated"]),
                nobodyToken: User(name: "nobody", groups: ["system:authenticated"]),
            ], environment: environment, logger: Logger(label: "test"))
        configuration.auditLog = audit
        configuration.requestHeaders = requestHeaders
        let parts = try await APIServerParts.assemble(
            store: store, kubelets: kubelets, upstreams: upstreams, webhooks: webhooks, configuration)
        let fixture = ServerFixture(parts: parts, store: store)
        for hook in ServerLifecycle.Hook.allCases { parts.lifecycle.finish(hook) }
        for name in ["default", "kube-system"]
        where parts.registry.caches[core("namespaces")]?.get(NamespacedName(name: name)) == nil {
            _ = await fixture.post("/api/v1/namespaces", ["metadata": ["name": .string(name)]])
            _ = await fixture.post("/api/v1/namespaces/\(name)/serviceaccounts", ["metadata": ["name": "default"]])
        }
        return fixture
    }

    struct FixtureError: Error {}

    static func core(_ resource: String) -> GroupVersionResource {
        GroupVersionResource(group: "", version: "v1", resource: resource)
    }

    func send(
        _ method: String, _ target: String, body: [UInt8] = [], headers: HTTPHeaders = [:], token: String? = adminToken
    ) async -> HTTPResponse {
        let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
        var query: [HTTPRequest.QueryItem] = []
        for item in (parts.count < 2 ? "" : parts[1]).split(separator: "&") {
            let pair = item.split(separator: "=", maxSplits: 1).map(String.init)
            query.append(HTTPRequest.QueryItem(name: pair[0], value: pair.count > 1 ? pair[1] : ""))
        }
        var headers = headers
        if let token { headers["authorization"] = "Bearer \(token)" }
        return await self.parts.handler.handle(
            HTTPRequest(method: method, path: parts[0], query: query, headers: headers, body: body))
    }

    func get(_ target: String) async -> Answer { Answer(await send("GET", target)) }

    func post(_ target: String, _ body: JSONValue) async -> Answer {
        Answer(await send("POST", target, body: JSONWriter.write(body), headers: ["content-type": "application/json"]))
    }

    func put(_ target: String, _ body: JSONValue) async -> Answer {
        Answer(await send("PUT", target, body: JSONWriter.write(body), headers: ["content-type": "application/json"]))
    }

    func patch(_ target: String, _ body: JSONValue, type: String = "application/merge-patch+json") async -> Answer {
        Answer(await send("PATCH", target, body: JSONWriter.write(body), headers: ["content-type": type]))
    }

    func delete(_ target: String, _ body: JSONValue? = nil) async -> Answer {
        Answer(
            await send(
                "DELETE", target, body: body.map(JSONWriter.write) ?? [], headers: ["content-type": "application/json"]))
    }
}

/// Status code and body of an answer.
struct Answer {
    var code: Int
    var json: JSONValue
    var headers: HTTPHeaders

    init(_ response: HTTPResponse) {
        code = response.status
        headers = response.headers
        let bytes: [UInt8]
        switch response.body {
        case .bytes(let all): bytes = all
        case .slices(let slices): bytes = Array(slices.joined())
        default: bytes = []
        }
        json = (try? JSONParser.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }

    var message: String { json["message"]?.string ?? "" }
    var reason: String { json["reason"]?.string ?? "" }
    var revision: String { json["metadata"]?["resourceVersion"]?.string ?? "" }
    var names: [String] { (json["items"]?.array ?? []).compactMap { $0["metadata"]?["name"]?.string } }
}

/// Takes a streamed answer's lines as they come.
final class LineCollector: BodyWriter {
    private let buffer = EventBuffer<JSONValue>(countMax: 10_000)
    private let rest = Mutex<[JSONValue]>([])

    func write(_ bytes: [UInt8]) async throws {
        buffer.offer(bytes.split(separator: 0x0a).compactMap { try? JSONParser.parse(Array($0)) })
    }

    func offer(_ bytes: [UInt8]) -> Bool { true }
    func end() { buffer.close() }

    /// The next lines; fewer when the stream ends.
    func next(_ count: Int) async -> [JSONValue] {
        while rest.withLock({ $0.count }) < count {
            guard case .elements(let lines) = await buffer.next() else { break }
            rest.withLock { $0 += lines }
        }
        return rest.withLock { rest in
            let taken = Array(rest.prefix(count))
            rest.removeFirst(taken.count)
            return taken
        }
    }
}

extension ServerFixture {
    /// Runs a watch beside `body` and ends it afterwards.
    func watching(_ target: String, _ body: (LineCollector) async throws -> Void) async throws {
        let response = await send("GET", target)
        let collector = LineCollector()
        guard case .stream(let run) = response.body else {
            if case .bytes(let bytes) = response.body { try await collector.write(bytes) }
            return try await body(collector)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await run(collector)
                collector.end()
            }
            try await body(collector)
            group.cancelAll()
        }
    }
}
