package import JSON

/// ValidatingAdmissionPolicy and MutatingAdmissionPolicy, but for what their expressions mean.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/admissionregistration/v1/defaults.go`,
///   `pkg/apis/admissionregistration/validation/validation.go`.
package struct AdmissionPolicyRules: KindRules {
    let isMutating: Bool
    package let countsGenerations = true
    package let allowsUnconditionalUpdate = false
    private static let auditAnnotationsMax = 20
    private static let auditExpressionBytesMax = 5 * 1024
    private let path = FieldPath("spec")

    package var separatesStatus: Bool { !isMutating }

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in
            spec.setDefault("failurePolicy", "Fail")
            spec.edit("matchConstraints", AdmissionRuleChecks.applyMatchDefaults)
            if isMutating, spec.text("reinvocationPolicy").isEmpty { spec["reinvocationPolicy"] = "Never" }
        }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        var errors = FieldCheck.requiredOneOf(spec, "failurePolicy", AdmissionRuleChecks.failurePolicies, path)
        if let kind = spec["paramKind"], !kind.isNull { errors += paramKind(kind, path("paramKind")) }
        if let match = spec["matchConstraints"], !match.isNull {
            let at = path("matchConstraints")
            errors += AdmissionRuleChecks.matchResources(match, at)
            if match.elements("resourceRules").isEmpty { errors.append(.required(at("resourceRules"))) }
            if isMutating { errors += MutationChecks.operations(match, at) }
        } else {
            errors.append(.required(path("matchConstraints")))
        }
        errors += AdmissionRuleChecks.matchConditions(spec.elements("matchConditions"), path("matchConditions"))
        for (index, variable) in spec.elements("variables").enumerated() {
            errors += self.variable(variable, path("variables")[index])
        }
        if isMutating { return errors + MutationChecks.validate(spec, path) }
        return errors + decisions(spec, name: object["metadata"]?.text("name") ?? "")
    }

    private func paramKind(_ kind: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let text = kind.text("apiVersion")
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if text.isEmpty {
            errors.append(.required(path("apiVersion")))
        } else if parts.count > 2 {
            errors.append(
                .invalid(path("apiVersion"), .string(text), "unexpected GroupVersion string: \(text)"))
        } else {
            let (group, version) = (parts.count == 2 ? parts[0] : "", parts[parts.count - 1])
            let problems = group.isEmpty ? [] : NameValidation.dns1123Subdomain(group)
            if !problems.isEmpty {
                errors.append(.invalid(path("apiVersion"), .string(group), problems.joined(separator: ",")))
            }
            if version.isEmpty {
                errors.append(.invalid(path("apiVersion"), .string(text), "version must be specified"))
            } else if !NameValidation.dns1035Label(version).isEmpty {
                errors.append(
                    .invalid(
                        path("apiVersion"), .string(version),
                        NameValidation.dns1035Label(version).joined(separator: ",")))
            }
        }
        let name = kind.text("kind")
        let problems = NameValidation.dns1035Label(name.lowercased())
        if name.isEmpty {
            errors.append(.required(path("kind")))
        } else if !problems.isEmpty {
            errors.append(
                .invalid(
                    path("kind"), .string(name),
                    "may have mixed case, but should otherwise match: " + problems.joined(separator: ",")))
        }
        return errors
    }

    private func variable(_ variable: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        let name = variable.text("name")
        if AdmissionRuleChecks.isBlank(name) {
            errors.append(.required(path("name"), "name is not specified"))
        } else if !Identifier.isValid(name) {
            errors.append(.invalid(path("name"), .string(name), "must be a valid CEL identifier"))
        }
        if AdmissionRuleChecks.isBlank(variable.text("expression")) {
            errors.append(.required(path("expression"), "expression is not specified"))
        }
        return errors
    }

    private func decisions(_ spec: JSONValue, name: String) -> [FieldError] {
        let validations = spec.elements("validations")
        let annotations = spec.elements("auditAnnotations")
        if validations.isEmpty, annotations.isEmpty {
            let detail = "validations or auditAnnotations must contain at least one item"
            return [.required(path("validations"), detail), .required(path("auditAnnotations"), detail)]
        }
        var errors: [FieldError] = []
        for (index, validation) in validations.enumerated() {
            errors += self.validation(validation, path("validations")[index])
        }
        let at = path("auditAnnotations")
        if annotations.count > Self.auditAnnotationsMax {
            errors.append(
                .invalid(
                    at, .array(annotations), "must not have more than \(Self.auditAnnotationsMax) auditAnnotations"))
        }
        var keys: Set<String> = []
        for (index, annotation) in annotations.enumerated() {
            let key = annotation.text("key")
            errors += FieldCheck.invalid(
                at[index]("key"), "\(name)/\(key)", NameValidation.qualifiedName("\(name)/\(key)"))
            let expression = annotation.text("valueExpression")
            if AdmissionRuleChecks.isBlank(expression) {
                errors.append(.required(at[index]("valueExpression"), "valueExpression is not specified"))
            } else if expression.utf8.count > Self.auditExpressionBytesMax {
                errors.append(
                    .required(
                        at[index]("valueExpression"),
                        "must not exceed \(Self.auditExpressionBytesMax) bytes in length"))
            }
            if !keys.insert(key).inserted { errors.append(.duplicate(at[index]("key"), .string(key))) }
        }
        return errors
    }

    private func validation(_ validation: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if AdmissionRuleChecks.isBlank(validation.text("expression")) {
            errors.append(.required(path("expression"), "expression is not specified"))
        }
        for name in ["messageExpression", "message"] {
            let text = validation.text(name)
            if !text.isEmpty, AdmissionRuleChecks.isBlank(text) {
                errors.append(.invalid(path(name), .string(text), "must be non-empty if specified"))
            }
        }
        let message = validation.text("message")
        let lines = message.split(omittingEmptySubsequences: true) { $0.isNewline }
        if !AdmissionRuleChecks.isBlank(message), lines.filter({ !AdmissionRuleChecks.isBlank(String($0)) }).count > 1 {
            errors.append(.invalid(path("message"), .string(message), "must not contain line breaks"))
        }
        return errors
            + FieldCheck.oneOf(validation, "reason", ["Forbidden", "Invalid", "RequestEntityTooLarge"], path)
    }

    package func prepareForStatusUpdate(new: inout JSONValue, old: JSONValue) {
        StatusSeparation.statusUpdateKeepingMetadata(&new, old)
    }

    package func validateStatusUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let path = FieldPath("status")
        var errors: [FieldError] = []
        let warnings = new["status"]?["typeChecking"]?.elements("expressionWarnings") ?? []
        for (index, warning) in warnings.enumerated() {
            let at = path("typeChecking")("expressionWarnings")[index]
            errors += FieldCheck.required(warning, "warning", at)
            if AdmissionRuleChecks.isBlank(warning.text("fieldRef")) { errors.append(.required(at("fieldRef"))) }
        }
        return errors
            + ConditionChecks.validate(new["status"]?.elements("conditions") ?? [], path("conditions"))
    }

    package var columns: [Column] {
        [
            .objectName,
            isMutating
                ? Column("Mutations", type: "integer", "Number of mutations.")
                : Column("Validations", type: "integer", "Number of validations."),
            Column("ParamKind", "Kind of its parameters."), .age,
        ]
    }

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        var kind = "<unset>"
        if let found = spec["paramKind"], !found.isNull { kind = found.text("apiVersion") + "/" + found.text("kind") }
        let count = spec.elements(isMutating ? "mutations" : "validations").count
        return [Cells.name(object), .int(Int64(count)), .string(kind), Cells.age(object, now: now)]
    }
}

