package import API
package import JSON

/// The rules of CustomResourceDefinitions.
///
/// A definition whose versions agree on a part is judged as if that part stood once above them, so paths begin with
/// `spec.validation`, `spec.subresources` and so on, as upstream's do.
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`, `v1/defaults.go`,
///   `pkg/registry/customresourcedefinition/strategy.go`.
package struct DefinitionRules: KindRules {
    package let countsGenerations = true
    package let separatesStatus = true

    static let selectableFieldsMax = 8
    private static let deprecationWarningLengthMax = 256
    private static let columnTypes = ["boolean", "date", "integer", "number", "string"]
    private static let columnFormats = [
        "byte", "date", "date-time", "double", "float", "int32", "int64", "password",
    ]

    package init() {}

    // MARK: - Defaults and preparation

    package func applyDefaults(_ object: inout JSONValue) {
        var spec = object["spec"] ?? [:]
        var names = spec["names"] ?? [:]
        let kind = names["kind"]?.string ?? ""
        if names["singular"]?.string ?? "" == "", !kind.isEmpty { names["singular"] = .string(kind.lowercased()) }
        if names["listKind"]?.string ?? "" == "", !kind.isEmpty { names["listKind"] = .string(kind + "List") }
        spec["names"] = names
        if spec["conversion"]?.object == nil { spec["conversion"] = ["strategy": "None"] }
        if spec["conversion"]?["webhook"]?["clientConfig"]?["service"]?.object != nil,
            spec[path: ["conversion", "webhook", "clientConfig", "service", "port"]] == nil
        {
            spec[path: ["conversion", "webhook", "clientConfig", "service", "port"]] = 443
        }
        object["spec"] = spec
    }

    package func prepareForCreate(_ object: inout JSONValue) {
        object["status"] = [
            "conditions": .null, "acceptedNames": ["plural": "", "kind": ""], "storedVersions": .null,
        ]
        object[path: ["metadata", "generation"]] = 1
        recordStorageVersion(&object)
    }

    package func prepareForUpdate(new: inout JSONValue, old: JSONValue) {
        new["status"] = old["status"]
        let generation = old["metadata"]?["generation"]?.int ?? 0
        new[path: ["metadata", "generation"]] = .int(new["spec"] == old["spec"] ? generation : generation + 1)
        recordStorageVersion(&new)
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) { new["spec"] = old["spec"] }

    private func recordStorageVersion(_ object: inout JSONValue) {
        var stored = object["status"]?["storedVersions"]?.array ?? []
        for version in object["spec"]?["versions"]?.array ?? [] where version["storage"]?.bool ?? false {
            if let name = version["name"], !stored.contains(name) { stored.append(name) }
        }
        object[path: ["status", "storedVersions"]] = .array(stored)
    }

    // MARK: - Checks

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        var errors: [FieldError] = []
        let name = object["metadata"]?["name"]?.string ?? ""
        let wanted = "\(spec["names"]?["plural"]?.string ?? "").\(spec["group"]?.string ?? "")"
        if !name.isEmpty, name != wanted {
            errors.append(
                .invalid(FieldPath("metadata")("name"), .string(name), "must be spec.names.plural+\".\"+spec.group"))
        }
        errors += validateSpec(spec, FieldPath("spec")) + validateStatus(object) + storedVersions(object)
        errors += approval(object)
        if spec["preserveUnknownFields"]?.bool ?? false {
            errors.append(
                .invalid(
                    FieldPath("spec")("preserveUnknownFields"), true,
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"))
        }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("spec")
        let (after, before) = (new["spec"] ?? [:], old["spec"] ?? [:])
        var errors = validateSpec(after, path, old: before)
        func immutable(_ names: [String]) {
            guard after[path: names] != before[path: names] else { return }
            errors.append(.invalid(names.reduce(path) { $0($1) }, after[path: names] ?? "", "field is immutable"))
        }
        if CustomKinds.hasCondition(old, "Established") {
            immutable(["scope"])
            immutable(["names", "kind"])
        }
        immutable(["group"])
        immutable(["names", "plural"])
        return errors + validateStatus(new) + storedVersions(new)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] { validateStatus(new) }

    private func validateStatus(_ object: JSONValue) -> [FieldError] {
        names(object["status"]?["acceptedNames"] ?? [:], FieldPath("status")("acceptedNames"))
    }

    private func storedVersions(_ object: JSONValue) -> [FieldError] {
        let path = FieldPath("status")("storedVersions")
        let stored = object["status"]?["storedVersions"]?.array?.compactMap(\.string) ?? []
        guard !stored.isEmpty else { return [.invalid(path, [], "must have at least one stored version")] }
        var errors: [FieldError] = []
        var known: Set<String> = []
        for version in object["spec"]?["versions"]?.array ?? [] {
            let name = version["name"]?.string ?? ""
            known.insert(name)
            if version["storage"]?.bool ?? false, !stored.contains(name) {
                errors.append(.invalid(path, JSONValue(stored), "must have the storage version \(name)"))
            }
        }
        for (index, name) in stored.enumerated() where !known.contains(name) {
            errors.append(
                .invalid(
                    path[index], .string(name),
                    "missing from spec.versions; \(name) was previously a storage version, and must remain in spec.versions until a "
                        + "storage migration ensures no data remains persisted in \(name) and removes \(name) from "
                        + "status.storedVersions"))
        }
        return errors
    }

    /// Groups of Kubernetes itself need an approval.
    private func approval(_ object: JSONValue) -> [FieldError] {
        guard DefinitionApproval.isProtected(object["spec"]?["group"]?.string ?? "") else { return [] }
        let path = FieldPath("metadata")("annotations").key(DefinitionApproval.annotation)
        guard let text = object["metadata"]?["annotations"]?[DefinitionApproval.annotation]?.string, !text.isEmpty else {
            return [
                .required(
                    path,
                    "protected groups must have approval annotation \"\(DefinitionApproval.annotation)\", see "
                        + "https://github.com/kubernetes/enhancements/pull/1111")
            ]
        }
        if DefinitionApproval.isAccepted(text) { return [] }
        return [
            .invalid(
                path, .string(text),
                "protected groups must have approval annotation \"\(DefinitionApproval.annotation)\" with either a URL or a "
                    + "reason starting with \"unapproved\", see https://github.com/kubernetes/enhancements/pull/1111")
        ]
    }

    /// - Parameter old: Before an update.
    private func validateSpec(_ spec: JSONValue, _ path: FieldPath, old: JSONValue? = nil) -> [FieldError] {
        var errors: [FieldError] = []
        let group = spec["group"]?.string ?? ""
        if group.isEmpty {
            errors.append(.required(path("group")))
        } else {
            let found = NameValidation.dns1123Subdomain(group)
            if !found.isEmpty {
                errors.append(.invalid(path("group"), .string(group), found.joined(separator: ",")))
            } else if !group.contains(".") {
                errors.append(.invalid(path("group"), .string(group), "should be a domain with at least one dot"))
            }
        }
        switch spec["scope"]?.string ?? "" {
        case "": errors.append(.required(path("scope")))
        case "Cluster", "Namespaced": break
        case let other:
            errors.append(.notSupported(path("scope"), .string(other), supported: ["Cluster", "Namespaced"]))
        }
        errors += versions(spec, path)
        for name in ["plural", "singular", "kind", "listKind"] where spec["names"]?[name]?.string ?? "" == "" {
            errors.append(.required(path("names")(name)))
        }
        errors += names(spec["names"] ?? [:], path("names"))
        return errors + ConversionRules.validate(spec["conversion"] ?? [:], path("conversion"), old: old?["conversion"])
    }

    private func versions(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let versions = spec["versions"]?.array ?? []
        var errors: [FieldError] = []
        for (index, version) in versions.enumerated() {
            let at = path("versions")[index]
            if version["schema"]?["openAPIV3Schema"]?.object == nil {
                errors.append(.required(at("schema")("openAPIV3Schema"), "schemas are required"))
            }
            let name = version["name"]?.string ?? ""
            let found = NameValidation.dns1035Label(name)
            if !found.isEmpty {
                errors.append(.invalid(at("name"), .string(name), found.joined(separator: ",")))
            }
            errors += deprecation(version, at("deprecationWarning"))
        }
        errors += parts(versions, path)
        let names = versions.map { $0["name"]?.string ?? "" }
        if Set(names).count < names.count {
            errors.append(.invalid(path("versions"), .array(versions), "must contain unique version names"))
        }
        if versions.filter({ $0["storage"]?.bool ?? false }).count != 1 {
            errors.append(
                .invalid(
                    path("versions"), .array(versions), "must have exactly one version marked as storage version"))
        }
        return errors
    }

    /// Schemas, subresources, columns and selectable fields, each judged once when all versions agree on it.
    private func parts(_ versions: [JSONValue], _ path: FieldPath) -> [FieldError] {
        func places(_ member: String, _ above: String) -> [(JSONValue, FieldPath)] {
            if let first = versions.first?[member], versions.allSatisfy({ $0[member] == first }) {
                return [(versions[0], path(above))]
            }
            return versions.enumerated().map { ($1, path("versions")[$0](member)) }
        }
        var errors: [FieldError] = []
        for (version, at) in places("schema", "validation") {
            guard let source = version["schema"]?["openAPIV3Schema"], source.object != nil else { continue }
            let hasStatus = version["subresources"]?["status"] != nil
            errors += schema(StructuralSchema(source), hasStatus: hasStatus, at("openAPIV3Schema"))
        }
        for (version, at) in places("subresources", "subresources") {
            if let scale = version["subresources"]?["scale"], scale.object != nil { errors += self.scale(scale, at) }
        }
        for (version, at) in places("additionalPrinterColumns", "additionalPrinterColumns") {
            for (index, column) in (version["additionalPrinterColumns"]?.array ?? []).enumerated() {
                errors += self.column(column, at[index])
            }
        }
        for (version, at) in places("selectableFields", "selectableFields") {
            errors += selectableFields(version, at)
        }
        return errors
    }

    private func deprecation(_ version: JSONValue, _ path: FieldPath) -> [FieldError] {
        guard let text = version["deprecationWarning"]?.string else { return [] }
        if !(version["deprecated"]?.bool ?? false) {
            return [.invalid(path, .string(text), "can only be set for deprecated versions")]
        }
        var errors: [FieldError] = []
        if text.utf8.count > Self.deprecationWarningLengthMax {
            errors.append(
                .invalid(path, .string(text), "must be <= \(Self.deprecationWarningLengthMax) characters long"))
        }
        if text.isEmpty { errors.append(.invalid(path, "", "must not be an empty string")) }
        return errors
    }

    private static let rootMembers: Set<String> = [
        "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
        "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "required", "items", "properties",
        "externalDocs", "example", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations",
    ]
    private static let rootMembersText =
        "[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems "
        + "MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]"

    private func schema(_ schema: StructuralSchema, hasStatus: Bool, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if hasStatus {
            if !["", "object"].contains(schema.type) {
                errors.append(
                    .invalid(
                        path("type"), .string(schema.type),
                        "only \"object\" is allowed as the type at the root of the schema if the status subresource is enabled"))
            }
            if schema.source.object?.members.contains(where: { !Self.rootMembers.contains($0.key) }) ?? false {
                errors.append(
                    .invalid(
                        path, schema.source,
                        "only \(Self.rootMembersText) fields are allowed at the root of the schema if the status subresource is "
                            + "enabled"))
            }
        }
        if schema.isNullable { errors.append(.forbidden(path("nullable"), "nullable cannot be true at the root")) }
        let structural = StructuralRules.validate(schema, path)
        errors += structural.isEmpty ? DefaultRules.validate(schema, path) : structural
        return errors + SchemaRules.validate(schema, path)
    }

    private func scale(_ scale: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for (name, root) in [("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")] {
            let text = scale[name]?.string ?? ""
            let at = path("scale")(name)
            if text.isEmpty {
                errors.append(.required(at))
            } else if !text.hasPrefix(".") {
                errors.append(.invalid(at, .string(text), "must be a simple json path starting with ."))
            } else if !text.hasPrefix(root) {
                errors.append(.invalid(at, .string(text), "should be a json path under \(root.dropLast())"))
            }
        }
        if let text = scale["labelSelectorPath"]?.string, !text.isEmpty {
            let at = path("scale")("labelSelectorPath")
            if !text.hasPrefix(".") {
                errors.append(.invalid(at, .string(text), "must be a simple json path starting with ."))
            } else if !text.hasPrefix(".spec."), !text.hasPrefix(".status.") {
                errors.append(.invalid(at, .string(text), "should be a json path under either .spec or .status"))
            }
        }
        return errors
    }

    private func column(_ column: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if column["name"]?.string ?? "" == "" { errors.append(.required(path("name"))) }
        let type = column["type"]?.string ?? ""
        let types = "must be one of \(Self.columnTypes.joined(separator: ","))"
        if type.isEmpty {
            errors.append(.required(path("type"), types))
        } else if !Self.columnTypes.contains(type) {
            errors.append(.invalid(path("type"), .string(type), types))
        }
        let format = column["format"]?.string ?? ""
        if !format.isEmpty, !Self.columnFormats.contains(format) {
            errors.append(
                .invalid(
                    path("format"), .string(format), "must be one of \(Self.columnFormats.joined(separator: ","))"))
        }
        let text = column["jsonPath"]?.string ?? ""
        if text.isEmpty {
            errors.append(.required(path("JSONPath")))
        } else if !text.hasPrefix(".") {
            errors.append(.invalid(path("JSONPath"), .string(text), "must be a simple json path starting with ."))
        }
        return errors
    }

    private func selectableFields(_ version: JSONValue, _ path: FieldPath) -> [FieldError] {
        let fields = version["selectableFields"]?.array ?? []
        guard !fields.isEmpty, let source = version["schema"]?["openAPIV3Schema"] else { return [] }
        let schema = StructuralSchema(source)
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, field) in fields.enumerated() {
            let text = field["jsonPath"]?.string ?? ""
            let at = path[index]("jsonPath")
            if text.isEmpty {
                errors.append(.required(at))
                continue
            }
            let names = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init).dropFirst()
            guard text.hasPrefix("."), !names.isEmpty, names.allSatisfy({ !$0.isEmpty && !$0.contains("[") }) else {
                errors.append(.invalid(at, .string(text), "is an invalid path: does not refer to a valid field"))
                continue
            }
            var found: StructuralSchema? = schema
            for name in names { found = found?.properties[name] }
            if names.first == "metadata" {
                errors.append(.invalid(at, .string(text), "must not point to fields in metadata"))
            } else if found == nil {
                errors.append(.invalid(at, .string(text), "is an invalid path: does not refer to a valid field"))
                continue
            }
            if !["string", "boolean", "integer"].contains(found?.type ?? "") {
                errors.append(
                    .invalid(
                        at, .string(text),
                        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are "
                            + "allowed."))
            }
            if !seen.insert(text).inserted { errors.append(.duplicate(at, .string(text))) }
        }
        if seen.count > Self.selectableFieldsMax {
            errors.append(.tooMany(path, count: seen.count, max: Self.selectableFieldsMax))
        }
        return errors
    }

    private func names(_ names: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        func check(_ text: String, _ at: FieldPath, _ intro: String = "") {
            let found = text.isEmpty ? [] : NameValidation.dns1035Label(intro.isEmpty ? text : text.lowercased())
            if !found.isEmpty { errors.append(.invalid(at, .string(text), intro + found.joined(separator: ","))) }
        }
        for name in ["plural", "singular"] { check(names[name]?.string ?? "", path(name)) }
        for name in ["kind", "listKind"] {
            check(names[name]?.string ?? "", path(name), "may have mixed case, but should otherwise match: ")
        }
        for (index, name) in (names["shortNames"]?.array ?? []).enumerated() {
            check(name.string ?? "", path("shortNames")[index])
        }
        let kind = names["kind"]?.string ?? ""
        if !kind.isEmpty, kind == names["listKind"]?.string {
            errors.append(.invalid(path("listKind"), .string(kind), "kind and listKind may not be the same"))
        }
        for (index, name) in (names["categories"]?.array ?? []).enumerated() {
            check(name.string ?? "", path("categories")[index])
        }
        return errors
    }

    // MARK: - Table

    package let columns: [Column] = [
        .objectName, Column("Created At", type: "date", "When the definition was created."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        [Cells.name(object), object["metadata"]?["creationTimestamp"] ?? .null]
    }
}

/// The approval that groups of Kubernetes itself need.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apihelpers/helpers.go`, `GetAPIApprovalState`.
package enum DefinitionApproval {
    package static let annotation = "api-approved.kubernetes.io"

    package static func isProtected(_ group: String) -> Bool {
        ["k8s.io", "kubernetes.io"].contains { group == $0 || group.hasSuffix(".\($0)") }
    }

    static func isAccepted(_ text: String) -> Bool {
        if text.hasPrefix("unapproved") { return true }
        return (text.hasPrefix("https://") || text.hasPrefix("http://")) && text.dropFirst(8).contains(".")
    }
}
