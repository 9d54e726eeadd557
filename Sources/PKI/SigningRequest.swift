import Crypto
import FoundationEssentials
import Glibc
import SwiftASN1
import X509

/// A request to have a public key certified (PKCS#10), as a kubelet or a person sends it.
package struct SigningRequest: Sendable {
    package let commonName: String
    package let organizations: [String]
    package let dnsNames: [String]
    /// In text, v4 or v6.
    package let ipAddresses: [String]
    package let emailAddresses: [String]
    package let uris: [String]
    /// Made with the private key that belongs to the public one.
    package let isGenuine: Bool

    let request: CertificateSigningRequest

    /// - Parameter pem: One block `CERTIFICATE REQUEST`.
    package init(pem: [UInt8]) throws(PKIError) {
        let text = String(decoding: pem, as: UTF8.self)
        let request: CertificateSigningRequest
        do {
            request = try CertificateSigningRequest(pemEncoded: text)
        } catch {
            throw PKIError.malformedRequest("\(error)")
        }
        try self.init(request)
    }

    init(_ request: CertificateSigningRequest) throws(PKIError) {
        self.request = request
        isGenuine = request.publicKey.isValidSignature(request.signature, for: request)
        var commonName = ""
        var organizations: [String] = []
        for attribute in request.subject.flatMap({ $0 }) {
            let text = String(attribute.value) ?? ""
            if attribute.type == .RDNAttributeType.commonName { commonName = text }
            if attribute.type == .RDNAttributeType.organizationName { organizations.append(text) }
        }
        self.commonName = commonName
        self.organizations = organizations
        let names: SubjectAlternativeNames?
        do {
            names = try request.attributes.extensionRequest?.extensions.subjectAlternativeNames
        } catch {
            throw PKIError.malformedRequest("\(error)")
        }
        var (dns, addresses, mails, uris) = ([String](), [String](), [String](), [String]())
        for name in names ?? SubjectAlternativeNames([]) {
            switch name {
            case .dnsName(let text): dns.append(text)
            case .rfc822Name(let text): mails.append(text)
            case .uniformResourceIdentifier(let text): uris.append(text)
            case .ipAddress(let bytes): addresses.append(Self.text(ofAddress: Array(bytes.bytes)))
            default: break
            }
        }
        (dnsNames, ipAddresses, emailAddresses, self.uris) = (dns, addresses, mails, uris)
    }

    private static func text(ofAddress bytes: [UInt8]) -> String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil
        else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes a P-256 key and a request for it; for whoever joins a cluster.
    package static func make(
        commonName: String, organizations: [String] = [], dnsNames: [String] = [], ipAddresses: [String] = []
    ) throws(PKIError) -> (requestPEM: String, privateKeyPEM: String) {
        let key = P256.Signing.PrivateKey()
        let names = try CertificateAuthority.generalNames(dnsNames: dnsNames, ipAddresses: ipAddresses)
        do {
            let subject = try DistinguishedName {
                for organization in organizations { OrganizationName(organization) }
                CommonName(commonName)
            }
            var attributes = CertificateSigningRequest.Attributes()
            if !names.isEmpty {
                let extensions = try Certificate.Extensions { SubjectAlternativeNames(names) }
                attributes.insert(try .init(ExtensionRequest(extensions: extensions)))
            }
            let request = try CertificateSigningRequest(
                version: .v1, subject: subject, privateKey: Certificate.PrivateKey(key), attributes: attributes,
                signatureAlgorithm: .ecdsaWithSHA256)
            return (try request.serializeAsPEM().pemString + "\n", key.pemRepresentation + "\n")
        } catch {
            throw PKIError.signing("\(error)")
        }
    }
}

extension CertificateAuthority {
    /// Unix seconds between which the authority's own certificate is valid.
    package var validity: (notBefore: Int64, notAfter: Int64) {
        (Int64(certificate.notValidBefore.timeIntervalSince1970), Int64(certificate.notValidAfter.timeIntervalSince1970))
    }

