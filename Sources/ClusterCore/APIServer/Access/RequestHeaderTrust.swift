import API
import HTTP
import Machinery
package import PKI
import Synchronization

/// Proxies in front of this server that say in headers for whom they ask.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/authentication/request/headerrequest/requestheader.go`.
package final class RequestHeaderTrust: Sendable {
    /// What is taken from a request.
    package struct Fields: Hashable, Sendable {
        package var usernames = ["X-Remote-User"]
        package var uids = ["X-Remote-Uid"]
        package var groups = ["X-Remote-Group"]
        package var extraPrefixes = ["X-Remote-Extra-"]

        package init() {}
    }

    /// PEM of the authorities of proxies, for the handshake.
    package let authorityPEM: String
    /// Common names of proxies; empty: every certificate of the authorities will do.
    package let allowedNames: [String]
    package let fields: Fields
    private let proxies: CertificateIssuers
    private let clients: CertificateIssuers
    private let known = Mutex<[[UInt8]: Signers]>([:])

    /// Certificates whose reading is remembered; beyond it the memory starts anew.
    private static let knownMax = 4096

    private struct Signers {
        var isProxy: Bool
        var isClient: Bool
    }

    /// - Parameter clientCAPEM: The authorities of everybody else.
    package init(authorityPEM: String, allowedNames: [String], fields: Fields, clientCAPEM: String) throws(PKIError) {
        self.authorityPEM = authorityPEM
        self.allowedNames = allowedNames
        self.fields = fields
        proxies = try CertificateIssuers(pem: authorityPEM)
        clients = try CertificateIssuers(pem: clientCAPEM)
    }

    /// For whom a proxy asks; nil when it is none, or says nothing.
    func user(_ request: HTTPRequest) -> User? {
        guard let certificate = request.peerCertificate, signers(certificate).isProxy,
            allowedNames.isEmpty || PeerIdentity(der: certificate).map({ allowedNames.contains($0.commonName) }) ?? false,
            let name = first(fields.usernames, request)
        else { return nil }
        var user = User(name: name, uid: first(fields.uids, request) ?? "")
        user.groups = fields.groups.flatMap { request.headers.values($0) }.filter { !$0.isEmpty }
        for field in request.headers.fields {
            for prefix in fields.extraPrefixes where field.name.lowercased().hasPrefix(prefix.lowercased()) {
                let escaped = field.name.lowercased().dropFirst(prefix.utf8.count)
                let key = PercentCoding.decode(escaped, plusIsSpace: false) ?? String(escaped)
                user.extra[key, default: []].append(field.value)
            }
        }
        let isSettled = user.groups.contains { [User.authenticatedGroup, User.unauthenticatedGroup].contains($0) }
        if !isSettled { user.groups.append(User.authenticatedGroup) }
        return user
    }

    /// Whether a certificate was made for a client of this server, and not for a proxy alone.
    func isClient(_ certificate: [UInt8]) -> Bool { signers(certificate).isClient }

    private func first(_ names: [String], _ request: HTTPRequest) -> String? {
        names.lazy.compactMap { request.headers[$0] }.first { !$0.isEmpty }
    }

    private func signers(_ certificate: [UInt8]) -> Signers {
        if let found = known.withLock({ $0[certificate] }) { return found }
        let found = Signers(isProxy: proxies.signed(der: certificate), isClient: clients.signed(der: certificate))
        known.withLock { known in
            if known.count >= Self.knownMax { known = [:] }
            known[certificate] = found
        }
        return found
    }
}
