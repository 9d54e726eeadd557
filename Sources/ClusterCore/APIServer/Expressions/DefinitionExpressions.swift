import API
import CEL
import JSON
import Machinery

/// Whether the rules in a CustomResourceDefinition compile.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go`,
///   `ValidateCustomResourceDefinitionOpenAPISchema`.
enum DefinitionExpressions {
    /// What one rule may cost by estimate.
    static let estimatedCostMax: UInt64 = 10_000_000

    /// - Parameter old: Schemas that stand in it already are not judged again; nil for a create.
    static func check(_ definition: JSONValue, old: JSONValue?) -> [FieldError] {
        let versions = definition["spec"]?["versions"]?.array ?? []
        let known = (old?["spec"]?["versions"]?.array ?? []).compactMap { $0["schema"] }
        var places: [(JSONValue, FieldPath)] = []
        if let first = versions.first?["schema"], versions.allSatisfy({ $0["schema"] == first }) {
            places = [(first, FieldPath("spec")("validation"))]
        } else {
            places = versions.enumerated().map {
                ($1["schema"] ?? .null, FieldPath("spec")("versions")[$0]("schema"))
            }
        }
        var errors: [FieldError] = []
        for (schema, path) in places where !known.contains(schema) {
            guard let source = schema["openAPIV3Schema"], source.object != nil,
                let tree = RuleTree.make(StructuralSchema(source))
            else { continue }
            errors += check(tree, path("openAPIV3Schema"), correlation: nil, cardinality: 1)
        }
        return errors
    }

    /// - Parameters:
    ///   - correlation: The list above that does not tell which element was which before; nil: there is none.
    ///   - cardinality: How many values of this schema an object may hold.
    private static func check(
        _ tree: RuleTree, _ path: FieldPath, correlation: FieldPath?, cardinality: UInt64
    ) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, rule) in tree.rules.enumerated() {
            let at = path("x-kubernetes-validations")[index]
            errors += check(rule, tree, at, correlation: correlation, cardinality: cardinality)
        }
        for (index, part) in tree.allOf.enumerated() {
            errors += check(part, path("allOf")[index], correlation: correlation, cardinality: cardinality)
        }
        func inside(_ sizeMax: Int?, _ element: SchemaType?) -> UInt64 {
            let count = sizeMax ?? element.map { CostBound.elementsMax(of: $0) } ?? 1
            return cardinality.multipliedReportingOverflow(by: UInt64(max(1, count))).partialValue
        }
        if let items = tree.items {
            let loses = tree.schema.listType == "map" ? correlation : correlation ?? path
            errors += check(
                items, path("items"), correlation: loses, cardinality: inside(tree.type?.sizeMax, tree.type?.element))
        }
        for name in tree.properties.keys.sorted() {
            guard let property = tree.properties[name] else { continue }
            errors += check(
                property, path("properties").key(name), correlation: correlation, cardinality: cardinality)
        }
        if let additional = tree.additional {
            errors += check(
                additional, path("additionalProperties"), correlation: correlation,
                cardinality: inside(tree.type?.sizeMax, tree.type?.element))
        }
        return errors
    }

    private static func check(
        _ rule: ValidationRule, _ tree: RuleTree, _ path: FieldPath, correlation: FieldPath?, cardinality: UInt64
    ) -> [FieldError] {
        var errors: [FieldError] = []
        if let program = rule.program, let type = tree.type {
            let bound = CostBound.estimate(program, ["self": type, "oldSelf": type])
            let (cost, overflow) = bound.multipliedReportingOverflow(by: cardinality)
            if overflow || cost > estimatedCostMax {
                errors.append(.forbidden(path("rule"), tooExpensive(overflow ? .max : cost)))
            }
        }
        if let problem = rule.problem { errors.append(.invalid(path("rule"), rule.shown, problem)) }
        if let problem = rule.messageProblem { errors.append(.invalid(path("messageExpression"), rule.shown, problem)) }
        let written = rule.source["fieldPath"]?.string ?? ""
        if !written.isEmpty, rule.fieldPath.isEmpty {
            errors.append(
                .invalid(
                    path("fieldPath"), .string(written),
                    written.trimmed.isEmpty ? "fieldPath must be non-empty if specified" : "fieldPath must be a valid path"))
        }
        let text = rule.messageExpression
        if !text.isEmpty, text.trimmed.isEmpty {
            errors.append(.required(path("messageExpression"), "messageExpression must be non-empty if specified"))
        }
        if rule.usesOldSelf, let correlation {
            errors.append(
                .invalid(
                    path("rule"), .string(rule.rule),
                    "oldSelf cannot be used on the uncorrelatable portion of the schema within \(correlation)"))
        } else if rule.program != nil, !rule.usesOldSelf, let flag = rule.source["optionalOldSelf"], flag.bool != nil {
            errors.append(.invalid(path("optionalOldSelf"), flag, "may not be set if oldSelf is not used in rule"))
        }
        return errors
    }

    private static func tooExpensive(_ cost: UInt64) -> String {
        let factor = Double(cost) / Double(estimatedCostMax)
        let tenths = (factor * 10).rounded() / 10
        return
            "estimated rule cost exceeds budget by factor of \(factor > 100 ? "more than 100x" : "\(tenths)x") (try simplifying "
            + "the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    }
}
