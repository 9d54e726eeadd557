/// What a certificate shall say.
package struct CertificateRequest: Hashable, Sendable {
    package enum Usage: Hashable, Sendable {
        case serverAuth
        case clientAuth
    }

    /// The user of a client certificate.
    package var commonName: String
    /// The groups of a client certificate.
    package var organizations: [String]
    package var dnsNames: [String]
    /// Addresses in text, v4 or v6.
    package var ipAddresses: [String]
    package var usages: [Usage]
    package var lifetime: Duration

    package init(
        commonName: String, organizations: [String] = [], dnsNames: [String] = [], ipAddresses: [String] = [],
        usages: [Usage], lifetime: Duration = .seconds(365 * 24 * 3600)
    ) {
        self.commonName = commonName
        self.organizations = organizations
        self.dnsNames = dnsNames
        self.ipAddresses = ipAddresses
        self.usages = usages
        self.lifetime = lifetime
    }

    /// The serving certificate of an API server.
    package static func server(commonName: String, dnsNames: [String], ipAddresses: [String]) -> CertificateRequest {
        CertificateRequest(commonName: commonName, dnsNames: dnsNames, ipAddresses: ipAddresses, usages: [.serverAuth])
    }

    /// The certificate of a user or a component.
    package static func client(commonName: String, organizations: [String]) -> CertificateRequest {
        CertificateRequest(commonName: commonName, organizations: organizations, usages: [.clientAuth])
    }

    /// A kubelet's one certificate: client of the API server, server for logs and exec.
    package static func kubelet(nodeName: String, ipAddresses: [String]) -> CertificateRequest {
        CertificateRequest(
            commonName: "system:node:\(nodeName)", organizations: ["system:nodes"], dnsNames: [nodeName],
            ipAddresses: ipAddresses, usages: [.clientAuth, .serverAuth])
    }
}

/// A certificate and its key, both as PEM text.
package struct IssuedCertificate: Hashable, Sendable {
    package var certificatePEM: String
    /// PKCS#8, P-256.
    package var privateKeyPEM: String

    package init(certificatePEM: String, privateKeyPEM: String) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }
}

/// Why a certificate or token was not made or not believed.
package enum PKIError: Error, Hashable, Sendable {
    case malformedCertificate(String)
    case malformedKey(String)
    case malformedRequest(String)
    case invalidAddress(String)
    case signing(String)
}
