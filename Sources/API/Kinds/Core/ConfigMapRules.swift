package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/configmap/strategy.go`, `ValidateConfigMap`.
package struct ConfigMapRules: KindRules {
    /// Bytes of all values together.
    static let bytesMax = 1024 * 1024

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        var size = 0
        let binary = object["binaryData"]
        let binaryKeys = Set(binary?.object?.keys ?? [])
        for member in DataEntries.sorted(object["data"]) {
            let at = FieldPath("data").key(member.key)
            errors += FieldCheck.text(member.key, at, NameValidation.configMapKey)
            if binaryKeys.contains(member.key) {
                errors.append(.invalid(at, .string(member.key), "duplicate of key present in binaryData"))
            }
            size += member.value.string?.utf8.count ?? 0
        }
        for member in DataEntries.sorted(binary) {
            errors += FieldCheck.text(member.key, FieldPath("binaryData").key(member.key), NameValidation.configMapKey)
            size += DataEntries.size(member.value)
        }
        // Upstream's path has no name here, which prints as brackets.
        if size > Self.bytesMax { errors.append(.tooLong(FieldPath("[]"), bytesMax: Self.bytesMax)) }
        return errors
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        Immutability.check(new, old, fields: ["data", "binaryData"]) + validate(new)
    }

    package let columns: [Column] = [.objectName, Column("Data", "Number of entries."), .age]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let count = (object["data"]?.object?.count ?? 0) + (object["binaryData"]?.object?.count ?? 0)
        return [Cells.name(object), .int(Int64(count)), Cells.age(object, now: now)]
    }
}

/// The entries of a ConfigMap or Secret.
enum DataEntries {
    /// In order of key, so that the same object gives the same messages.
    static func sorted(_ data: JSONValue?) -> [JSONObject.Member] {
        (data?.object?.members ?? []).sorted { $0.key < $1.key }
    }

    /// Bytes behind base64 text.
    static func size(_ value: JSONValue) -> Int {
        guard let text = value.string?.utf8 else { return 0 }
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        return max(0, text.count / 4 * 3 - padding)
    }

    static func bytes(_ value: JSONValue?) -> [UInt8] { value?.string.flatMap(Base64.decode) ?? [] }
}

/// `immutable: true` of ConfigMap and Secret.
enum Immutability {
    static func check(_ new: JSONValue, _ old: JSONValue, fields: [String]) -> [FieldError] {
        guard old["immutable"]?.bool ?? false else { return [] }
        let why = "field is immutable when `immutable` is set"
        var errors: [FieldError] = []
        if !(new["immutable"]?.bool ?? false) { errors.append(.forbidden(FieldPath("immutable"), why)) }
        for field in fields where (new[field] ?? .object([:])) != (old[field] ?? .object([:])) {
            errors.append(.forbidden(FieldPath(field), why))
        }
        return errors
    }
}
