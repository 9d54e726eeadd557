import API
import CEL
import JSON
import Machinery

/// The rules of a schema and of everything below it, compiled.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`, `Validator`.
final class RuleTree: Sendable {
    let rules: [ValidationRule]
    let schema: StructuralSchema
    let type: SchemaType?
    let items: RuleTree?
    let properties: [String: RuleTree]
    let additional: RuleTree?
    let allOf: [RuleTree]

    /// Nil: there are no rules at all.
    static func make(_ schema: StructuralSchema) -> RuleTree? {
        guard hasRules(schema) else { return nil }
        let type = schema.expressionType(isResource: true, name: "selfType")
        return RuleTree(schema, node: schema, type: type, isResource: true)
    }

    private static func hasRules(_ schema: StructuralSchema) -> Bool {
        if !(schema.source["x-kubernetes-validations"]?.array ?? []).isEmpty { return true }
        if let items = schema.items, hasRules(items) { return true }
        if let additional = schema.additionalSchema, hasRules(additional) { return true }
        return schema.properties.values.contains(where: hasRules) || schema.allOf.contains(where: hasRules)
    }

    /// - Parameters:
    ///   - schema: Where the rules stand: the node, or a part of its `allOf`.
    ///   - node: What tells the type.
    private init?(_ schema: StructuralSchema, node: StructuralSchema, type: SchemaType?, isResource: Bool) {
        self.schema = node
        self.type = type
        rules = (schema.source["x-kubernetes-validations"]?.array ?? []).map { ValidationRule($0, node, type) }
        items = Self.below(schema.items, node.items, type?.element)
        additional = Self.below(schema.additionalSchema, node.additionalSchema, type?.element)
        var properties: [String: RuleTree] = [:]
        for (name, property) in schema.properties {
            guard let inner = node.properties[name], Self.hasRules(property) else { continue }
            let known = FieldName.escape(name).flatMap { type?.fields[$0]?.type }
            let type = known ?? inner.expressionType(isResource: inner.isEmbedded, name: "selfType." + name)
            if let tree = Self.below(property, inner, type) { properties[name] = tree }
        }
        self.properties = properties
        allOf = schema.allOf.compactMap { part in
            Self.hasRules(part) ? RuleTree(part, node: node, type: type, isResource: isResource) : nil
        }
        if rules.isEmpty, items == nil, additional == nil, properties.isEmpty, allOf.isEmpty { return nil }
    }

    private static func below(_ schema: StructuralSchema?, _ node: StructuralSchema?, _ type: SchemaType?) -> RuleTree? {
        guard let schema, let node, hasRules(schema) else { return nil }
        return RuleTree(schema, node: node, type: type, isResource: node.isEmbedded)
    }
}
