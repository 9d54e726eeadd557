import Testing

@testable import PKI

@Suite struct CertificateTests {
    @Test func `a kubelet's certificate names its node and group`() throws {
        let authority = try CertificateAuthority(commonName: "skiff-ca", now: 1_700_000_000)
        let issued = try authority.issue(.kubelet(nodeName: "node1", ipAddresses: ["172.18.0.11"]), now: 1_700_000_000)
        let identity = try #require(PeerIdentity(der: der(issued.certificatePEM)))
        #expect(identity == PeerIdentity(commonName: "system:node:node1", organizations: ["system:nodes"]))
    }

    @Test func `an authority that was saved signs again`() throws {
        let authority = try CertificateAuthority(commonName: "skiff-ca")
        let loaded = try CertificateAuthority.load(
            certificatePEM: authority.certificatePEM, keyPEM: authority.privateKeyPEM)
        let issued = try loaded.issue(.client(commonName: "admin", organizations: ["system:masters", "dev"]))
        #expect(PeerIdentity(der: der(issued.certificatePEM))?.organizations == ["system:masters", "dev"])
    }

    @Test func `a key of another authority is refused`() throws {
        let one = try CertificateAuthority(commonName: "one")
        let two = try CertificateAuthority(commonName: "two")
        #expect(throws: PKIError.malformedKey("the key does not belong to the certificate")) {
            try CertificateAuthority.load(certificatePEM: one.certificatePEM, keyPEM: two.privateKeyPEM)
        }
    }

    @Test func `an address that is none is refused`() throws {
        let authority = try CertificateAuthority(commonName: "skiff-ca")
        #expect(throws: PKIError.invalidAddress("1.2.3")) {
            try authority.issue(.server(commonName: "x", dnsNames: [], ipAddresses: ["1.2.3"]))
        }
    }

    @Test(arguments: [[], [0x30], [0x30, 0x03, 0x02, 0x01, 0x00], [0x30, 0x84, 0xff, 0xff, 0xff, 0xff]] as [[UInt8]])
    func `bytes that are no certificate have no identity`(bytes: [UInt8]) {
        #expect(PeerIdentity(der: bytes) == nil)
    }

    /// The one certificate of a PEM text.
    private func der(_ pem: String) -> [UInt8] {
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let url = body.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }.filter { $0 != "=" }
        return Base64URL.decode(String(url)) ?? []
    }
}
