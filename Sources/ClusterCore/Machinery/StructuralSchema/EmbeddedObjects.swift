import API
import JSON

/// Whole objects inside of custom objects: `x-kubernetes-embedded-resource`.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/objectmeta`.
enum EmbeddedObjects {
    /// Makes the metadata of embedded objects canonical.
    ///
    /// - Parameter unknown: Takes the paths of members that metadata does not have.
    static func coerce(
        _ value: inout JSONValue, _ schema: StructuralSchema, _ path: FieldPath, _ unknown: inout [String]
    ) throws(FieldError) {
        switch value {
        case .object(var object):
            value = .null
            if schema.isEmbedded { try coerceMembers(&object, path, &unknown) }
            for index in object.members.indices {
                let key = object.members[index].key
                guard let child = schema.child(key) else { continue }
                let place = schema.properties[key] == nil ? path.key(key) : path(key)
                try coerce(&object.members[index].value, child, place, &unknown)
            }
            value = .object(object)
        case .array(var values):
            guard let items = schema.items else { return }
            value = .null
            for index in values.indices { try coerce(&values[index], items, path[index], &unknown) }
            value = .array(values)
        default: break
        }
    }

    private static func coerceMembers(
        _ object: inout JSONObject, _ path: FieldPath, _ unknown: inout [String]
    ) throws(FieldError) {
        for name in ["apiVersion", "kind"] {
            if let found = object[name], found.string == nil { throw .invalid(path(name), found, "must be a string") }
        }
        guard let metadata = object["metadata"] else { return }
        object["metadata"] = try self.metadata(metadata, path("metadata"), &unknown)
    }

    /// Metadata in its canonical form.
    static func metadata(
        _ value: JSONValue, _ path: FieldPath, _ unknown: inout [String]
    ) throws(FieldError) -> JSONValue {
        guard let type = Schema.kubernetes.id(named: "apimachinery.pkg.apis.meta.v1.ObjectMeta") else { return value }
        guard value.object != nil else { throw .invalid(path, value, "must be an object") }
        do throws(TreeDecoder.TypeError) {
            let decoded = try TreeDecoder.decode(value, as: type)
            let prefix = path.description
            for text in decoded.strictErrors where text.hasPrefix("unknown field \"") {
                unknown.append("\(prefix).\(text.dropFirst("unknown field \"".count).dropLast())")
            }
            return decoded.object
        } catch {
            throw .invalid(path, value, error.description)
        }
    }

    /// What an embedded object must have.
    static func validate(_ value: JSONValue, _ schema: StructuralSchema, _ path: FieldPath) -> [FieldError] {
        switch value {
        case .object(let object):
            var errors = schema.isEmbedded ? validateMembers(object, path) : []
            for member in object.members {
                guard let child = schema.child(member.key) else { continue }
                errors += validate(
                    member.value, child, schema.properties[member.key] == nil ? path.key(member.key) : path(member.key))
            }
            return errors
        case .array(let values):
            guard let items = schema.items else { return [] }
            return values.enumerated().flatMap { validate($1, items, path[$0]) }
        default: return []
        }
    }

    private static func validateMembers(_ object: JSONObject, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for name in ["apiVersion", "kind"] where object[name] == nil {
            errors.append(.required(path(name), "must not be empty"))
        }
        if let version = object["apiVersion"]?.string {
            if version.isEmpty {
                errors.append(.invalid(path("apiVersion"), "", "must not be empty"))
            } else if version.split(separator: "/", omittingEmptySubsequences: false).count > 2 {
                errors.append(.invalid(path("apiVersion"), .string(version), "unexpected GroupVersion string: \(version)"))
            }
        }
        if let kind = object["kind"]?.string {
            let found = NameValidation.dns1035Label(kind.lowercased())
            if !found.isEmpty {
                errors.append(
                    .invalid(
                        path("kind"), .string(kind),
                        "may have mixed case, but should otherwise match: \(found.joined(separator: ","))"))
            }
        }
        if let name = object["metadata"]?["name"]?.string, !name.isEmpty {
            errors += NameValidation.pathSegmentName(name).map {
                .invalid(path("metadata")("name"), .string(name), $0)
            }
        }
        return errors
    }
}
