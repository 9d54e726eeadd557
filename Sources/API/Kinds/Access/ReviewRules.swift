package import JSON

/// Questions about access: answered, never kept.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/authorization/validation/validation.go`.
package struct AccessReviewRules: KindRules {
    package enum Form: Hashable, Sendable {
        /// About anyone: the request names the user.
        case subject
        /// About anyone, in one namespace.
        case localSubject
        /// About the one who asks.
        case own
    }

    let form: Form
    private let path = FieldPath("spec")

    package func validateName(_ name: String) -> [String] { [] }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        var errors = attributes(spec)
        if form != .own, spec.text("user").isEmpty, spec.elements("groups").isEmpty {
            errors.append(.invalid(path("user"), "", "at least one of user or group must be specified"))
        }
        for name in ["fieldSelector", "labelSelector"] {
            if let selector = spec["resourceAttributes"]?[name], !selector.isNull {
                errors += self.selector(selector, path("resourceAttributes")(name))
            }
        }
        return errors + metadata(object) + (form == .localSubject ? local(object) : [])
    }

    private func attributes(_ spec: JSONValue) -> [FieldError] {
        switch (spec.has("resourceAttributes"), spec.has("nonResourceAttributes")) {
        case (true, true):
            [
                .invalid(
                    path("nonResourceAttributes"), spec["nonResourceAttributes"],
                    "cannot be specified in combination with resourceAttributes")
            ]
        case (false, false):
            [
                .invalid(
                    path("resourceAttributes"), "null",
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified")
            ]
        default: []
        }
    }

    private func selector(_ selector: JSONValue, _ path: FieldPath) -> [FieldError] {
        let hasText = !selector.text("rawSelector").isEmpty
        let hasTerms = !selector.elements("requirements").isEmpty
        if hasText, hasTerms {
            return [
                .invalid(
                    path("rawSelector"), selector["rawSelector"], "may not specified at the same time as requirements")
            ]
        }
        if hasText || hasTerms { return [] }
        return [
            .required(path("requirements"), "when \(path) is specified, requirements or rawSelector is required")
        ]
    }

    private func metadata(_ object: JSONValue) -> [FieldError] {
        let kept: Set<String> = form == .localSubject ? ["managedFields", "namespace"] : ["managedFields"]
        let given = (object["metadata"]?.object?.members ?? []).filter { !kept.contains($0.key) && !$0.value.isNull }
        if given.isEmpty { return [] }
        let detail = form == .localSubject ? "must be empty except for namespace" : "must be empty"
        return [.invalid(FieldPath("metadata"), object["metadata"], detail)]
    }

    private func local(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        let spec = object["spec"] ?? [:]
        let namespace = spec["resourceAttributes"]?.text("namespace") ?? ""
        if spec.has("resourceAttributes"), namespace != object["metadata"]?.text("namespace") ?? "" {
            errors.append(
                .invalid(
                    path("resourceAttributes")("namespace"), .string(namespace), "must match metadata.namespace"))
        }
        if spec.has("nonResourceAttributes") {
            errors.append(
                .invalid(
                    path("nonResourceAttributes"), spec["nonResourceAttributes"], "disallowed on this kind of request"))
        }
        return errors
    }
}
