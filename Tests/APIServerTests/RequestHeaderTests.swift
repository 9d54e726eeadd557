import API
import HTTP
import JSON
import PKI
import Testing

@testable import APIServer

/// A proxy in front of the server that says for whom it asks.
@Suite struct RequestHeaderTests {
    private static func der(_ pem: String) throws -> [UInt8] {
        let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        return try #require(API.Base64.decode(lines.joined()))
    }

    private let proxies: CertificateAuthority
    private let clients: CertificateAuthority

    init() throws {
        proxies = try CertificateAuthority(commonName: "proxies")
        clients = try CertificateAuthority(commonName: "clients")
    }

    private func certificate(
        _ authority: CertificateAuthority, _ name: String, organizations: [String] = []
    ) throws -> [UInt8] {
        try Self.der(try authority.issue(.client(commonName: name, organizations: organizations)).certificatePEM)
    }

    private func server(allowed: [String], _ fields: RequestHeaderTrust.Fields = .init()) async throws -> ServerFixture {
        let trust = try RequestHeaderTrust(
            authorityPEM: proxies.certificatePEM, allowedNames: allowed, fields: fields, clientCAPEM: clients.certificatePEM)
        return try await ServerFixture.make(requestHeaders: trust)
    }

    /// Who the server takes the sender for.
    private func asker(_ server: ServerFixture, _ certificate: [UInt8]?, _ headers: HTTPHeaders) throws -> User {
        let request = HTTPRequest(
            method: "GET", path: "/api", query: [], headers: headers, body: [], peerCertificate: certificate)
        let now = server.parts.registry.environment.now()
        return try server.parts.handler.authenticator.authenticate(request, now: now).user
    }

    private let says: HTTPHeaders = [
        "X-Remote-User": "ann", "X-Remote-Uid": "7", "X-Remote-Group": "devs", "X-Remote-Extra-Example.com%2Fteam": "blue",
    ]

    @Test func `the word of a proxy is believed`() async throws {
        let server = try await server(allowed: ["front"])
        var headers = says
        headers.add("X-Remote-Group", "admins")
        let user = try asker(server, try certificate(proxies, "front"), headers)
        #expect(
            user
                == User(
                    name: "ann", uid: "7", groups: ["devs", "admins", "system:authenticated"],
                    extra: ["example.com/team": ["blue"]]))
    }

    @Test func `only proxies with an allowed name are believed, and a certificate of theirs is no client's`() async throws {
        let server = try await server(allowed: ["front"])
        let (other, master) = (
            try certificate(proxies, "other"), try certificate(proxies, "front", organizations: ["system:masters"])
        )
        #expect(try asker(server, other, says) == .anonymous)
        #expect(try asker(server, master, [:]) == .anonymous)
        #expect(try asker(server, nil, says) == .anonymous)
        let open = try await self.server(allowed: [])
        #expect(try asker(open, other, says).name == "ann")
    }

    @Test func `a client says who it is with its certificate, whatever its headers say`() async throws {
        let server = try await server(allowed: ["front"])
        let user = try asker(server, try certificate(clients, "front", organizations: ["team"]), says)
        #expect(user.name == "front" && user.groups == ["team", "system:authenticated"])
    }

    @Test func `the fields may have other names`() async throws {
        var fields = RequestHeaderTrust.Fields()
        fields.usernames = ["X-First", "X-Second"]
        fields.groups = []
        let server = try await server(allowed: [], fields)
        let user = try asker(server, try certificate(proxies, "p"), ["X-Second": "bob", "X-Remote-Group": "devs"])
        #expect(user.name == "bob" && user.groups == ["system:authenticated"])
    }

    @Test func `authorities are read out of a bundle, and a forged issuer is none`() throws {
        let other = try CertificateAuthority(commonName: "proxies")
        let issuers = try CertificateIssuers(pem: clients.certificatePEM + proxies.certificatePEM)
        let (first, second) = (try certificate(proxies, "a"), try certificate(clients, "a"))
        let forged = try certificate(other, "a")
        #expect(issuers.signed(der: first) && issuers.signed(der: second))
        #expect(!issuers.signed(der: forged) && !issuers.signed(der: [1, 2, 3]))
        #expect(throws: PKIError.self) { try CertificateIssuers(pem: "nothing") }
    }
}
