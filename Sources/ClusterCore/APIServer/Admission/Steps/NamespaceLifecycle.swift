import API
import JSON
import Machinery

/// Keeps objects out of namespaces that are absent or going away, and keeps three namespaces for ever.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/namespace/lifecycle`.
struct NamespaceLifecycle: AdmissionStep {
    let name = "NamespaceLifecycle"

    private static let immortal: Set<String> = ["default", "kube-system", "kube-public"]
    private static let accessReviews = "localsubjectaccessreviews"

    func handles(_ request: AdmissionRequest) -> Bool { request.operation != .connect }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        if request.resource == Namespace.resource {
            if request.operation == .delete, Self.immortal.contains(request.key.name) {
                throw APIErrors.forbidden(request.resource, request.key.name, "this namespace may not be deleted")
            }
            return
        }
        guard !request.namespace.isEmpty, request.operation != .delete, request.resource.resource != Self.accessReviews else {
            return
        }
        let namespace = request.namespace
        guard let found = view.get(Namespace.resource, NamespacedName(name: namespace)) else {
            throw APIErrors.notFound(Namespace.resource, namespace)
        }
        guard request.operation == .create, found["status"]?["phase"]?.string == "Terminating" else { return }
        var refusal = request.forbidden(
            "unable to create new content in namespace \(namespace) because it is being terminated")
        refusal.details?.causes = [
            Status.Cause(
                reason: "NamespaceTerminating", message: "namespace \(namespace) is being terminated",
                field: "metadata.namespace")
        ]
        throw refusal
    }
}
