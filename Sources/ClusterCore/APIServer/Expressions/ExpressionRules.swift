import API
import CEL
import JSON
import Machinery
import Synchronization

/// Finds what is wrong with objects by the expressions in them, or in the definition of their kind.
final class ExpressionRules: Sendable {
    /// Rules are compiled once for each schema; schemas beyond this begin anew.
    private static let treesMax = 1000

    private struct Known {
        /// Kept, so that nothing else takes its identity.
        var schema: StructuralSchema
        var tree: RuleTree?
    }

    private let trees = Mutex<[ObjectIdentifier: Known]>([:])
    private static let policyGroup = "admissionregistration.k8s.io"

    private func tree(_ schema: StructuralSchema) -> RuleTree? {
        let id = ObjectIdentifier(schema)
        if let known = trees.withLock({ $0[id] }) { return known.tree }
        let tree = RuleTree.make(schema)
        trees.withLock { trees in
            if trees.count >= Self.treesMax { trees.removeAll() }
            trees[id] = Known(schema: schema, tree: tree)
        }
        return tree
    }

    /// - Parameters:
    ///   - old: Nil for a create.
    ///   - others: What was found already.
    ///   - warn: Told what is wrong but was so before.
    func check(
        _ kind: KindDefinition, _ new: JSONValue, old: JSONValue?, _ part: WritePart, others: [FieldError],
        warn: ([String]) -> Void
    ) -> [FieldError] {
        if let custom = kind.custom, part != .special { return judge(custom, new, old, others, warn) }
        guard part == .whole else { return [] }
        if kind.gvr == CustomKinds.resource {
            return others.isEmpty ? DefinitionExpressions.check(new, old: old) : []
        }
        guard kind.gvr.group == Self.policyGroup else { return [] }
        switch kind.resource {
        case "validatingadmissionpolicies":
            return new["spec"] == old?["spec"] ? [] : ValidatingPolicy(new).findings
        case "mutatingadmissionpolicies":
            return new["spec"] == old?["spec"] ? [] : MutatingPolicy(new).findings
        case "validatingwebhookconfigurations", "mutatingwebhookconfigurations": return Self.webhooks(new, old)
        default: return []
        }
    }

    /// The findings after which upstream does not look at rules at all.
    private static let blocking: Set<FieldError.Reason> = [.required, .tooLong, .tooMany, .typeInvalid]

    private func judge(
        _ custom: CustomResourceRules, _ new: JSONValue, _ old: JSONValue?, _ others: [FieldError],
        _ warn: ([String]) -> Void
    ) -> [FieldError] {
        guard let tree = tree(custom.schema) else { return [] }
        guard !others.contains(where: { Self.blocking.contains($0.reason) }) else {
            return [
                .invalid(
                    FieldPath("<nil>"), .some(.null),
                    "some validation rules were not checked because the object was invalid; correct the existing errors to "
                        + "complete validation")
            ]
        }
        var evaluation = RuleEvaluation()
        evaluation.check(new, old: old, tree)
        if !evaluation.warnings.isEmpty { warn(evaluation.warnings) }
        return evaluation.errors
    }

    /// Conditions that stand in the old object already are not judged again.
    private static func webhooks(_ new: JSONValue, _ old: JSONValue?) -> [FieldError] {
        var known: Set<JSONValue> = []
        for hook in old?["webhooks"]?.array ?? [] {
            for condition in hook["matchConditions"]?.array ?? [] { known.insert(condition) }
        }
        var errors: [FieldError] = []
        for (index, hook) in (new["webhooks"]?.array ?? []).enumerated() {
            let written = hook["matchConditions"]?.array ?? []
            guard written.contains(where: { !known.contains($0) }) else { continue }
            let conditions = MatchConditions(written, in: AdmissionHook.environment)
            errors += conditions.findings(FieldPath("webhooks")[index]("matchConditions"))
        }
        return errors
    }
}

extension ObjectRegistry {
    func expressionErrors(
        _ kind: KindDefinition, _ new: JSONValue, old: JSONValue?, _ part: WritePart, others: [FieldError],
        _ options: WriteOptions
    ) -> [FieldError] {
        expressions.check(kind, new, old: old, part, others: others) { options.warnings.add($0) }
    }
}
