package import API
import CEL
package import JSON

/// Checks values against a schema, with the findings in upstream's words.
///
/// A part of a new object that equals the same part of the old one is not checked again, so that a schema may be tightened
/// without locking objects that were written before.
/// - SeeAlso: Kubernetes 1.36 `kube-openapi/pkg/validation/validate`, `apiextensions-apiserver/pkg/apiserver/validation`.
package struct StructuralValidator {
    /// Findings about one value, and how many checks it passed: the best of several alternatives is the one with most.
    struct Findings {
        var errors: [FieldError] = []
        var matches = 0

        var isValid: Bool { errors.isEmpty }

        mutating func merge(_ other: Findings) {
            errors += other.errors
            matches += other.matches
        }
    }

    /// Findings beyond this are not collected.
    private static let errorsMax = 1000

    /// Where upstream reports what it cannot place.
    static let nowhere = FieldPath("<nil>")

    private let base: FieldPath

    /// - Parameter path: Where the value stands; empty for a whole object.
    package static func validate(
        _ value: JSONValue, _ schema: StructuralSchema, old: JSONValue? = nil, at path: FieldPath = FieldPath()
    ) -> [FieldError] {
        let errors = StructuralValidator(base: path).check(value, schema, old: old, path: "").errors
        return errors.count > errorsMax ? Array(errors.prefix(errorsMax)) : errors
    }

    private func place(_ path: String) -> FieldPath {
        let trimmed = path.hasPrefix(".") ? String(path.dropFirst()) : path
        if trimmed.isEmpty { return base.description.isEmpty ? Self.nowhere : base }
        return base(trimmed)
    }

    /// For findings that upstream gives no field.
    private var unplaced: FieldPath { base.description.isEmpty ? Self.nowhere : base }

    private func invalid(_ path: String, _ value: JSONValue, _ message: String) -> FieldError {
        .invalid(place(path), value, "\(path) in body \(message)")
    }

    func check(_ value: JSONValue, _ schema: StructuralSchema, old: JSONValue?, path: String) -> Findings {
        if let old, old == value { return Findings(matches: 1) }
        var findings = checkType(value, schema, path)
        if value.isNull {
            findings.merge(checkEnumeration(value, schema, path))
            return findings
        }
        findings.merge(checkJunctors(value, schema, path))
        switch value {
        case .string(let text): findings.merge(checkText(text, schema, path))
        case .int, .double: findings.merge(checkNumber(value, schema, path))
        case .array(let values): findings.merge(checkItems(values, schema, old, path))
        default: break
        }
        findings.merge(checkEnumeration(value, schema, path))
        if case .object(let object) = value { findings.merge(checkMembers(object, schema, old, path)) }
        findings.matches += 1
        return findings
    }

    // MARK: - Types

    static func typeName(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .int: "integer"
        case .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    private func checkType(_ value: JSONValue, _ schema: StructuralSchema, _ path: String) -> Findings {
        let types = schema.type.isEmpty ? (schema.isIntOrString ? ["integer", "string"] : []) : [schema.type]
        let format = StringFormat.isKnown(schema.format) ? schema.format : ""
        if types.isEmpty, format.isEmpty { return Findings(matches: 1) }
        let found = Self.typeName(value)
        func mismatch(_ wanted: String, _ shown: String) -> Findings {
            let name = path.hasPrefix(".") ? String(path.dropFirst()) : path
            return Findings(
                errors: [
                    FieldError(
                        .typeInvalid, place(path), value: .string(shown),
                        "\(name) in body must be of type \(wanted): \(JSONWriter.text(.string(shown)))")
                ])
        }
        if value.isNull {
            return types.isEmpty || schema.isNullable ? Findings(matches: 1) : mismatch(types.joined(separator: ","), found)
        }
        var isText = false
        if case .string = value { isText = true }
        if case .array = value { isText = true }
        let isNumeric = types.contains("integer") || types.contains("number")
        let fitsAnyway =
            (found == "number" && types.contains("integer") && value.int != nil)
            || (found == "integer" && types.contains("number"))
        if isText, !format.isEmpty, !isNumeric { return Findings(matches: 1) }
        if types.contains(found) || fitsAnyway { return Findings(matches: 1) }
        if !isText, !format.isEmpty {
            return mismatch(format, found == "integer" ? "int64" : found == "number" ? "float64" : "")
        }
        return types.isEmpty ? Findings(matches: 1) : mismatch(types.joined(separator: ","), found)
    }

    private func checkEnumeration(_ value: JSONValue, _ schema: StructuralSchema, _ path: String) -> Findings {
        guard !schema.enumeration.isEmpty else { return Findings() }
        if schema.enumeration.contains(value) { return Findings(matches: 1) }
        let supported = schema.enumeration.map { $0.string ?? JSONWriter.text($0) }
        // Kept in the order of the schema, unlike upstream's own lists.
        let list = supported.map { JSONWriter.text(.string($0)) }.joined(separator: ", ")
        return Findings(errors: [FieldError(.notSupported, place(path), value: value, "supported values: \(list)")])
    }

    // MARK: - Junctors

    private func checkJunctors(_ value: JSONValue, _ schema: StructuralSchema, _ path: String) -> Findings {
        var findings = Findings(matches: 1)
        func report(_ message: String) {
            findings.errors.append(.invalid(unplaced, "", "\(JSONWriter.text(.string(path))) \(message)"))
        }
        func all(_ schemas: [StructuralSchema]) -> [Findings] { schemas.map { check(value, $0, old: nil, path: path) } }
        func best(_ results: [Findings]) -> Findings? {
            results.dropFirst().reduce(results.first) { best, next in
                next.matches > best?.matches ?? 0 ? next : best
            }
        }
        if !schema.anyOf.isEmpty {
            let results = all(schema.anyOf)
            if let success = results.first(where: \.isValid) {
                findings.merge(success)
            } else {
                report("must validate at least one schema (anyOf)")
                if let best = best(results) { findings.merge(best) }
            }
        }
        if !schema.oneOf.isEmpty {
            let results = all(schema.oneOf)
            let valid = results.filter(\.isValid)
            if valid.count == 1 {
                findings.merge(valid[0])
            } else {
                let detail = valid.isEmpty ? "Found none valid" : "Found \(valid.count) valid alternatives"
                report("must validate one and only one schema (oneOf). \(detail)")
                if valid.isEmpty, let best = best(results) { findings.merge(best) }
            }
        }
        if !schema.allOf.isEmpty {
            let results = all(schema.allOf)
            results.forEach { findings.merge($0) }
            if results.contains(where: { !$0.isValid }) {
                report("must validate all the schemas (allOf)" + (results.allSatisfy { !$0.isValid } ? ". None validated" : ""))
            }
        }
        if let not = schema.not, check(value, not, old: nil, path: path).isValid {
            report("must not validate the schema (not)")
        }
        return findings
    }

    // MARK: - Texts and numbers

    private func checkText(_ text: String, _ schema: StructuralSchema, _ path: String) -> Findings {
        var findings = Findings(matches: 1)
        let value = JSONValue.string(text)
        let count = Int64(text.unicodeScalars.count)
        if let limit = schema.limits.maxLength, count > limit {
            findings.errors.append(.tooLong(place(path), bytesMax: Int(limit)))
        }
        if let limit = schema.limits.minLength, count < limit {
            findings.errors.append(invalid(path, value, "should be at least \(limit) chars long"))
        }
        if !schema.pattern.isEmpty {
            if let pattern = schema.compiledPattern {
                if !pattern.matches(text) {
                    findings.errors.append(invalid(path, value, "should match '\(schema.pattern)'"))
                }
            } else {
                findings.errors.append(
                    invalid(path, value, "should match '\(schema.pattern), but pattern is invalid'"))
            }
        }
        if let isValid = StringFormat.validate(text, schema.format), !isValid {
            findings.errors.append(
                FieldError(
                    .typeInvalid, place(path), value: value,
                    "\(path) in body must be of type \(schema.format): \(JSONWriter.text(value))"))
        }
        return findings
    }

    private func checkNumber(_ value: JSONValue, _ schema: StructuralSchema, _ path: String) -> Findings {
        var findings = Findings(matches: 1)
        let number = value.double ?? 0
        let limits = schema.limits
        if schema.type == "integer", schema.format == "int32", let whole = value.int, Int32(exactly: whole) == nil {
            findings.errors.append(
                .invalid(unplaced, "", "Checked value must be of type integer with format int32 in \(path)"))
        }
        if let factor = limits.multipleOf, factor > 0, !Self.isMultiple(value, of: factor) {
            findings.errors.append(invalid(path, value, "should be a multiple of \(Self.print(factor))"))
        }
        if let limit = limits.maximum, limits.isMaximumExclusive ? number >= limit : number > limit {
            let words = limits.isMaximumExclusive ? "less than" : "less than or equal to"
            findings.errors.append(invalid(path, value, "should be \(words) \(Self.print(limit))"))
        }
        if let limit = limits.minimum, limits.isMinimumExclusive ? number <= limit : number < limit {
            let words = limits.isMinimumExclusive ? "greater than" : "greater than or equal to"
            findings.errors.append(invalid(path, value, "should be \(words) \(Self.print(limit))"))
        }
        return findings
    }

    private static func isMultiple(_ value: JSONValue, of factor: Double) -> Bool {
        if case .int(let number) = value, let whole = Int64(exactly: factor), whole != 0 {
            return number.quotientAndRemainder(dividingBy: whole).remainder == 0
        }
        let quotient = factor < 1 ? 1 / factor * (value.double ?? 0) : (value.double ?? 0) / factor
        return abs(quotient - quotient.rounded()) < 1e-9
    }

    /// As Go prints a float64 with `%v`.
    private static func print(_ number: Double) -> String { JSONWriter.text(.double(number)) }

    // MARK: - Lists and objects

    private func checkItems(
        _ values: [JSONValue], _ schema: StructuralSchema, _ old: JSONValue?, _ path: String
    ) -> Findings {
        var findings = Findings(matches: 1)
        if let items = schema.items {
            let known = old.flatMap { ListKeys.index($0, schema) }
            for (index, value) in values.enumerated() {
                let before = known.flatMap { table in ListKeys.key(value, schema).flatMap { table[$0] } }
                findings.merge(check(value, items, old: before, path: "\(path)[\(index)]"))
            }
        }
        let count = Int64(values.count)
        if let limit = schema.limits.minItems, count < limit {
            findings.errors.append(invalid(path, .int(count), "should have at least \(limit) items"))
        }
        if let limit = schema.limits.maxItems, count > limit {
            findings.errors.append(.tooMany(place(path), count: values.count, max: Int(limit)))
        }
        return findings
    }

    private func checkMembers(
        _ object: JSONObject, _ schema: StructuralSchema, _ old: JSONValue?, _ path: String
    ) -> Findings {
        let count = Int64(object.count)
        if let limit = schema.limits.minProperties, count < limit {
            return Findings(errors: [invalid(path, .int(limit), "should have at least \(limit) properties")])
        }
        if let limit = schema.limits.maxProperties, count > limit {
            return Findings(errors: [.tooMany(place(path), count: object.count, max: Int(limit))])
        }
        var findings = Findings(matches: 1)
        for member in object.members {
            let name = path.isEmpty ? member.key : "\(path).\(member.key)"
            if let property = schema.properties[member.key] {
                findings.merge(check(member.value, property, old: old?[member.key], path: name))
            } else if let additional = schema.additionalSchema {
                findings.merge(check(member.value, additional, old: old?[member.key], path: name))
            } else if case .allowed(false) = schema.additional {
                findings.errors.append(invalid("\(path).\(member.key)", "", "is a forbidden property"))
            }
        }
        for name in schema.required where object[name] == nil {
            findings.errors.append(.required(place("\(path).\(name)")))
        }
        return findings
    }
}
