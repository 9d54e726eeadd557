import CEL

/// What expressions of admission may refer to.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/cel/compile.go`.
enum AdmissionEnvironment {
    /// - Parameters:
    ///   - object: The type of `object` and `oldObject`.
    ///   - params: Of `params`; nil: there are none.
    static func make(
        params: SchemaType? = nil, authorizer: Bool, mutations: Bool = false, object: SchemaType = .dyn
    ) -> ExpressionEnvironment {
        var variables: [String: SchemaType] = [
            "object": object, "oldObject": object, "request": request, "namespaceObject": namespace,
        ]
        if let params { variables["params"] = params }
        if authorizer {
            variables["authorizer"] = .authorizer
            variables["authorizer.requestResource"] = .resourceCheck
        }
        return ExpressionEnvironment(variables, construction: mutations ? .mutations : .none)
    }

    private static func named(_ name: String, _ fields: [String]) -> SchemaType {
        .object(name, fields.map { .init($0, .string) })
    }

    static let request: SchemaType = {
        let kind = named("kubernetes.GroupVersionKind", ["group", "version", "kind"])
        let resource = named("kubernetes.GroupVersionResource", ["group", "version", "resource"])
        let user = SchemaType.object(
            "kubernetes.UserInfo",
            [
                .init("username", .string), .init("uid", .string), .init("groups", .list(.string)),
                .init("extra", .map(.list(.string))),
            ])
        return .object(
            "kubernetes.AdmissionRequest",
            [
                .init("kind", kind), .init("resource", resource), .init("subResource", .string), .init("requestKind", kind),
                .init("requestResource", resource), .init("requestSubResource", .string), .init("name", .string),
                .init("namespace", .string), .init("operation", .string), .init("userInfo", user), .init("dryRun", .bool),
                .init("options", .dyn),
            ])
    }()

    static let namespace: SchemaType = {
        let metadata = SchemaType.object(
            "kubernetes.NamespaceMetadata",
            [
                .init("name", .string), .init("generateName", .string), .init("namespace", .string), .init("uid", .string),
                .init("labels", .map(.string)), .init("annotations", .map(.string)), .init("resourceVersion", .string),
                .init("generation", .int), .init("creationTimestamp", .timestamp), .init("deletionTimestamp", .timestamp),
                .init("deletionGracePeriodSeconds", .int), .init("finalizers", .list(.string)),
            ])
        return .object(
            "kubernetes.Namespace",
            [
                .init("metadata", metadata),
                .init("spec", .object("kubernetes.NamespaceSpec", [.init("finalizers", .list(.string))])),
                .init("status", named("kubernetes.NamespaceStatus", ["phase"])),
            ])
    }()
}
