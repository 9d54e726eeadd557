import API
package import HTTP
import JSON
package import Logging
import Synchronization

/// How the server reaches the kubelet of a node.
package protocol KubeletDialer: Sendable {
    func send(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPClientResponse
    func upgrade(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPUpgrade
}

package struct KubeletAddress: Hashable, Sendable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Reaches kubelets over TLS with the server's client certificate, one connection per kubelet.
package final class TLSKubeletDialer: KubeletDialer {
    private let tls: HTTPClientConfiguration.TLS
    private let logger: Logger
    private let clients = Mutex<[KubeletAddress: HTTPClient]>([:])

    package init(tls: HTTPClientConfiguration.TLS, logger: Logger) {
        self.tls = tls
        self.logger = logger
    }

    package func send(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPClientResponse {
        try await client(kubelet).send(request)
    }

    package func upgrade(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPUpgrade {
        try await client(kubelet).upgrade(request)
    }

    private func client(_ kubelet: KubeletAddress) -> HTTPClient {
        clients.withLock { clients in
            if let known = clients[kubelet] { return known }
            let client = HTTPClient(
                configuration: HTTPClientConfiguration(host: kubelet.host, port: kubelet.port, tls: tls), logger: logger)
            clients[kubelet] = client
            return client
        }
    }

    package func shutdown() async {
        let all = clients.withLock { clients in
            let all = Array(clients.values)
            clients = [:]
            return all
        }
        for client in all { await client.shutdown() }
    }
}

/// For servers without nodes: nobody answers.
package struct NoKubelets: KubeletDialer {
    package init() {}

    package func send(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPClientResponse {
        throw Unreachable()
    }

    package func upgrade(_ request: HTTPClientRequest, to kubelet: KubeletAddress) async throws -> HTTPUpgrade {
        throw Unreachable()
    }

    struct Unreachable: Error {}
}