/// The bindings of both kinds of policies.
package struct AdmissionPolicyBindingRules: KindRules {
    let isMutating: Bool
    package let countsGenerations = true
    package let allowsUnconditionalUpdate = false
    private let path = FieldPath("spec")

    package func applyDefaults(_ object: inout JSONValue) {
        object.edit("spec") { spec in spec.edit("matchResources", AdmissionRuleChecks.applyMatchDefaults) }
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let spec = object["spec"] ?? [:]
        var errors = FieldCheck.required(spec, "policyName", path, "", NameValidation.dns1123Subdomain)
        if let reference = spec["paramRef"], !reference.isNull { errors += paramRef(reference, path("paramRef")) }
        if let match = spec["matchResources"], !match.isNull {
            errors += AdmissionRuleChecks.matchResources(match, path("matchResources"))
            if isMutating { errors += MutationChecks.operations(match, path("matchResources")) }
        }
        return isMutating ? errors : errors + actions(spec.elements("validationActions"), path("validationActions"))
    }

    private func paramRef(_ reference: JSONValue, _ path: FieldPath) -> [FieldError] {
        let (name, hasSelector) = (reference.text("name"), reference.has("selector"))
        let both = "name and selector are mutually exclusive"
        var errors = FieldCheck.optional(reference, "name", path, NameValidation.pathSegmentName)
        if !name.isEmpty, hasSelector { errors.append(.forbidden(path("name"), both)) }
        if hasSelector {
            errors += LabelValidation.selector(reference["selector"], path("selector"))
            if !name.isEmpty { errors.append(.forbidden(path("selector"), both)) }
        }
        if name.isEmpty, !hasSelector {
            errors.append(.required(path, "one of name or selector must be specified"))
        }
        return errors + FieldCheck.requiredOneOf(reference, "parameterNotFoundAction", ["Deny", "Allow"], path)
    }

    private func actions(_ actions: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, action) in actions.enumerated() {
            let name = action.string ?? ""
            if !["Audit", "Deny", "Warn"].contains(name) {
                errors.append(FieldError.notSupported(path[index], action, inOrder: ["Audit", "Deny", "Warn"]))
            }
            if !seen.insert(name).inserted { errors.append(.duplicate(path[index], action)) }
        }
        if seen.contains("Deny"), seen.contains("Warn") {
            errors.append(
                .invalid(
                    path, .array(actions),
                    "must not contain both Deny and Warn (repeating the same validation failure information in the API "
                        + "response and headers serves no purpose)"))
        }
        if seen.isEmpty { errors.append(.required(path, "at least one validation action is required")) }
        return errors
    }

    package let columns: [Column] = [
        .objectName, Column("PolicyName", "The policy that is bound."), Column("ParamRef", "Its parameters."), .age,
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let spec = object["spec"] ?? [:]
        var parameters = "<unset>"
        if let reference = spec["paramRef"], !reference.isNull {
            let namespace = reference.text("namespace")
            if reference.has("selector") {
                parameters = LabelSelector(json: reference["selector"]).description
            } else {
                parameters = (namespace.isEmpty ? "*" : namespace) + "/" + reference.text("name")
            }
        }
        return [
            Cells.name(object), .string(spec.text("policyName")), .string(parameters), Cells.age(object, now: now),
        ]
    }
}

