import API
import HTTP
import JSON
import Logging
import Machinery
import Store
import Streaming
import Synchronization

/// Leads requests for groups that other servers serve to them, and keeps what they offer in this server's discovery.
package final class Aggregator: Sendable {
    private struct Known {
        var revision: Revision
        var services: [String: RemoteService]
    }

    /// Who asks it is said in these; a client's own are thrown away.
    private static let prefix = "x-remote-"
    private static let ownFields: Set<String> = ["authorization", "content-length", "host"]
    static let checkTimeout: Duration = .seconds(5)
    static let answerBytesMax = 4 * 1024 * 1024

    let registry: ObjectRegistry
    let clients: PeerClients
    let logger: Logger
    private let known = Mutex<Known?>(nil)
    /// When a server was last asked for its documents, by the name of its APIService.
    let documentsRead = Mutex<[String: Duration]>([:])

    init(registry: ObjectRegistry, identity: FrontProxyIdentity?, logger: Logger) {
        self.registry = registry
        self.logger = logger
        clients = PeerClients(identity: identity, logger: logger)
    }

    /// By the name of the APIService, `v1beta1.metrics.k8s.io`.
    var services: [String: RemoteService] {
        guard let cache = registry.caches[LocalServices.resource] else { return [:] }
        let revision = cache.lastRevision
        if let found = known.withLock({ $0 }), found.revision == revision { return found.services }
        let all = cache.all().compactMap { RemoteService($0.object) }
        let services = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }
        known.withLock { $0 = Known(revision: revision, services: services) }
        return services
    }

    /// The server that answers under a path; nil: this one.
    func service(for path: String) -> RemoteService? {
        let services = services
        guard !services.isEmpty, path.hasPrefix("/apis/") else { return nil }
        let parts = path.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: true)
        return parts.count < 3 ? nil : services["\(parts[2]).\(parts[1])"]
    }

    // MARK: Passing on

    func pass(_ request: HTTPRequest, _ user: User, to service: RemoteService) async throws(Status) -> HTTPResponse {
        guard isAvailable(service) else { return Responses.text("service unavailable\n", code: 503) }
        let query = request.rawQuery.isEmpty ? "" : "?" + request.rawQuery
        let isUpgrade = request.headers.contains("connection", token: "upgrade")
        var headers = HopByHop.remove(request.headers, leavingOut: Self.ownFields)
        for field in headers.fields where field.name.lowercased().hasPrefix(Self.prefix) { headers[field.name] = nil }
        for (name, value) in Self.identity(user) { headers.add(name, value) }
        headers.add("host", "\(service.service.name).\(service.service.namespace).svc:\(service.port)")
        if isUpgrade {
            headers.add("connection", "Upgrade")
            headers.add("upgrade", request.headers["upgrade"] ?? "")
        }
        let onward = HTTPClientRequest(
            method: request.method, target: request.rawPath + query, headers: headers, body: request.body)
        do {
            let client = clients.client(
                try service.peer(caches: registry.caches, random: registry.environment.random()))
            guard isUpgrade else { return Self.passed(try await client.send(onward)) }
            let upgrade = try await client.upgrade(onward)
            guard let far = upgrade.channel else { return Self.passed(upgrade.response) }
            var headers = upgrade.response.headers
            headers["content-length"] = nil
            return HTTPResponse(status: 101, headers: headers, body: .upgrade { near in await RawTunnel.join(near, far) })
        } catch {
            let reason = (error as? WebhookFailure)?.message ?? "\(error)"
            throw APIErrors.serviceUnavailable("error trying to reach service: \(reason)")
        }
    }

    private static func passed(_ response: HTTPClientResponse) -> HTTPResponse {
        let body = response.body
        return HTTPResponse(
            status: response.status, headers: HopByHop.remove(response.headers),
            body: .stream { writer in
                for try await chunk in body { try await writer.write(chunk) }
            })
    }

    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/authentication/request/headerrequest/requestheader.go`.
    static func identity(_ user: User) -> [(String, String)] {
        var fields = [("X-Remote-User", user.name)]
        if !user.uid.isEmpty { fields.append(("X-Remote-Uid", user.uid)) }
        fields += user.groups.map { ("X-Remote-Group", $0) }
        for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) {
            fields += values.map { ("X-Remote-Extra-\(escaped(key))", $0) }
        }
        return fields
    }

    /// What a header's name cannot hold is percent-encoded, as upstream does.
    private static func escaped(_ key: String) -> String {
        var result = ""
        for byte in key.utf8 {
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || "!#$&'*+-.^_`|~".utf8.contains(byte)
            if isPlain {
                result.append(Character(Unicode.Scalar(byte)))
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.count < 2 ? "0" : "") + hex
            }
        }
        return result
    }

    private func isAvailable(_ service: RemoteService) -> Bool {
        let object = registry.caches[LocalServices.resource]?.get(NamespacedName(name: service.name))?.object
        let condition = (object?["status"]?["conditions"]?.array ?? []).first { $0["type"] == "Available" }
        return condition?["status"]?.string == "True"
    }
}
