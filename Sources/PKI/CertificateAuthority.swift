import Crypto
import FoundationEssentials
import Glibc
import SwiftASN1
import X509

/// Signs certificates with a P-256 key that nobody else has.
package struct CertificateAuthority: Sendable {
    /// The authority's own certificate, which others trust.
    package let certificatePEM: String
    /// PKCS#8; secret.
    package let privateKeyPEM: String

    let certificate: Certificate
    let key: P256.Signing.PrivateKey

    /// Clocks of other machines may be behind: certificates are valid from this long before they were made.
    private static let backdating: Int64 = 300

    /// Makes a new authority with a key of its own.
    package init(
        commonName: String, lifetime: Duration = .seconds(10 * 365 * 24 * 3600), now: Int64 = UnixTime.now()
    ) throws(PKIError) {
        let key = P256.Signing.PrivateKey()
        do {
            let name = try DistinguishedName { CommonName(commonName) }
            let publicKey = Certificate.PublicKey(key.publicKey)
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: Self.date(now - Self.backdating), notValidAfter: Self.date(now + lifetime.components.seconds),
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(digitalSignature: true, keyCertSign: true, cRLSign: true))
                    SubjectKeyIdentifier(hash: publicKey)
                },
                issuerPrivateKey: Certificate.PrivateKey(key))
            certificatePEM = try certificate.serializeAsPEM().pemString + "\n"
            self.certificate = certificate
        } catch {
            throw PKIError.signing("\(error)")
        }
        privateKeyPEM = key.pemRepresentation + "\n"
        self.key = key
    }

    private init(certificate: Certificate, key: P256.Signing.PrivateKey, certificatePEM: String, privateKeyPEM: String) {
        self.certificate = certificate
        self.key = key
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }

    /// Takes up an authority that was made before.
    package static func load(certificatePEM: String, keyPEM: String) throws(PKIError) -> CertificateAuthority {
        let certificate: Certificate
        do {
            certificate = try Certificate(pemEncoded: certificatePEM)
        } catch {
            throw PKIError.malformedCertificate("\(error)")
        }
        let key: P256.Signing.PrivateKey
        do {
            key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        } catch {
            throw PKIError.malformedKey("\(error)")
        }
        guard Certificate.PublicKey(key.publicKey) == certificate.publicKey else {
            throw PKIError.malformedKey("the key does not belong to the certificate")
        }
        return CertificateAuthority(
            certificate: certificate, key: key, certificatePEM: certificatePEM, privateKeyPEM: keyPEM)
    }

    /// Makes a key and signs a certificate for it.
    package func issue(_ request: CertificateRequest, now: Int64 = UnixTime.now()) throws(PKIError) -> IssuedCertificate {
        let subjectKey = P256.Signing.PrivateKey()
        let names = try Self.generalNames(dnsNames: request.dnsNames, ipAddresses: request.ipAddresses)
        do {
            let subject = try DistinguishedName {
                for organization in request.organizations { OrganizationName(organization) }
                CommonName(request.commonName)
            }
            let publicKey = Certificate.PublicKey(subjectKey.publicKey)
            let usages = request.usages.map { usage -> ExtendedKeyUsage.Usage in
                usage == .serverAuth ? .serverAuth : .clientAuth
            }
            let extensions = try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage(usages)
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
                if !names.isEmpty { SubjectAlternativeNames(names) }
            }
            let issued = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: Self.date(now - Self.backdating),
                notValidAfter: Self.date(now + request.lifetime.components.seconds), issuer: certificate.subject,
                subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
                issuerPrivateKey: Certificate.PrivateKey(key))
            return IssuedCertificate(
                certificatePEM: try issued.serializeAsPEM().pemString + "\n",
                privateKeyPEM: subjectKey.pemRepresentation + "\n")
        } catch {
            throw PKIError.signing("\(error)")
        }
    }

    private static func date(_ seconds: Int64) -> Date { Date(timeIntervalSince1970: Double(seconds)) }

    static func generalNames(dnsNames: [String], ipAddresses: [String]) throws(PKIError) -> [GeneralName] {
        var names = dnsNames.map { GeneralName.dnsName($0) }
        for text in ipAddresses {
            guard let bytes = addressBytes(text) else { throw PKIError.invalidAddress(text) }
            names.append(.ipAddress(ASN1OctetString(contentBytes: bytes[...])))
        }
        return names
    }

    /// Network order, 4 or 16 bytes; nil when the text is no address.
    private static func addressBytes(_ text: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 { return four }
        var sixteen = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, text, &sixteen) == 1 ? sixteen : nil
    }
}
