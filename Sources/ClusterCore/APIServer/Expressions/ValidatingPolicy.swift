import API
import CEL
import JSON

/// A ValidatingAdmissionPolicy, its expressions compiled. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy/validating/plugin.go`, `compilePolicy`.
struct ValidatingPolicy: Sendable {
    struct Validation: Sendable {
        var expression: AdmissionExpression
        var message: String
        var messageExpression: AdmissionExpression?
        /// Empty: `Invalid`.
        var reason: String
    }

    struct AuditAnnotation: Sendable {
        var key: String
        var expression: AdmissionExpression
    }

    let name: String
    let match: PolicyMatch
    let paramKind: JSONValue?
    /// What cannot be evaluated lets the request pass.
    let ignoresFailures: Bool
    let conditions: MatchConditions
    let variables: [PolicyVariables.Definition]
    let validations: [Validation]
    let annotations: [AuditAnnotation]

    /// - Parameters:
    ///   - object: The type of `object`; what is not known beforehand is found out by evaluating.
    ///   - params: Of `params`, where the policy has them.
    init(_ json: JSONValue, object: SchemaType = .dyn, params: SchemaType = .dyn) {
        let spec = json["spec"] ?? [:]
        name = json["metadata"]?["name"]?.string ?? ""
        match = PolicyMatch(spec["matchConstraints"])
        paramKind = spec["paramKind"].flatMap { $0.object == nil ? nil : $0 }
        ignoresFailures = spec["failurePolicy"]?.string == "Ignore"
        var environment = AdmissionEnvironment.make(
            params: paramKind == nil ? nil : params, authorizer: true, object: object)
        var quiet = AdmissionEnvironment.make(
            params: paramKind == nil ? nil : params, authorizer: false, object: object)
        conditions = MatchConditions(spec["matchConditions"]?.array ?? [], in: environment)
        variables = PolicyVariables.compile(spec["variables"]?.array ?? [], in: &environment)
        if !variables.isEmpty { quiet = quiet.adding("variables", environment.variables["variables"] ?? .dyn) }
        validations = (spec["validations"]?.array ?? []).map { [environment, quiet] json in
            let text = json["messageExpression"]?.string ?? ""
            return Validation(
                expression: AdmissionExpression(json["expression"]?.string ?? "", in: environment, results: [.bool]),
                message: (json["message"]?.string ?? "").trimmed,
                messageExpression: text.isEmpty ? nil : AdmissionExpression(text, in: quiet, results: [.string]),
                reason: json["reason"]?.string ?? "")
        }
        annotations = (spec["auditAnnotations"]?.array ?? []).map { [environment] json in
            AuditAnnotation(
                key: json["key"]?.string ?? "",
                expression: AdmissionExpression(
                    json["valueExpression"]?.string ?? "", in: environment, results: [.string, .null]))
        }
    }

    /// What is wrong with its expressions.
    var findings: [FieldError] {
        let path = FieldPath("spec")
        var errors = conditions.findings(path("matchConditions")) + PolicyVariables.findings(variables, path)
        for (index, validation) in validations.enumerated() {
            let at = path("validations")[index]
            errors += validation.expression.findings(at: at("expression"))
            errors += validation.messageExpression?.findings(at: at("messageExpression")) ?? []
        }
        for (index, annotation) in annotations.enumerated() {
            errors += annotation.expression.findings(at: path("auditAnnotations")[index]("valueExpression"))
        }
        return errors
    }
}

extension PolicyVariables {
    /// Compiles variables one after the other: each may refer to those before it.
    static func compile(_ list: [JSONValue], in environment: inout ExpressionEnvironment) -> [Definition] {
        guard !list.isEmpty else { return [] }
        var definitions: [Definition] = []
        var fields: [SchemaType.Field] = []
        environment = environment.adding("variables", .object(Self.typeName, fields))
        for json in list {
            let name = json["name"]?.string ?? ""
            let expression = AdmissionExpression(json["expression"]?.string ?? "", in: environment, results: [])
            definitions.append(Definition(name: name, expression: expression))
            fields.append(.init(name, environment.schema(of: expression.program?.type ?? .dyn)))
            environment = environment.adding("variables", .object(Self.typeName, fields))
        }
        return definitions
    }

    private static let typeName = "kubernetes.variables"

    static func findings(_ definitions: [Definition], _ path: FieldPath) -> [FieldError] {
        definitions.enumerated().flatMap { $1.expression.findings(at: path("variables")[$0]("expression")) }
    }
}
