import API
import HTTP
package import JSON

/// A kubeconfig: clusters, users, and contexts that join them.
///
/// - SeeAlso: client-go 1.36 `tools/clientcmd/api/v1/types.go`.
package struct Kubeconfig: Hashable, Sendable {
    package struct Cluster: Hashable, Sendable {
        package var server = ""
        package var certificateAuthorityData: [UInt8]?
        package var certificateAuthorityFile: String?
        package var skipVerification = false
        package var tlsServerName: String?
    }

    package struct User: Hashable, Sendable {
        package var clientCertificateData: [UInt8]?
        package var clientCertificateFile: String?
        package var clientKeyData: [UInt8]?
        package var clientKeyFile: String?
        package var token: String?
        package var tokenFile: String?
        /// The way to log in that we do not offer: `exec`, `auth-provider`, `username`.
        package var unsupported: String?
    }

    package struct Context: Hashable, Sendable {
        package var cluster: String
        package var user: String
        package var namespace: String
    }

    package var clusters: [String: Cluster] = [:]
    package var users: [String: User] = [:]
    package var contexts: [String: Context] = [:]
    package var currentContext = ""

    package init() {}

    /// Reads a kubeconfig's tree; `directory` completes relative file names and ends without a slash.
    package init(json: JSONValue, directory: String = ".") throws(APIClientError) {
        guard json.object != nil else { throw .configuration("kubeconfig: not an object") }
        currentContext = json["current-context"]?.string ?? ""
        for (name, value) in try Self.named(json, "clusters", "cluster") {
            clusters[name] = try Cluster(json: value, name: name, directory: directory)
        }
        for (name, value) in try Self.named(json, "users", "user") {
            users[name] = try User(json: value, name: name, directory: directory)
        }
        for (name, value) in try Self.named(json, "contexts", "context") {
            contexts[name] = Context(
                cluster: value["cluster"]?.string ?? "", user: value["user"]?.string ?? "",
                namespace: value["namespace"]?.string ?? "")
        }
    }

    /// Several files as one: what an earlier file says stands.
    package mutating func merge(_ later: Kubeconfig) {
        clusters.merge(later.clusters) { first, _ in first }
        users.merge(later.users) { first, _ in first }
        contexts.merge(later.contexts) { first, _ in first }
        if currentContext.isEmpty { currentContext = later.currentContext }
    }

    /// The files to read: what `KUBECONFIG` names, else `~/.kube/config`.
    package static func paths(environment: [String: String]) -> [String] {
        if let list = environment["KUBECONFIG"], !list.isEmpty { return list.split(separator: ":").map(String.init) }
        return environment["HOME"].map { ["\($0)/.kube/config"] } ?? []
    }

    /// What a client needs to reach the cluster of a context; nil: the current one.
    ///
    /// `readFile` is called for certificates and keys that are given by name.
    package func clientConfiguration(
        context name: String? = nil, readFile: (String) throws(APIClientError) -> [UInt8] = FileBytes.read
    ) throws(APIClientError) -> APIClientConfiguration {
        let name = name ?? currentContext
        guard !name.isEmpty else { throw .configuration("kubeconfig: no current-context is set") }
        guard let context = contexts[name] else { throw .configuration("kubeconfig: context \"\(name)\" does not exist") }
        guard let cluster = clusters[context.cluster] else {
            throw .configuration("kubeconfig: cluster \"\(context.cluster)\" of context \"\(name)\" does not exist")
        }
        guard let user = context.user.isEmpty ? User() : users[context.user] else {
            throw .configuration("kubeconfig: user \"\(context.user)\" of context \"\(name)\" does not exist")
        }
        if let unsupported = user.unsupported {
            throw .configuration(
                "kubeconfig: user \"\(context.user)\" logs in by \"\(unsupported)\", which is not supported; "
                    + "use a client certificate or a token")
        }
        guard let url = ServerURL(parsing: cluster.server) else {
            throw .configuration("kubeconfig: cluster \"\(context.cluster)\" has no usable server: \"\(cluster.server)\"")
        }
        var tls: HTTPClientConfiguration.TLS?
        if url.isSecure {
            tls = HTTPClientConfiguration.TLS(
                caPEM: try Self.content(cluster.certificateAuthorityData, cluster.certificateAuthorityFile, readFile),
                clientCertificatePEM: try Self.content(user.clientCertificateData, user.clientCertificateFile, readFile),
                clientKeyPEM: try Self.content(user.clientKeyData, user.clientKeyFile, readFile),
                serverName: cluster.tlsServerName, skipVerification: cluster.skipVerification)
            guard (tls?.clientCertificatePEM == nil) == (tls?.clientKeyPEM == nil) else {
                throw .configuration("kubeconfig: user \"\(context.user)\" needs both a client certificate and its key")
            }
        }
        let token: APIClientConfiguration.Token? =
            if let text = user.token, !text.isEmpty { .text(text) } else { user.tokenFile.map { .file($0) } }
        return APIClientConfiguration(
            http: HTTPClientConfiguration(host: url.host, port: url.port, tls: tls), pathPrefix: url.path, token: token)
    }

    private static func content(
        _ data: [UInt8]?, _ file: String?, _ readFile: (String) throws(APIClientError) -> [UInt8]
    ) throws(APIClientError) -> [UInt8]? {
        if let data { return data }
        guard let file else { return nil }
        return try readFile(file)
    }

    private static func named(
        _ json: JSONValue, _ list: String, _ member: String
    ) throws(APIClientError) -> [(String, JSONValue)] {
        var result: [(String, JSONValue)] = []
        for (index, entry) in (json[list]?.array ?? []).enumerated() {
            guard let name = entry["name"]?.string, !name.isEmpty else {
                throw .configuration("kubeconfig: \(list)[\(index)] has no name")
            }
            result.append((name, entry[member] ?? [:]))
        }
        return result
    }
}

extension Kubeconfig.Cluster {
    fileprivate init(json: JSONValue, name: String, directory: String) throws(APIClientError) {
        server = json["server"]?.string ?? ""
        certificateAuthorityData = try json.bytes("certificate-authority-data", of: "cluster \"\(name)\"")
        certificateAuthorityFile = json.file("certificate-authority", in: directory)
        skipVerification = json["insecure-skip-tls-verify"]?.bool ?? false
        tlsServerName = json["tls-server-name"]?.string
    }
}

extension Kubeconfig.User {
    fileprivate init(json: JSONValue, name: String, directory: String) throws(APIClientError) {
        let owner = "user \"\(name)\""
        clientCertificateData = try json.bytes("client-certificate-data", of: owner)
        clientCertificateFile = json.file("client-certificate", in: directory)
        clientKeyData = try json.bytes("client-key-data", of: owner)
        clientKeyFile = json.file("client-key", in: directory)
        token = json["token"]?.string
        tokenFile = json.file("tokenFile", in: directory)
        unsupported = ["exec", "auth-provider", "username"].first { json[$0].map { !$0.isNull } ?? false }
    }
}

extension JSONValue {
    fileprivate func bytes(_ key: String, of owner: String) throws(APIClientError) -> [UInt8]? {
        guard let text = self[key]?.string, !text.isEmpty else { return nil }
        guard let bytes = Base64.decode(text) else {
            throw .configuration("kubeconfig: \(key) of \(owner) is not base64")
        }
        return bytes
    }

    fileprivate func file(_ key: String, in directory: String) -> String? {
        guard let path = self[key]?.string, !path.isEmpty else { return nil }
        return path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }
}
