import SwiftASN1
import X509

/// Authorities out of a bundle, and whether one of them signed a certificate itself.
///
/// That a certificate is in time and for clients was the TLS handshake's work.
package struct CertificateIssuers: Sendable {
    private let authorities: [Certificate]

    /// - Parameter pem: One certificate or several.
    package init(pem: String) throws(PKIError) {
        do {
            authorities = try PEMDocument.parseMultiple(pemString: pem).map { try Certificate(pemDocument: $0) }
        } catch {
            throw PKIError.malformedCertificate("\(error)")
        }
        guard !authorities.isEmpty else { throw PKIError.malformedCertificate("there is no certificate") }
    }

    /// - Parameter der: A certificate as the handshake gave it.
    package func signed(der: [UInt8]) -> Bool {
        guard let certificate = try? Certificate(derEncoded: der) else { return false }
        return authorities.contains {
            $0.subject == certificate.issuer && $0.publicKey.isValidSignature(certificate.signature, for: certificate)
        }
    }
}
