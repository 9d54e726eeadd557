package import API

/// The steps of admission in upstream's order.
///
/// Quotas are charged behind all of them, by `ObjectRegistry`, because that writes.
/// - SeeAlso: Kubernetes 1.36 `pkg/kubeapiserver/options/plugins.go`, `AllOrderedPlugins`.
package struct AdmissionChain: Sendable {
    private let steps: [any AdmissionStep]

    /// Steps of other names go last, in the order given.
    private static let order = [
        "NamespaceLifecycle", "LimitRanger", "ServiceAccount", "NodeRestriction", "TaintNodesByCondition", "PodSecurity",
        "Priority", "DefaultTolerationSeconds", "DefaultStorageClass", "StorageObjectInUseProtection",
        "OwnerReferencesPermissionEnforcement", "PersistentVolumeClaimResize", "RuntimeClass", "CertificateApproval",
        "CertificateSigning", "ClusterTrustBundleAttest", "CertificateSubjectRestriction", "DefaultIngressClass",
        "PodTopologyLabels", "MutatingAdmissionPolicy", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionWebhook",
    ]

    package init(_ steps: [any AdmissionStep]) {
        let places = Dictionary(Self.order.enumerated().map { ($1, $0) }) { first, _ in first }
        self.steps = steps.enumerated().sorted { left, right in
            (places[left.element.name] ?? .max, left.offset) < (places[right.element.name] ?? .max, right.offset)
        }.map(\.element)
    }

    /// What upstream runs by default, and `more`, each at its place.
    package static func standard(adding more: [any AdmissionStep] = []) -> AdmissionChain {
        AdmissionChain(
            [
                NamespaceLifecycle(), LimitRanger(), ServiceAccountAdmission(), TaintNodesByCondition(), PodSecurity(),
                PriorityAdmission(), DefaultTolerationSeconds(), DefaultStorageClass(), StorageObjectInUseProtection(),
                PersistentVolumeClaimResize(), RuntimeClassAdmission(), DefaultIngressClass(), PodTopologyLabels(),
            ] + more)
    }

    package func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        for step in steps where step.handles(request) { try step.admit(&request, in: view) }
    }

    package func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        for step in steps where step.handles(request) { try step.validate(&request, in: view) }
    }
}
