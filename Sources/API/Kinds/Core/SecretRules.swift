package import JSON

/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/secret/strategy.go`, `ValidateSecret`, `SetDefaults_Secret`.
package struct SecretRules: KindRules {
    package let selectableFields = ["type"]

    package func applyDefaults(_ object: inout JSONValue) {
        if object.text("type").isEmpty { object["type"] = "Opaque" }
        if let plain = object["stringData"]?.object?.members, !plain.isEmpty {
            let replaced = Set(plain.map(\.key))
            let kept = (object["data"]?.object?.members ?? []).filter { !replaced.contains($0.key) }
            let encoded = plain.map {
                JSONObject.Member(key: $0.key, value: .string(Base64.encode(Array(($0.value.string ?? "").utf8))))
            }
            object["data"] = .object(JSONObject(kept + encoded))
        }
        object["stringData"] = .none
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        var size = 0
        for member in DataEntries.sorted(object["data"]) {
            errors += FieldCheck.text(member.key, FieldPath("data").key(member.key), NameValidation.configMapKey)
            size += DataEntries.size(member.value)
        }
        if size > ConfigMapRules.bytesMax {
            errors.append(.tooLong(FieldPath("data"), bytesMax: ConfigMapRules.bytesMax))
        }
        return errors + typed(object)
    }

    private static let accountName = "kubernetes.io/service-account.name"

    /// What a type asks of the entries.
    private func typed(_ object: JSONValue) -> [FieldError] {
        let data = object["data"]
        func missing(_ keys: [String]) -> [FieldError] {
            keys.filter { data?[$0] == nil }.map { .required(FieldPath("data").key($0)) }
        }
        switch object.text("type") {
        case "kubernetes.io/service-account-token":
            let annotations = object["metadata"]?["annotations"]
            guard annotations?.text(Self.accountName).isEmpty ?? true else { return [] }
            return [.required(FieldPath("metadata")("annotations").key(Self.accountName))]
        case "kubernetes.io/dockercfg": return document(data, ".dockercfg")
        case "kubernetes.io/dockerconfigjson": return document(data, ".dockerconfigjson")
        case "kubernetes.io/basic-auth":
            let errors = missing(["username", "password"])
            return errors.count == 2 ? errors : []
        case "kubernetes.io/ssh-auth":
            let key = "ssh-privatekey"
            return (data?.text(key) ?? "").isEmpty ? [.required(FieldPath("data").key(key))] : []
        case "kubernetes.io/tls": return missing(["tls.crt", "tls.key"])
        default: return []
        }
    }

    private func document(_ data: JSONValue?, _ key: String) -> [FieldError] {
        let at = FieldPath("data").key(key)
        guard let value = data?[key] else { return [.required(at)] }
        let bytes = DataEntries.bytes(value)
        let parsed = try? JSONParser.parse(bytes)
        if parsed?.object != nil || parsed?.isNull ?? false { return [] }
        return [.invalid(at, "<secret contents redacted>", refusal(bytes, parsed))]
    }

    /// What Go's decoder says of a text that is no object.
    private func refusal(_ bytes: [UInt8], _ parsed: JSONValue?) -> String {
        func unmarshal(_ what: String) -> String {
            "json: cannot unmarshal \(what) into Go value of type map[string]interface {}"
        }
        switch parsed {
        case .array?: return unmarshal("array")
        case .string?: return unmarshal("string")
        case .bool?: return unmarshal("bool")
        case .int?, .double?: return unmarshal("number")
        default: break
        }
        let text = bytes.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
        guard let first = text.first, first != UInt8(ascii: "{") else { return "unexpected end of JSON input" }
        if let word = ["null", "true", "false"].first(where: { $0.utf8.first == first }) {
            guard let (found, wanted) = zip(text, word.utf8).first(where: { $0 != $1 }) else {
                return "unexpected end of JSON input"
            }
            let (wrong, right) = (Character(UnicodeScalar(found)), Character(UnicodeScalar(wanted)))
            return "invalid character '\(wrong)' in literal \(word) (expecting '\(right)')"
        }
        return "invalid character '\(Character(UnicodeScalar(first)))' looking for beginning of value"
    }

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        FieldCheck.unchanged(new["type"], old["type"], FieldPath("type"))
            + Immutability.check(new, old, fields: ["data"]) + validate(new)
    }

    package let columns: [Column] = [
        .objectName, Column("Type", "What the secret is for."), Column("Data", "Number of entries."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let count = object["data"]?.object?.count ?? 0
        return [Cells.name(object), object["type"] ?? "", .int(Int64(count)), Cells.age(object, now: now)]
    }
}
