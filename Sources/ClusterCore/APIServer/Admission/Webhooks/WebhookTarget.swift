import API
package import JSON
import Machinery

/// Calls webhooks, however they are reached.
package protocol WebhookCaller: Sendable {
    /// Posts a body and returns the answer's, a JSON object.
    func call(_ target: WebhookTarget, _ body: [UInt8], timeout: Duration) async throws(WebhookFailure) -> JSONValue
}

/// For servers that call none.
struct NoWebhooks: WebhookCaller {
    func call(_ target: WebhookTarget, _ body: [UInt8], timeout: Duration) async throws(WebhookFailure) -> JSONValue {
        throw WebhookFailure(message: "Post \"\(target.url)\": webhooks are not called here")
    }
}

/// A webhook that gave no answer, in upstream's words.
package struct WebhookFailure: Error, Hashable, Sendable {
    package var message: String

    package init(message: String) { self.message = message }
}

/// Where one call goes.
package struct WebhookTarget: Hashable, Sendable {
    /// As people know it: `https://hook.team.svc:443/check?timeout=10s`.
    package var url: String
    package var address: UpstreamAddress
    /// The name that the certificate must bear.
    package var serverName: String
    /// Path and query.
    package var path: String
    /// Empty: the system's roots.
    package var caPEM: [UInt8]
}

extension WebhookTarget {
    /// - Parameter random: Chooses among the endpoints of a service.
    init(_ hook: AdmissionHook, caches: CacheSet, random: UInt64) throws(WebhookFailure) {
        try self.init(
            hook.client, caPEM: hook.caPEM, query: "?timeout=\(hook.timeout.components.seconds)s", caches: caches,
            random: random)
    }

    init(
        _ client: WebhookClient, caPEM: [UInt8], query: String, caches: CacheSet, random: UInt64
    ) throws(WebhookFailure) {
        switch client {
        case .url(let text):
            let rest = text.hasPrefix("https://") ? text.dropFirst(8) : ""
            let authority = rest.prefix { $0 != "/" }
            let path = rest.dropFirst(authority.count)
            guard let (host, port) = Self.split(String(authority)) else {
                throw WebhookFailure(message: "the URL \"\(text)\" names no host")
            }
            self.init(
                url: text + query, address: UpstreamAddress(isTLS: true, host: host, port: port), serverName: host,
                path: (path.isEmpty ? "/" : String(path)) + query, caPEM: caPEM)
        case .service(let key, let port, let path):
            let name = "\(key.name).\(key.namespace).svc"
            let path = (path.hasPrefix("/") ? path : "/" + path) + query
            let (host, number): (String, Int)
            do throws(WebhookFailure) {
                (host, number) = try ServiceEndpoints(caches: caches).dial(key, port: port, random: random)
            } catch {
                throw WebhookFailure(message: "Post \"https://\(name):\(port)\(path)\": \(error.message)")
            }
            self.init(
                url: "https://\(name):\(port)\(path)", address: UpstreamAddress(isTLS: true, host: host, port: number),
                serverName: name, path: path, caPEM: caPEM)
        }
    }

    /// `host`, `host:port`, `[v6]:port`.
    private static func split(_ authority: String) -> (String, Int)? {
        var host = authority[...]
        var port = 443
        if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
            guard let number = Int(authority[authority.index(after: colon)...]), (1...65535).contains(number) else { return nil }
            port = number
            host = authority[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : (String(host), port)
    }
}
