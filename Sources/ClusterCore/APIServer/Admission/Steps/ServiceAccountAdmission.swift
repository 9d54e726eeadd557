import API
import JSON

/// Gives every pod a ServiceAccount, its token and its pull secrets.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/serviceaccount/admission.go`.
struct ServiceAccountAdmission: AdmissionStep {
    let name = "ServiceAccount"

    private static let defaultName = "default"
    private static let mirrorAnnotation = "kubernetes.io/config.mirror"
    private static let enforcementAnnotation = "kubernetes.io/enforce-mountable-secrets"

    func handles(_ request: AdmissionRequest) -> Bool {
        guard request.resource == Pod.resource else { return false }
        switch request.operation {
        case .create: return request.subresource.isEmpty
        case .update: return request.subresource == "ephemeralcontainers"
        case .delete, .connect: return false
        }
    }

    func admit(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        guard request.operation == .create else { return }
        // The kubelet made a mirror pod from a file; a changed copy would not match it.
        if Self.isMirror(request.object) { return try validate(&request, in: view) }
        var spec = request.object["spec"] ?? [:]
        let given = spec["serviceAccountName"]?.string ?? ""
        let accountName = given.isEmpty ? Self.defaultName : given
        spec["serviceAccountName"] = .string(accountName)
        spec["serviceAccount"] = .string(accountName)
        let account = try Self.account(accountName, request, view)
        let mounts =
            spec["automountServiceAccountToken"]?.bool ?? account["automountServiceAccountToken"]?.bool ?? true
        if mounts { TokenVolume.add(to: &spec, suffix: view.makeSuffix()) }
        let pullSecrets = account["imagePullSecrets"]?.array ?? []
        if (spec["imagePullSecrets"]?.array ?? []).isEmpty, !pullSecrets.isEmpty {
            spec["imagePullSecrets"] = .array(pullSecrets)
        }
        request.object["spec"] = spec
    }

    func validate(_ request: inout AdmissionRequest, in view: any AdmissionView) throws(Status) {
        let spec = request.object["spec"] ?? [:]
        if Self.isMirror(request.object) {
            if request.operation == .create { try checkMirror(spec, request) }
            return
        }
        let accountName = spec["serviceAccountName"]?.string ?? ""
        guard !accountName.isEmpty else {
            throw request.forbidden("no service account specified for pod \(request.namespace)/\(request.key.name)")
        }
        let account = try Self.account(accountName, request, view)
        let annotation = account["metadata"]?["annotations"]?[Self.enforcementAnnotation]?.string ?? ""
        guard ["1", "t", "T", "true", "TRUE", "True"].contains(annotation) else { return }
        let references = SecretReferences(spec: spec)
        let allowed = Set((account["secrets"]?.array ?? []).compactMap { $0["name"]?.string })
        let found =
            request.operation == .create
            ? references.inVolumes + references.inContainers : references.inEphemeralContainers
        for reference in found where !allowed.contains(reference.secret) {
            throw request.forbidden(
                "\(reference.place)secret.secretName=\"\(reference.secret)\" is not allowed because service account "
                    + "\(accountName) does not reference that secret")
        }
        guard request.operation == .create else { return }
        let pulls = Set((account["imagePullSecrets"]?.array ?? []).compactMap { $0["name"]?.string })
        for (index, secret) in (spec["imagePullSecrets"]?.array ?? []).enumerated() {
            let name = secret["name"]?.string ?? ""
            if pulls.contains(name) { continue }
            throw request.forbidden(
                "imagePullSecrets[\(index)].name=\"\(name)\" is not allowed because service account \(accountName) does not "
                    + "reference that imagePullSecret")
        }
    }

    private func checkMirror(_ spec: JSONValue, _ request: AdmissionRequest) throws(Status) {
        guard (spec["serviceAccountName"]?.string ?? "").isEmpty else {
            throw request.forbidden("a mirror pod may not reference service accounts")
        }
        let references = SecretReferences(spec: spec)
        let pulls = spec["imagePullSecrets"]?.array ?? []
        guard references.inVolumes.isEmpty, references.inContainers.isEmpty, pulls.isEmpty else {
            throw request.forbidden("a mirror pod may not reference secrets")
        }
        for volume in spec["volumes"]?.array ?? [] {
            for source in volume["projected"]?["sources"]?.array ?? [] where source["serviceAccountToken"]?.object != nil {
                throw request.forbidden("a mirror pod may not use ServiceAccountToken volume projections")
            }
        }
    }

    private static func isMirror(_ pod: JSONValue) -> Bool { pod["metadata"]?["annotations"]?[mirrorAnnotation] != nil }

    private static func account(
        _ name: String, _ request: AdmissionRequest, _ view: any AdmissionView
    ) throws(Status) -> JSONValue {
        let key = NamespacedName(namespace: request.namespace, name: name)
        guard let found = view.get(ServiceAccount.resource, key) else {
            throw request.forbidden(
                "error looking up service account \(request.namespace)/\(name): serviceaccount \"\(name)\" not found")
        }
        return found
    }
}

/// The secrets that a pod names, with upstream's words for the places.
struct SecretReferences {
    struct Reference: Hashable {
        var place: String
        var secret: String
    }

    let inVolumes: [Reference]
    let inContainers: [Reference]
    let inEphemeralContainers: [Reference]

    init(spec: JSONValue) {
        inVolumes = (spec["volumes"]?.array ?? []).compactMap { volume in
            guard let secret = volume["secret"]?["secretName"]?.string else { return nil }
            return Reference(place: "volume with ", secret: secret)
        }
        inContainers =
            Self.references(spec["initContainers"], "init container") + Self.references(spec["containers"], "container")
        inEphemeralContainers = Self.references(spec["ephemeralContainers"], "ephemeral container")
    }

    private static func references(_ containers: JSONValue?, _ word: String) -> [Reference] {
        (containers?.array ?? []).flatMap { container -> [Reference] in
            let start = "\(word) \(container["name"]?.string ?? "") with "
            let single = (container["env"]?.array ?? []).compactMap { variable -> Reference? in
                guard let secret = variable["valueFrom"]?["secretKeyRef"]?["name"]?.string else { return nil }
                return Reference(place: "\(start)envVar \(variable["name"]?.string ?? "") referencing ", secret: secret)
            }
            let whole = (container["envFrom"]?.array ?? []).compactMap { source -> Reference? in
                guard let secret = source["secretRef"]?["name"]?.string else { return nil }
                return Reference(place: "\(start)envFrom referencing ", secret: secret)
            }
            return single + whole
        }
    }
}
