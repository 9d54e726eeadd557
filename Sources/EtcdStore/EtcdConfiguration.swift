package import GRPC

/// Where an etcd cluster answers, and how it is spoken to.
package struct EtcdConfiguration: Hashable, Sendable {
    package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
        package var host: String
        package var port: Int
        package var isSecure: Bool

        package init(host: String, port: Int, isSecure: Bool = false) {
            self.host = host
            self.port = port
            self.isSecure = isSecure
        }

        /// `https://10.0.0.5:2379`; without a scheme it is `http`, without a port 2379.
        package init(parsing text: String) throws(EtcdConfigurationError) {
            var rest = text[...]
            isSecure = rest.hasPrefix("https://")
            for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest = rest.dropFirst(scheme.count) }
            while rest.hasSuffix("/") { rest = rest.dropLast() }
            port = 2379
            let bracket = rest.lastIndex(of: "]")
            if let colon = rest.lastIndex(of: ":"), bracket.map({ $0 < colon }) ?? true {
                guard let number = Int(rest[rest.index(after: colon)...]), (1...65535).contains(number) else {
                    throw .endpoint(text)
                }
                port = number
                rest = rest[..<colon]
            }
            if rest.hasPrefix("["), rest.hasSuffix("]") { rest = rest.dropFirst().dropLast() }
            guard !rest.isEmpty, !rest.contains("/") else { throw .endpoint(text) }
            host = String(rest)
        }

        package var description: String {
            "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    package var endpoints: [Endpoint]
    /// For endpoints with `https`; nil: the system's authorities, and no certificate of ours.
    package var tls: GRPCConfiguration.TLS?
    /// A call that takes longer is given up.
    package var callTimeout: Duration = .seconds(10)
    /// Keys in one answer of a list; halved when an answer is too large all the same.
    package var pageKeysMax = 1000

    /// - Parameter urls: Separated by commas.
    package init(urls: String, tls: GRPCConfiguration.TLS? = nil) throws(EtcdConfigurationError) {
        var endpoints: [Endpoint] = []
        for url in urls.split(separator: ",") where !url.allSatisfy(\.isWhitespace) {
            endpoints.append(try Endpoint(parsing: String(url.filter { !$0.isWhitespace })))
        }
        guard !endpoints.isEmpty else { throw .endpoint(urls) }
        self.endpoints = endpoints
        self.tls = tls
    }
}

/// A configuration that names no cluster.
package enum EtcdConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    case endpoint(String)

    package var description: String {
        switch self {
        case .endpoint(let text): "'\(text)' is no etcd endpoint: use http://HOST:2379 or https://HOST:2379, several with commas"
        }
    }
}
