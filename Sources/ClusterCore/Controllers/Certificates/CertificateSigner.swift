package import API
package import ControlLoop
import JSON

/// Signs approved requests to the cluster's own signers.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/certificates/signer/signer.go`, `authority/policies.go`.
package struct CertificateSigner: Controller {
    package static let name = "csrsigning"

    /// Seconds.
    private static let lifetime: Int64 = 365 * 24 * 3600
    private static let lifetimeMin: Int64 = 600
    /// Clocks of others may be behind.
    private static let backdate: Int64 = 300
    /// Shorter certificates live as long as was asked for, though they begin in the past.
    private static let short: Int64 = 8 * 3600

    private let issuer: any CertificateIssuer

    package init(issuer: any CertificateIssuer) { self.issuer = issuer }

    package var triggers: [Trigger<NamespacedName>] { [.itself(CertificateSigningRequest.self)] }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let request = snapshot.get(CertificateSigningRequest.self, key), request.certificate.isEmpty,
            request.has("Approved"), !request.has("Denied"), !request.has("Failed"),
            let signer = BuiltInSigner(rawValue: request.signerName),
            let subject = issuer.subject(of: request.request)
        else { return .settled }
        if let complaint = signer.complaint(subject, request.usages) {
            return fail(request, reason: "SignerValidationFailure", complaint, snapshot.now)
        }
        do throws(SigningRefusal) {
            let (start, end) = Self.times(request.expirationSeconds, now: snapshot.now.seconds)
            let certificate = try issuer.sign(request.request, usages: request.usages, notBefore: start, notAfter: end)
            return write(request, ["certificate": .string(Base64.encode(certificate))])
        } catch {
            return fail(request, reason: "SigningError", error.description, snapshot.now)
        }
    }

    /// Unix seconds.
    static func times(_ asked: Int64?, now: Int64) -> (notBefore: Int64, notAfter: Int64) {
        let lifetime = min(max(asked ?? Self.lifetime, lifetimeMin), Self.lifetime)
        return (now - backdate, lifetime < short ? now + lifetime : now + lifetime - backdate)
    }

    private func fail(
        _ request: CertificateSigningRequest, reason: String, _ message: String, _ now: Timestamp
    ) -> Plan {
        let time = JSONValue.string(now.description)
        let condition: JSONValue = [
            "type": "Failed", "status": "True", "reason": .string(reason), "message": .string(message),
            "lastUpdateTime": time, "lastTransitionTime": time,
        ]
        return write(request, ["conditions": .array(request.conditions + [condition])])
    }

    private func write(_ request: CertificateSigningRequest, _ status: JSONValue) -> Plan {
        Plan([
            .merge(
                CertificateSigningRequest.resource, request.key, ["status": status], subresource: "status",
                revision: request.metadata.resourceVersion, tolerates: [.notFound, .conflict])
        ])
    }
}
