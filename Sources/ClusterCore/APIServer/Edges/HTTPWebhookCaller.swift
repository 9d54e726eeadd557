import API
import HTTP
import JSON
import Logging

/// Calls webhooks over HTTPS.
final class HTTPWebhookCaller: WebhookCaller {
    private enum Outcome {
        case answered(JSONValue)
        case failed(String)
        case late
    }

    private static let answerBytesMax = 8 * 1024 * 1024

    private let sleep: @Sendable (Duration) async throws -> Void
    private let clients: PeerClients

    /// - Parameter sleep: Waits; throws when cancelled.
    init(logger: Logger, sleep: @escaping @Sendable (Duration) async throws -> Void) {
        clients = PeerClients(logger: logger)
        self.sleep = sleep
    }

    func call(_ target: WebhookTarget, _ body: [UInt8], timeout: Duration) async throws(WebhookFailure) -> JSONValue {
        let client = clients.client(
            PeerClients.Peer(address: target.address, serverName: target.serverName, caPEM: target.caPEM))
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await Self.post(client, target, body) }
            group.addTask { [sleep] in
                try? await sleep(timeout)
                return .late
            }
            let first = await group.next() ?? .late
            group.cancelAll()
            return first
        }
        switch outcome {
        case .answered(let json): return json
        case .failed(let text): throw WebhookFailure(message: text)
        case .late: throw WebhookFailure(message: "Post \"\(target.url)\": context deadline exceeded")
        }
    }

    private static func post(_ client: HTTPClient, _ target: WebhookTarget, _ body: [UInt8]) async -> Outcome {
        do {
            let response = try await client.send(
                HTTPClientRequest(
                    method: "POST", target: target.path,
                    headers: [
                        "content-type": "application/json", "accept": "application/json, */*",
                        "host": "\(target.serverName):\(target.address.port)",
                    ], body: body))
            var bytes: [UInt8] = []
            for try await chunk in response.body {
                bytes += chunk
                guard bytes.count <= answerBytesMax else { return .failed("Post \"\(target.url)\": the answer is too long") }
            }
            switch response.status {
            case 200..<300: break
            case 404: return .failed("the server could not find the requested resource")
            default:
                let text = String(decoding: bytes.prefix(1024), as: UTF8.self)
                return .failed("an error on the server (\"\(text)\") has prevented the request from succeeding")
            }
            guard let json = try? JSONParser.parse(bytes), json.object != nil else {
                return .failed("Post \"\(target.url)\": the answer is no JSON object")
            }
            return .answered(json)
        } catch {
            return .failed("Post \"\(target.url)\": \(error)")
        }
    }
}
