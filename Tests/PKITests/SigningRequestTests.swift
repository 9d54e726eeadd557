import Testing

@testable import PKI

@Suite struct SigningRequestTests {
    @Test func `a request says what was asked for`() throws {
        let made = try SigningRequest.make(
            commonName: "system:node:n1", organizations: ["system:nodes", "more"], dnsNames: ["n1"],
            ipAddresses: ["10.0.0.1", "fd00::1"])
        let read = try SigningRequest(pem: Array(made.requestPEM.utf8))
        #expect(read.isGenuine && read.commonName == "system:node:n1" && read.organizations == ["system:nodes", "more"])
        #expect(read.dnsNames == ["n1"] && read.ipAddresses == ["10.0.0.1", "fd00::1"])
    }

    @Test func `a signed request is a certificate of its subject`() throws {
        let authority = try CertificateAuthority(commonName: "ca", lifetime: .seconds(1000), now: 1_800_000_000)
        let made = try SigningRequest.make(commonName: "bob", organizations: ["devs"])
        let request = try SigningRequest(pem: Array(made.requestPEM.utf8))
        let certificate = try authority.sign(
            request, usages: ["digital signature", "key encipherment", "client auth"], notBefore: 1_800_000_000,
            notAfter: 1_800_000_500)
        #expect(CertificateTimes.notAfter(pem: Array(certificate.utf8)) == 1_800_000_500)
        let longer = try authority.sign(request, usages: [], notBefore: 1_800_000_000, notAfter: 1_900_000_000)
        #expect(CertificateTimes.notAfter(pem: Array(longer.utf8)) == authority.validity.notAfter)
        #expect(throws: PKIError.malformedRequest("unrecognized usage value: \"flying\"")) {
            try authority.sign(request, usages: ["flying"], notBefore: 0, notAfter: 1)
        }
    }

    @Test(arguments: ["", "x", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"])
    func `what is no request is refused`(text: String) {
        #expect(throws: PKIError.self) { try SigningRequest(pem: Array(text.utf8)) }
    }
}
