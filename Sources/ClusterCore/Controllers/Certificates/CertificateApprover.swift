package import API
package import ControlLoop
import JSON

/// Approves the client certificates of kubelets whose requesters may have them.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/certificates/approver/sarapprove.go`.
package struct CertificateApprover: Controller {
    package static let name = "csrapproving"

    private struct Recognizer {
        var subresource: String
        /// Whether only the node itself counts.
        var isOwn: Bool
        var message: String
    }

    private static let recognizers = [
        Recognizer(
            subresource: "selfnodeclient", isOwn: true,
            message: "Auto approving self kubelet client certificate after SubjectAccessReview."),
        Recognizer(
            subresource: "nodeclient", isOwn: false,
            message: "Auto approving kubelet client certificate after SubjectAccessReview."),
    ]

    private let issuer: any CertificateIssuer

    package init(issuer: any CertificateIssuer) { self.issuer = issuer }

    package var triggers: [Trigger<NamespacedName>] { [.itself(CertificateSigningRequest.self)] }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let request = snapshot.get(CertificateSigningRequest.self, key), request.certificate.isEmpty,
            !request.has("Approved"), !request.has("Denied"),
            request.signerName == BuiltInSigner.kubeletClient.rawValue,
            let subject = issuer.subject(of: request.request),
            BuiltInSigner.kubeletClient.complaint(subject, request.usages) == nil
        else { return .settled }
        let found = Self.recognizers.first { recognizer in
            (!recognizer.isOwn || request.username == subject.commonName)
                && issuer.mayCreate(recognizer.subresource, request)
        }
        guard let found else { return .settled }
        let condition: JSONValue = [
            "type": "Approved", "status": "True", "reason": "AutoApproved", "message": .string(found.message),
        ]
        return Plan([
            .merge(
                CertificateSigningRequest.resource, key, ["status": ["conditions": .array(request.conditions + [condition])]],
                subresource: "approval", revision: request.metadata.resourceVersion, tolerates: [.notFound, .conflict])
        ])
    }
}
