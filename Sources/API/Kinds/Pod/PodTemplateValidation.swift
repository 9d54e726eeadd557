package import JSON

/// A `PodTemplateSpec` inside any kind that makes pods.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/core/validation/validation.go`, `ValidatePodTemplateSpec`.
package enum PodTemplateValidation {
    /// Everything that is wrong with a template.
    ///
    /// - Parameters:
    ///   - template: Labels and annotations in `metadata`, the pods' specification in `spec`; nil is an empty one.
    ///   - path: Where it stands: `spec.template`.
    ///   - old: The template before an update, whose faults of older releases are forgiven; nil for a new one.
    package static func validate(_ template: JSONValue?, _ path: FieldPath, old: JSONValue? = nil) -> [FieldError] {
        let template = template ?? [:]
        let (metadata, spec) = (template["metadata"] ?? [:], template["spec"] ?? [:])
        let options = PodValidationOptions(isPod: false, old: old)
        var errors = LabelValidation.labels(metadata["labels"], path("labels"))
        errors += MetadataValidation.annotations(metadata["annotations"], path("annotations"))
        errors += PodAnnotationValidation.validate(metadata["annotations"], spec, path("annotations"), options)
        errors += PodValidation.validate(spec, path("spec"), options)
        errors += PodAnnotationValidation.agreement(metadata["annotations"], spec, path("spec"))
        if !spec.elements("ephemeralContainers").isEmpty {
            errors.append(
                .forbidden(path("spec")("ephemeralContainers"), "ephemeral containers not allowed in pod template"))
        }
        return errors
    }

    /// The restart policy must be one of `allowed`, in the order in which the message lists them. An unknown policy is
    /// `validate`'s to report.
    package static func restartPolicy(_ template: JSONValue?, _ path: FieldPath, allowed: [String]) -> [FieldError] {
        let policy = template?["spec"]?.text("restartPolicy") ?? ""
        guard ["Always", "OnFailure", "Never"].contains(policy), !allowed.contains(policy) else { return [] }
        return [.notSupported(path("spec")("restartPolicy"), .string(policy), inOrder: allowed)]
    }

    /// A deadline makes no sense where pods are replaced.
    ///
    /// - Parameter kind: The kind that owns the template: `ReplicaSet`.
    package static func noDeadline(_ template: JSONValue?, _ path: FieldPath, kind: String) -> [FieldError] {
        guard template?["spec"]?.has("activeDeadlineSeconds") ?? false else { return [] }
        return [
            .forbidden(
                path("spec")("activeDeadlineSeconds"), "activeDeadlineSeconds in \(kind) is not Supported")
        ]
    }

    /// The labels that a selector must find in the template.
    package static func labels(_ template: JSONValue?) -> [String: String] {
        template?["metadata"]?["labels"]?.object?.strings ?? [:]
    }
}
