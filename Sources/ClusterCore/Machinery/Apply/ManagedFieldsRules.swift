package import API
package import JSON

/// What `managedFields` may hold, and when a change of them is none.
package enum ManagedFieldsRules {
    package static let managerBytesMax = 128
    private static let subresourceBytesMax = 256

    /// What is wrong with the entries that an object would be stored with.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/validation/validation.go`, `ValidateManagedFields`.
    package static func validate(_ object: JSONValue) -> [FieldError] {
        var errors: [FieldError] = []
        let path = FieldPath("metadata")("managedFields")
        for (index, entry) in (object["metadata"]?["managedFields"]?.array ?? []).enumerated() {
            let path = path[index]
            let operation = entry["operation"]?.string ?? ""
            if operation != "Apply", operation != "Update" {
                errors.append(.invalid(path("operation"), .string(operation), "must be `Apply` or `Update`"))
            }
            let type = entry["fieldsType"]?.string ?? ""
            if !type.isEmpty, type != "FieldsV1" {
                errors.append(.invalid(path("fieldsType"), .string(type), "must be `FieldsV1`"))
            }
            errors += validate(manager: entry["manager"]?.string ?? "", path("manager"))
            if entry["subresource"]?.string?.utf8.count ?? 0 > subresourceBytesMax {
                errors.append(.tooLong(path("subresource"), bytesMax: subresourceBytesMax))
            }
        }
        return errors
    }

    /// A manager's name is short and printable; empty means none.
    package static func validate(manager: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if manager.utf8.count > managerBytesMax { errors.append(.tooLong(path, bytesMax: managerBytesMax)) }
        var position = 0
        for scalar in manager.unicodeScalars {
            if !isPrintable(scalar) {
                let code = String(scalar.value, radix: 16, uppercase: true)
                let padded = String(repeating: "0", count: max(0, 4 - code.count)) + code
                errors.append(
                    .invalid(path, .string(manager), "invalid character U+\(padded) (at position \(position))"))
            }
            position += scalar.utf8.count
        }
        return errors
    }

    /// A client without a word for itself is known by its user agent up to the first slash.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/create.go`, `prefixFromUserAgent`.
    package static func manager(userAgent: String) -> String {
        var result = ""
        for scalar in userAgent.unicodeScalars {
            if scalar == "/" || result.utf8.count + scalar.utf8.count > managerBytesMax { break }
            if isPrintable(scalar) { result.unicodeScalars.append(scalar) }
        }
        return result
    }

    /// As Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols and the space.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    /// The old object when the new one differs from it in nothing but the times of its entries.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/handlers/fieldmanager/equality.go`.
    package static func ignoringTimes(_ new: JSONValue, old: JSONValue) -> JSONValue {
        let after = new["metadata"]?["managedFields"]?.array ?? []
        let before = old["metadata"]?["managedFields"]?.array ?? []
        guard after.count == before.count, !after.isEmpty, after != before, zip(after, before).allSatisfy(isSameButTime)
        else { return new }
        var reverted = new
        reverted[path: ["metadata", "managedFields"]] = .array(before)
        return reverted == old ? old : new
    }

    private static func isSameButTime(_ left: JSONValue, _ right: JSONValue) -> Bool {
        var (left, right) = (left, right)
        left["time"] = nil
        right["time"] = nil
        return left == right
    }
}