/// What only mutating policies have.
enum MutationChecks {
    private static let supportedOperations = ["*", "CONNECT", "CREATE", "UPDATE"]

    static func operations(_ match: JSONValue, _ path: FieldPath) -> [FieldError] {
        match.elements("resourceRules").flatMap { $0.elements("operations") }
            .filter { !supportedOperations.contains($0.string ?? "") }
            .map { FieldError.notSupported(path("resourceRules")("operations"), $0, inOrder: supportedOperations) }
    }

    static func validate(_ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let mutations = spec.elements("mutations")
        var errors: [FieldError] = []
        if mutations.isEmpty { errors.append(.required(path("mutations"), "mutations must contain at least one item")) }
        for (index, mutation) in mutations.enumerated() { errors += self.mutation(mutation, path("mutations")[index]) }
        return errors + FieldCheck.requiredOneOf(spec, "reinvocationPolicy", ["IfNeeded", "Never"], path)
    }

    private static func mutation(_ mutation: JSONValue, _ path: FieldPath) -> [FieldError] {
        let members = [("JSONPatch", "jsonPatch"), ("ApplyConfiguration", "applyConfiguration")]
        let type = mutation.text("patchType")
        guard let wanted = members.first(where: { $0.0 == type })?.1 else {
            return FieldCheck.requiredOneOf(mutation, "patchType", ["ApplyConfiguration", "JSONPatch"], path)
        }
        var errors: [FieldError] = []
        if let body = mutation[wanted], !body.isNull {
            if AdmissionRuleChecks.isBlank(body.text("expression")) { errors.append(.required(path(wanted)("expression"))) }
        } else {
            errors.append(.required(path(wanted), "must be specified when patchType is \(type)"))
        }
        for (_, other) in members where other != wanted && mutation.has(other) {
            errors.append(
                .invalid(path(other), .string("{\(other)}"), "must not be specified when patchType is \(type)"))
        }
        return errors
    }
}

/// Names of variables in expressions.
private enum Identifier {
    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
        "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    static func isValid(_ text: String) -> Bool {
        let bytes = text.utf8
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f }
        guard let first = bytes.first, isLetter(first), !reserved.contains(text) else { return false }
        return bytes.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }
}