    /// Certifies the key, subject and names of a request.
    ///
    /// - Parameters:
    ///   - usages: In Kubernetes' words: `digital signature`, `client auth`, ...; an unknown one is refused.
    ///   - notBefore: Unix seconds, as is `notAfter`; never beyond the authority's own end.
    /// - Returns: PEM.
    /// - SeeAlso: Kubernetes 1.36 `pkg/controller/certificates/authority/policies.go`, `PermissiveSigningPolicy`.
    package func sign(
        _ signing: SigningRequest, usages: [String], notBefore: Int64, notAfter: Int64
    ) throws(PKIError) -> String {
        guard signing.isGenuine else { throw PKIError.malformedRequest("its signature is not made with its key") }
        let request = signing.request
        let (keyUsage, extended) = try Self.split(usages)
        do {
            let names = try request.attributes.extensionRequest?.extensions.subjectAlternativeNames
            let extensions = try Certificate.Extensions {
                Critical(keyUsage)
                if !extended.isEmpty { try ExtendedKeyUsage(extended) }
                Critical(BasicConstraints.notCertificateAuthority)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: certificate.publicKey).keyIdentifier)
                if let names { names }
            }
            let end = min(notAfter, validity.notAfter)
            let issued = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: request.publicKey,
                notValidBefore: Date(timeIntervalSince1970: Double(notBefore)),
                notValidAfter: Date(timeIntervalSince1970: Double(end)), issuer: certificate.subject,
                subject: request.subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
                issuerPrivateKey: Certificate.PrivateKey(key))
            return try issued.serializeAsPEM().pemString + "\n"
        } catch {
            throw PKIError.signing("\(error)")
        }
    }

    private static let extendedUsages: [String: ExtendedKeyUsage.Usage] = [
        "any": .any, "server auth": .serverAuth, "client auth": .clientAuth, "code signing": .codeSigning,
        "email protection": .emailProtection, "s/mime": .emailProtection, "timestamping": .timeStamping,
        "ocsp signing": .ocspSigning, "ipsec end system": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 5]),
        "ipsec tunnel": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 6]), "ipsec user": .init(oid: [1, 3, 6, 1, 5, 5, 7, 3, 7]),
        "microsoft sgc": .init(oid: [1, 3, 6, 1, 4, 1, 311, 10, 3, 3]),
        "netscape sgc": .init(oid: [2, 16, 840, 1, 113730, 4, 1]),
    ]

    private static func split(_ usages: [String]) throws(PKIError) -> (KeyUsage, [ExtendedKeyUsage.Usage]) {
        var keyUsage = KeyUsage()
        var extended: [ExtendedKeyUsage.Usage] = []
        for usage in usages {
            switch usage {
            case "signing", "digital signature": keyUsage.digitalSignature = true
            case "content commitment": keyUsage.nonRepudiation = true
            case "key encipherment": keyUsage.keyEncipherment = true
            case "key agreement": keyUsage.keyAgreement = true
            case "data encipherment": keyUsage.dataEncipherment = true
            case "cert sign": keyUsage.keyCertSign = true
            case "crl sign": keyUsage.cRLSign = true
            case "encipher only": keyUsage.encipherOnly = true
            case "decipher only": keyUsage.decipherOnly = true
            default:
                guard let found = extendedUsages[usage] else {
                    throw PKIError.malformedRequest("unrecognized usage value: \"\(usage)\"")
                }
                if !extended.contains(found) { extended.append(found) }
            }
        }
        return (keyUsage, extended)
    }
}

/// A certificate's times, for those who look at when it ends.
package enum CertificateTimes {
    /// Unix seconds after which the first certificate of a PEM text is invalid; nil when it is none.
    package static func notAfter(pem: [UInt8]) -> Int64? {
        guard let certificate = try? Certificate(pemEncoded: String(decoding: pem, as: UTF8.self)) else { return nil }
        return Int64(certificate.notValidAfter.timeIntervalSince1970)
    }
}
