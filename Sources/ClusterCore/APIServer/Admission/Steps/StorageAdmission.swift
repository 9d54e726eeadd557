import API
import JSON

/// Gives claims without a class the cluster's default one.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/storage/storageclass/setdefault`.
struct DefaultStorageClass: AdmissionStep {
    let name = "DefaultStorageClass"

    static let classes = GroupVersionResource(group: "storage.k8s.io", version: "v1", resource: "storageclasses")
    private static let annotations = [
        "storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class",
    ]

    func handles(_ request: AdmissionRequest) -> Bool { request.writes(PersistentVolumeClaim.resource, .create) }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) {
        guard !PersistentVolumeClaim.namesClass(request.object) else { return }
        let name = DefaultClass.name(among: view.list(Self.classes, namespace: nil)) { candidate in
            Self.annotations.contains { candidate["metadata"]?["annotations"]?[$0]?.string == "true" }
        }
        if let name { request.object[path: ["spec", "storageClassName"]] = .string(name) }
    }
}

/// Gives Ingresses without a class the cluster's default one.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/network/defaultingressclass`.
struct DefaultIngressClass: AdmissionStep {
    let name = "DefaultIngressClass"

    private static let ingresses = GroupVersionResource(group: "networking.k8s.io", version: "v1", resource: "ingresses")
    private static let classes = GroupVersionResource(
        group: "networking.k8s.io", version: "v1", resource: "ingressclasses")
    private static let annotation = "ingressclass.kubernetes.io/is-default-class"
    private static let olderAnnotation = "kubernetes.io/ingress.class"

    func handles(_ request: AdmissionRequest) -> Bool { request.writes(Self.ingresses, .create) }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) {
        guard request.object["spec"]?["ingressClassName"]?.string == nil,
            request.object["metadata"]?["annotations"]?[Self.olderAnnotation] == nil
        else { return }
        let name = DefaultClass.name(among: view.list(Self.classes, namespace: nil)) {
            $0["metadata"]?["annotations"]?[Self.annotation]?.string == "true"
        }
        if let name { request.object[path: ["spec", "ingressClassName"]] = .string(name) }
    }
}

/// Of several default classes the newest counts, of equally old ones the first by name.
enum DefaultClass {
    static func name(among classes: [JSONValue], _ isDefault: (JSONValue) -> Bool) -> String? {
        classes.filter(isDefault).map { ObjectMeta(json: $0["metadata"] ?? [:]) }.min { left, right in
            let born = (left.creationTimestamp, right.creationTimestamp)
            if let mine = born.0, let other = born.1, mine != other { return mine > other }
            return left.name < right.name
        }?.name
    }
}

/// Holds volumes and claims back from deletion while something uses them; controllers take the finalizers away.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/storage/storageobjectinuseprotection`.
struct StorageObjectInUseProtection: AdmissionStep {
    let name = "StorageObjectInUseProtection"

    private static let finalizers: [GroupVersionResource: String] = [
        PersistentVolume.resource: PersistentVolume.protectionFinalizer,
        PersistentVolumeClaim.resource: PersistentVolumeClaim.protectionFinalizer,
        VolumeAttributesClass.resource: VolumeAttributesClass.protectionFinalizer,
    ]

    func handles(_ request: AdmissionRequest) -> Bool {
        request.operation == .create && request.subresource.isEmpty && Self.finalizers[request.resource] != nil
    }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) {
        guard let finalizer = Self.finalizers[request.resource] else { return }
        let present = request.object["metadata"]?["finalizers"]?.array ?? []
        if present.contains(.string(finalizer)) { return }
        request.object[path: ["metadata", "finalizers"]] = .array(present + [.string(finalizer)])
    }
}

/// Lets a claim grow only when it is bound and its class allows that.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/storage/persistentvolume/resize`.
struct PersistentVolumeClaimResize: AdmissionStep {
    let name = "PersistentVolumeClaimResize"

    func handles(_ request: AdmissionRequest) -> Bool { request.writes(PersistentVolumeClaim.resource, .update) }

    func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        guard let old = request.old else { return }
        let before = ResourceList(json: old["spec"]?["resources"]?["requests"])["storage"] ?? .zero
        let after = ResourceList(json: request.object["spec"]?["resources"]?["requests"])["storage"] ?? .zero
        guard after > before else { return }
        guard old["status"]?["phase"]?.string == "Bound" else {
            throw request.forbidden("Only bound persistent volume claims can be expanded")
        }
        let className = PersistentVolumeClaim(json: request.object).storageClassName ?? ""
        let storageClass =
            className.isEmpty ? nil : view.get(DefaultStorageClass.classes, NamespacedName(name: className))
        guard storageClass?["allowVolumeExpansion"]?.bool == true else {
            throw request.forbidden(
                "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support "
                    + "resize")
        }
    }
}
