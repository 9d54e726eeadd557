package import API

/// What nobody owns through a resource or subresource, because writes through it leave it as it was.
///
/// - SeeAlso: Kubernetes 1.36 `GetResetFields` and `GetResetFieldsFilter` of the strategies in `pkg/registry`.
package enum ResetFields {
    /// Nil: every field may be owned.
    ///
    /// - Parameter subresource: Empty for the object itself.
    package static func filter(_ kind: KindDefinition, subresource: String) -> OwnedFilter? {
        switch subresource {
        case "", "finalize": return kind.hasStatus ? .excluding(.fields(["status"])) : nil
        case "status": return .excluding(status[kind.gvr.groupResource] ?? .fields(["spec"]))
        case "approval": return .excluding(.fields(["spec"], ["status", "certificate"]))
        case "ephemeralcontainers": return .including([[.field("spec"), .field("ephemeralContainers")]])
        case "resize": return resize
        default: return nil
        }
    }

    /// Where a write of the status keeps more than the specification as it was.
    private static let status: [String: FieldSet] = [
        "pods": .fields(["spec"], ["metadata", "deletionTimestamp"], ["metadata", "ownerReferences"]),
        "deployments.apps": .fields(["spec"], ["metadata", "labels"]),
        "certificatesigningrequests.certificates.k8s.io": .fields(["spec"], ["status", "conditions"]),
        "flowschemas.flowcontrol.apiserver.k8s.io": .fields(["spec"], ["metadata"]),
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": .fields(["spec"], ["metadata"]),
        "volumeattachments.storage.k8s.io": .fields(["spec"], ["metadata"]),
        "customresourcedefinitions.apiextensions.k8s.io": .fields(["spec"], ["metadata"]),
        "apiservices.apiregistration.k8s.io": .fields(["spec"], ["metadata"]),
    ]

    private static let resize: OwnedFilter = .including(
        [
            [.field("spec"), .field("resources")]
        ]
            + ["containers", "initContainers"].flatMap { list in
                ["resources", "resizePolicy"].map { [.field("spec"), .field(list), .any, .field($0)] }
            })
}
