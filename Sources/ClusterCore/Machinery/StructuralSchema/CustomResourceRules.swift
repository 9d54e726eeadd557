package import API
package import JSON

/// The rules of one version of a custom kind, from its definition.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/registry/customresource/strategy.go`, `validator.go`.
package struct CustomResourceRules: KindRules {
    /// Where a scale finds its numbers: paths below the object, `["spec", "replicas"]`.
    package struct ScalePaths: Hashable, Sendable {
        package var specReplicas: [String]
        package var statusReplicas: [String]
        /// Nil: the scale has no selector.
        package var labelSelector: [String]?
    }

    package var kind: GroupVersionKind
    package var schema: StructuralSchema
    package var hasStatus: Bool
    package var scale: ScalePaths?
    package var printer: CustomColumns
    /// Paths of `selectableFields` without their leading dot.
    package var selectableFields: [String]
    /// Shown with every answer of this version; empty: not deprecated.
    package var warnings: [String]
    /// The definition is being deleted: nothing new may be created.
    package var isTerminating: Bool
    /// Types of every served version, for server-side apply.
    package var schemas: [String: StructuralSchema]
    /// Nil: versions differ in nothing but their name.
    package var conversion: ConversionWebhook?

    package var countsGenerations: Bool { true }
    package var separatesStatus: Bool { hasStatus }
    package var allowsUnconditionalUpdate: Bool { false }

    package func applyDefaults(_ object: inout JSONValue) { StructuralDefaulter.applyDefaults(&object, schema) }

    package func prepareForCreate(_ object: inout JSONValue) {
        if hasStatus { object["status"] = .none }
        object[path: ["metadata", "generation"]] = 1
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        if hasStatus { new["status"] = old["status"] }
        var (after, before) = (new, old)
        (after["metadata"], before["metadata"]) = (.none, .none)
        let generation = old["metadata"]?["generation"]?.int ?? 1
        new[path: ["metadata", "generation"]] = .int(after == before ? generation : generation + 1)
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        var result = old
        result["status"] = new["status"]
        // Of the metadata only managed fields may come with a status.
        result[path: ["metadata", "managedFields"]] = new["metadata"]?["managedFields"]
        new = result
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors = StructuralValidator.validate(object, schema)
        errors += validateScale(object, \.specReplicas) + validateScale(object, \.statusReplicas) + validateSelector(object)
        return errors + EmbeddedObjects.validate(object, schema, FieldPath()) + ListKeys.duplicates(object, schema, FieldPath())
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors = StructuralValidator.validate(new, schema, old: old)
        errors += validateScale(new, \.specReplicas) + validateScale(new, \.statusReplicas) + validateSelector(new)
        return errors + EmbeddedObjects.validate(new, schema, FieldPath()) + validateLists(new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        var errors = StructuralValidator.validate(new, schema, old: old)
        errors += validateScale(new, \.statusReplicas) + validateSelector(new)
        return errors + validateLists(new, old)
    }

    /// Lists that had duplicates before may keep them.
    private func validateLists(_ new: JSONValue, _ old: JSONValue) -> [FieldError] {
        guard ListKeys.duplicates(old, schema, FieldPath()).isEmpty else { return [] }
        return ListKeys.duplicates(new, schema, FieldPath())
    }

    private func validateScale(_ object: JSONValue, _ part: KeyPath<ScalePaths, [String]>) -> [FieldError] {
        guard let path = scale?[keyPath: part], let found = object[path: path], !found.isNull else { return [] }
        let place = FieldPath("." + path.joined(separator: "."))
        guard case .int(let replicas) = found else {
            let name = "." + path.joined(separator: ".")
            return [
                .invalid(
                    place, 0,
                    "\(name) accessor error: \(JSONWriter.text(found)) is of the type \(GoFormat.typeName(found)), expected int64"
                )
            ]
        }
        if replicas < 0 { return [.invalid(place, found, "should be a non-negative integer")] }
        if replicas > Int64(Int32.max) { return [.invalid(place, found, "should be less than or equal to \(Int32.max)")] }
        return []
    }

    private func validateSelector(_ object: JSONValue) -> [FieldError] {
        guard let path = scale?.labelSelector, let found = object[path: path], found.string == nil else { return [] }
        let name = "." + path.joined(separator: ".")
        return [
            .invalid(
                FieldPath(name), "",
                "\(name) accessor error: \(JSONWriter.text(found)) is of the type \(GoFormat.typeName(found)), expected string")
        ]
    }

    package var columns: [Column] { printer.columns }
    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] { printer.cells(object, now: now) }

    /// All versions hold the same content, so only the version's name changes; defaults and pruning follow this version's schema.
    package func convertFromStorage(_ object: inout JSONValue) { present(&object) }

    /// The rules by which objects of another version are read; nil when the definition does not have it.
    package func reading(_ apiVersion: String) -> CustomResourceRules? {
        let version = String(apiVersion.split(separator: "/").last ?? "")
        guard let schema = schemas[version] else { return nil }
        var rules = self
        rules.kind.version = version
        rules.schema = schema
        return rules
    }

    /// What a webhook made of an object: what this version does not know is dropped, nothing is filled in.
    package func tidy(_ object: inout JSONValue) {
        var pruner = StructuralPruner()
        pruner.prune(&object, schema)
    }

    /// An object out of the store, or out of another version, as this version shows it.
    package func present(_ object: inout JSONValue) {
        object["apiVersion"] = .string(kind.apiVersion)
        StructuralDefaulter.applyDefaults(&object, schema)
        var pruner = StructuralPruner()
        pruner.prune(&object, schema)
        StructuralDefaulter.pruneNulls(&object, schema)
    }
}

extension KindDefinition {
    /// Nil for Kubernetes' own kinds. The one place that looks behind the rules of a kind.
    package var custom: CustomResourceRules? { rules as? CustomResourceRules }
}

extension CustomResourceRules: MergeVersions {
    package func type(of apiVersion: String) -> MergeType? {
        schemas[String(apiVersion.split(separator: "/").last ?? "")]?.objectMergeType
    }

    package func convert(_ object: JSONValue, to apiVersion: String) -> JSONValue? {
        guard type(of: apiVersion) != nil else { return .none }
        var result = object
        result["apiVersion"] = .string(apiVersion)
        return .some(result)
    }
}
