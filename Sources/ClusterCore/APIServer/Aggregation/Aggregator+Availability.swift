import API
import HTTP
import JSON
import Logging
import Machinery

// Whether other servers are there, and what they offer.
extension Aggregator {
    private static let interval: Duration = .seconds(2)
    /// Those that are there are asked again after so many intervals.
    private static let intervalsMax = 5

    /// Runs until cancelled.
    package func run() async throws {
        var pause = 0
        while true {
            try await registry.environment.sleep(Self.interval)
            let services = services
            let isSettled =
                services.values.allSatisfy { registry.kinds.remoteVersions.contains($0.name) }
                && registry.kinds.remoteVersions.allSatisfy { services[$0] != nil }
            pause = isSettled && pause < Self.intervalsMax ? pause + 1 : 0
            if pause == 0 { await reconcile() }
        }
    }

    /// Asks every server once.
    package func reconcile() async {
        let services = services
        registry.kinds.keepRemote(Set(services.keys))
        for service in services.values.sorted(by: { $0.name < $1.name }) {
            let (finding, list) = await check(service)
            if let list {
                registry.kinds.setRemote(service.name, service.kinds(list))
                await readDocuments(of: service)
            }
            await write(finding, of: service)
        }
    }

    struct Finding: Hashable {
        var isAvailable: Bool
        var reason: String
        var message: String
    }

    /// - SeeAlso: Kubernetes 1.36 `kube-aggregator/pkg/controllers/status/remote/remote_available_controller.go`.
    private func check(_ service: RemoteService) async -> (Finding, JSONValue?) {
        let (key, caches) = (service.service, registry.caches)
        func missing(_ reason: String, _ message: String) -> (Finding, JSONValue?) {
            (Finding(isAvailable: false, reason: reason, message: message), nil)
        }
        let what = "service/\(key.name) in \"\(key.namespace)\""
        guard let found = caches[ServiceAllocator.resource]?.get(key)?.object else {
            return missing("ServiceNotFound", "\(what) is not present")
        }
        if found["spec"]?["type"]?.string != "ExternalName" {
            let ports = found["spec"]?["ports"]?.array ?? []
            guard let port = ports.first(where: { $0["port"]?.int == Int64(service.port) }) else {
                return missing("ServicePortError", "\(what) is not listening on port \(service.port)")
            }
            let name = port["name"]?.string ?? ""
            guard !ServiceEndpoints(caches: caches).ready(key, portName: name).isEmpty else {
                return missing(
                    "MissingEndpoints",
                    "endpoints for \(what) have no addresses with port name \"\(name)\"")
            }
        }
        do {
            let list = try await discovery(service)
            return (Finding(isAvailable: true, reason: "Passed", message: "all checks passed"), list)
        } catch {
            let reason = (error as? WebhookFailure)?.message ?? "\(error)"
            let place = "https://\(key.name).\(key.namespace).svc:\(service.port)\(service.path)"
            return missing("FailedDiscoveryCheck", "failing or missing response from \(place): \(reason)")
        }
    }

    private func discovery(_ service: RemoteService) async throws -> JSONValue {
        let answer = try await ask(service, service.path, bytesMax: Self.answerBytesMax)
        guard (200..<300).contains(answer.status) else {
            throw WebhookFailure(message: "bad status from \(service.path): \(answer.status)")
        }
        return try JSONParser.parse(answer.bytes)
    }

    struct RemoteAnswer {
        var status: Int
        var headers: HTTPHeaders
        var bytes: [UInt8]
    }

    /// Asks a server for a document, in this server's own name.
    func ask(
        _ service: RemoteService, _ target: String, bytesMax: Int, tag: String = ""
    ) async throws -> RemoteAnswer {
        let client = clients.client(
            try service.peer(caches: registry.caches, random: registry.environment.random()))
        var headers: HTTPHeaders = ["accept": "application/json"]
        if !tag.isEmpty { headers.add("if-none-match", tag) }
        let user = User(name: "system:kube-aggregator", groups: [User.mastersGroup])
        for (name, value) in Self.identity(user) { headers.add(name, value) }
        let request = HTTPClientRequest(method: "GET", target: target, headers: headers)
        let sleep = registry.environment.sleep
        return try await withThrowingTaskGroup(of: RemoteAnswer.self) { group in
            group.addTask {
                let response = try await client.send(request)
                var bytes: [UInt8] = []
                for try await chunk in response.body {
                    bytes += chunk
                    guard bytes.count <= bytesMax else { throw WebhookFailure(message: "the answer is too long") }
                }
                return RemoteAnswer(status: response.status, headers: response.headers, bytes: bytes)
            }
            group.addTask {
                try await sleep(Self.checkTimeout)
                throw WebhookFailure(message: "context deadline exceeded")
            }
            defer { group.cancelAll() }
            while let result = await group.nextResult() {
                // A clock that does not run sets no limit.
                if case .failure(let error) = result, error is CancellationError, !Task.isCancelled { continue }
                return try result.get()
            }
            throw CancellationError()
        }
    }

    private func write(_ finding: Finding, of service: RemoteService) async {
        guard let kind = registry.kinds.kind(LocalServices.resource) else { return }
        let now = registry.environment.now()
        do throws(Status) {
            _ = try await registry.modify(kind, NamespacedName(name: service.name), part: .status, .loopback) {
                old throws(Status) in
                Self.noted(finding, in: old, now: now)
            }
        } catch {
            guard !error.isNotFound, !error.isConflict else { return }
            logger.info("API service not settled", metadata: ["key": "\(service.name)", "error": "\(error)"])
        }
    }

    /// The APIService with its condition; the condition's time moves when its status does.
    static func noted(_ finding: Finding, in object: JSONValue, now: Timestamp) -> JSONValue {
        let all = object["status"]?["conditions"]?.array ?? []
        let old = all.first { $0["type"] == "Available" }
        let status: JSONValue = finding.isAvailable ? "True" : "False"
        let time = old?["status"] == status ? old?["lastTransitionTime"] : nil
        let condition: JSONValue = [
            "type": "Available", "status": status, "lastTransitionTime": time ?? .string(now.description),
            "reason": .string(finding.reason), "message": .string(finding.message),
        ]
        var result = object
        result[path: ["status", "conditions"]] = .array(all.filter { $0["type"] != "Available" } + [condition])
        return result
    }
}
