package import API
package import ControlLoop
import JSON

/// Removes requests that have had their time, and those whose certificate has ended.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/certificates/cleaner/cleaner.go`.
package struct CertificateCleaner: Controller {
    package static let name = "csrcleaner"

    /// After a decision.
    private static let decidedSeconds: Int64 = 3600
    /// Without a decision, or without a certificate after it.
    private static let pendingSeconds: Int64 = 24 * 3600
    private static let interval: Duration = .seconds(3600)

    private let issuer: any CertificateIssuer

    package init(issuer: any CertificateIssuer) { self.issuer = issuer }

    package var triggers: [Trigger<NamespacedName>] { [.itself(CertificateSigningRequest.self)] }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let request = snapshot.get(CertificateSigningRequest.self, key) else { return .settled }
        guard isOver(request, now: snapshot.now) else { return Plan(lookAgainAfter: Self.interval) }
        return Plan([.delete(CertificateSigningRequest.resource, key, DeletionOptions(uid: request.metadata.uid))])
    }

    private func isOver(_ request: CertificateSigningRequest, now: Timestamp) -> Bool {
        let isIssued = !request.certificate.isEmpty
        if isIssued, request.has("Approved"), let end = issuer.end(of: request.certificate), end < now.seconds { return true }
        for condition in request.conditions {
            let type = condition["type"]?.string ?? ""
            let age = Self.age(condition["lastUpdateTime"]?.string, now)
            switch type {
            case "Approved" where age > (isIssued ? Self.decidedSeconds : Self.pendingSeconds): return true
            case "Denied" where age > Self.decidedSeconds, "Failed" where age > Self.decidedSeconds: return true
            default: continue
            }
        }
        guard request.conditions.isEmpty, !isIssued else { return false }
        return Self.age(request.metadata.creationTimestamp?.description, now) > Self.pendingSeconds
    }

    /// Zero when the time is not known.
    private static func age(_ text: String?, _ now: Timestamp) -> Int64 {
        guard let time = text.flatMap(Timestamp.init(parsing:)) else { return 0 }
        return now.seconds - time.seconds
    }
}
