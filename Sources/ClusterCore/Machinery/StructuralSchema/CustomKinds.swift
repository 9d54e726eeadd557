package import API
package import JSON

/// The kinds that a CustomResourceDefinition offers.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/customresource_handler.go`,
///   `customresource_discovery_controller.go`.
package enum CustomKinds {
    package static let resource = GroupVersionResource(
        group: "apiextensions.k8s.io", version: "v1", resource: "customresourcedefinitions")
    package static let finalizer = "customresourcecleanup.apiextensions.k8s.io"

    static let verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
    private static let subresourceVerbs = ["get", "patch", "update"]

    /// One definition per version, the storage version first; not only those that are served.
    ///
    /// - Parameter definition: A CustomResourceDefinition that passed its rules.
    package static func kinds(of definition: JSONValue) -> [KindDefinition] {
        let spec = definition["spec"] ?? [:]
        let versions = spec["versions"]?.array ?? []
        guard let storage = versions.first(where: { $0["storage"]?.bool ?? false })?["name"]?.string else { return [] }
        var schemas: [String: StructuralSchema] = [:]
        for version in versions {
            schemas[version["name"]?.string ?? ""] =
                version["schema"]?["openAPIV3Schema"].map(StructuralSchema.init) ?? .anything
        }
        return versions.map { kind(of: definition, version: $0, storage: storage, schemas) }
            .sorted { ($0.gvk.version == storage ? 0 : 1) < ($1.gvk.version == storage ? 0 : 1) }
    }

    /// Whether a version is to be found under its path.
    package static func isServed(_ definition: JSONValue, version: String) -> Bool {
        guard hasCondition(definition, "NamesAccepted") || hasCondition(definition, "Established") else { return false }
        return (definition["spec"]?["versions"]?.array ?? []).contains {
            $0["name"]?.string == version && $0["served"]?.bool ?? false
        }
    }

    package static func hasCondition(_ definition: JSONValue, _ type: String) -> Bool {
        (definition["status"]?["conditions"]?.array ?? []).contains {
            $0["type"]?.string == type && $0["status"]?.string == "True"
        }
    }

    private static func kind(
        of definition: JSONValue, version: JSONValue, storage: String, _ schemas: [String: StructuralSchema]
    ) -> KindDefinition {
        let spec = definition["spec"] ?? [:]
        let names = definition["status"]?["acceptedNames"] ?? [:]
        let wanted = spec["names"] ?? [:]
        func name(_ key: String) -> String {
            let accepted = names[key]?.string ?? ""
            return accepted.isEmpty ? wanted[key]?.string ?? "" : accepted
        }
        let group = spec["group"]?.string ?? ""
        let versionName = version["name"]?.string ?? ""
        let gvk = GroupVersionKind(group: group, version: versionName, kind: name("kind"))
        let plural = wanted["plural"]?.string ?? ""
        var subresources: [KindDefinition.Subresource] = []
        let declared = version["subresources"] ?? [:]
        if declared["status"] != nil {
            subresources.append(.init(name: "status", kind: gvk, verbs: subresourceVerbs))
        }
        if declared["scale"]?.object != nil {
            subresources.append(
                .init(
                    name: "scale", kind: GroupVersionKind(group: "autoscaling", version: "v1", kind: "Scale"),
                    verbs: subresourceVerbs))
        }
        return KindDefinition(
            gvk: gvk, resource: plural, singular: name("singular"),
            shortNames: names["shortNames"]?.array?.compactMap(\.string) ?? [],
            categories: names["categories"]?.array?.compactMap(\.string) ?? [],
            isNamespaced: spec["scope"]?.string == "Namespaced", verbs: verbs, subresources: subresources,
            storage: GroupVersionResource(group: group, version: storage, resource: plural),
            rules: rules(of: definition, gvk, version, schemas), schemaType: schemaType)
    }

    /// What of an object without a table of its own is known: its metadata.
    package static let schemaType: MessageID = {
        guard let type = Schema.kubernetes.id(named: "apimachinery.pkg.apis.meta.v1.PartialObjectMetadata") else {
            preconditionFailure("the schema tables lack PartialObjectMetadata")
        }
        return type
    }()

    private static func rules(
        of definition: JSONValue, _ gvk: GroupVersionKind, _ version: JSONValue, _ schemas: [String: StructuralSchema]
    ) -> CustomResourceRules {
        let declared = version["subresources"] ?? [:]
        func path(_ text: String?) -> [String]? {
            guard let text, !text.isEmpty else { return nil }
            return text.split(separator: ".").map(String.init)
        }
        var scale: CustomResourceRules.ScalePaths?
        if let paths = declared["scale"], let spec = path(paths["specReplicasPath"]?.string),
            let status = path(paths["statusReplicasPath"]?.string)
        {
            scale = .init(
                specReplicas: spec, statusReplicas: status, labelSelector: path(paths["labelSelectorPath"]?.string))
        }
        var warnings: [String] = []
        if version["deprecated"]?.bool ?? false {
            warnings.append(
                version["deprecationWarning"]?.string ?? "\(gvk.apiVersion) \(gvk.kind) is deprecated")
        }
        return CustomResourceRules(
            kind: gvk, schema: schemas[gvk.version] ?? .anything, hasStatus: declared["status"] != nil, scale: scale,
            printer: CustomColumns(version["additionalPrinterColumns"]?.array ?? []),
            selectableFields: (version["selectableFields"]?.array ?? []).compactMap {
                $0["jsonPath"]?.string.map { String($0.drop { $0 == "." }) }
            },
            warnings: warnings, isTerminating: hasCondition(definition, "Terminating"), schemas: schemas,
            conversion: ConversionWebhook(definition["spec"]?["conversion"]))
    }
}
