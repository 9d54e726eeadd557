import API
import CEL
import JSON
import Machinery

/// Judges one custom object by its rules.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go`.
struct RuleEvaluation {
    /// What all rules of an object may cost together.
    static let budgetMax: Int64 = 10_000_000
    private static let messageBytesMax = 5 * 1024

    private(set) var errors: [FieldError] = []
    /// What is wrong but was so before.
    private(set) var warnings: [String] = []
    private var budget: Int64

    init(budget: Int64 = RuleEvaluation.budgetMax) { self.budget = budget }

    /// What is known of the value before the write.
    private struct Before {
        /// The value that this one replaces, and itself; nil: it cannot be told which one that is.
        var pair: (new: JSONValue, old: JSONValue)?
        /// The same of the nearest value around it.
        var around: (new: JSONValue, old: JSONValue)?

        /// What is as it was is not held against the writer.
        var isUnchanged: Bool {
            if let pair { return pair.new == pair.old }
            if let around { return around.new == around.old }
            return false
        }

        func below(_ new: JSONValue, _ old: JSONValue?) -> Before {
            guard let pair else { return self }
            return Before(pair: old.map { (new, $0) }, around: pair)
        }
    }

    /// - Parameter old: Nil for a create.
    mutating func check(_ object: JSONValue, old: JSONValue?, _ tree: RuleTree) {
        check(object, old: old, tree, FieldPath(), Before(pair: old.map { (object, $0) }))
    }

    private mutating func check(
        _ value: JSONValue, old: JSONValue?, _ tree: RuleTree, _ path: FieldPath, _ before: Before
    ) {
        guard !value.isNull, budget >= 0 else { return }
        for rule in tree.rules where budget >= 0 { check(value, old: old, rule, tree, path, before) }
        for part in tree.allOf where budget >= 0 {
            check(value, old: old, part, path, Before(pair: nil, around: before.around))
        }
        switch value {
        case .array(let values):
            guard let items = tree.items else { return }
            let known = old.flatMap { ListKeys.index($0, tree.schema) }
            for (index, element) in values.enumerated() where budget >= 0 {
                let previous = known.flatMap { table in ListKeys.key(element, tree.schema).flatMap { table[$0] } }
                check(element, old: previous, items, path[index], before.below(element, previous))
            }
        case .object(let object):
            for member in object.members where budget >= 0 {
                let previous = old?[member.key]
                let below = before.below(member.value, previous)
                if let property = tree.properties[member.key] {
                    check(member.value, old: previous, property, path(member.key), below)
                } else if tree.schema.properties[member.key] == nil, let additional = tree.additional {
                    check(member.value, old: previous, additional, path.key(member.key), below)
                }
            }
        default: return
        }
    }

    private mutating func check(
        _ value: JSONValue, old: JSONValue?, _ rule: ValidationRule, _ tree: RuleTree, _ path: FieldPath, _ before: Before
    ) {
        let shown = JSONValue.string(tree.schema.type)
        let place = path.description.isEmpty ? FieldPath("<nil>") : path
        if let problem = rule.problem {
            errors.append(.invalid(place, shown, "rule compile error: \(problem)"))
            return
        }
        guard let program = rule.program else { return }
        let previous = old.flatMap { $0.isNull ? nil : $0 }
        if rule.usesOldSelf, previous == nil, !rule.isOldSelfOptional { return }
        var variables = ["self": CELValue(value, tree.type)]
        let oldSelf = previous.map { CELValue($0, tree.type) }
        if rule.isOldSelfOptional {
            variables["oldSelf"] = .optional(oldSelf)
        } else {
            variables["oldSelf"] = oldSelf
        }
        let outcome = program.evaluate(variables)
        guard spend(outcome.cost) else {
            errors.append(
                .invalid(
                    place, shown,
                    "validation failed due to running out of cost budget, no further validation rules will be run"))
            return
        }
        switch outcome.result {
        case .success(.bool(true)): return
        case .failure(let error): errors.append(.invalid(place, shown, failure(error, rule)))
        case .success:
            let at = rule.fieldPath.isEmpty ? place : path(rule.fieldPath)
            let (text, endsHere) = message(rule, variables)
            let error = endsHere ? .invalid(at, shown, text) : Self.error(rule.reason, at, shown, text)
            if !rule.usesOldSelf, before.isUnchanged {
                warnings.append(error.description)
            } else {
                errors.append(error)
            }
        }
    }

    /// False: there is nothing left.
    private mutating func spend(_ cost: UInt64) -> Bool {
        let cost = Int64(clamping: cost)
        guard cost <= budget else {
            budget = -1
            return false
        }
        budget -= cost
        return true
    }

    private mutating func failure(_ error: EvaluationError, _ rule: ValidationRule) -> String {
        if error.kind == .costExceeded {
            budget = -1
            return "'\(error)': no further validation rules will be run due to call cost exceeds limit for rule: \(rule.label)"
        }
        if error == .noSuchOverload {
            return "'\(error)': call arguments did not match a supported operator, function or macro signature for rule: "
                + rule.label
        }
        return "\(error) evaluating rule: \(rule.label)"
    }

    private static func error(_ reason: String, _ path: FieldPath, _ shown: JSONValue, _ text: String) -> FieldError {
        switch reason {
        case "FieldValueForbidden": .forbidden(path, text)
        case "FieldValueRequired": .required(path, text)
        case "FieldValueDuplicate": .duplicate(path, shown)
        default: .invalid(path, shown, text)
        }
    }

    /// Why the object is refused; `endsHere` when the message itself cost too much.
    private mutating func message(
        _ rule: ValidationRule, _ variables: [String: CELValue]
    ) -> (text: String, endsHere: Bool) {
        let standard = rule.message.isEmpty ? "failed rule: \(rule.rule.trimmed)" : rule.message
        guard let program = rule.messageProgram else { return (standard, false) }
        let outcome = program.evaluate(variables)
        guard spend(outcome.cost) else {
            return (
                "messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run",
                true
            )
        }
        if case .failure(let error) = outcome.result, error.kind == .costExceeded {
            budget = -1
            return (
                "no further validation rules will be run due to call cost exceeds limit for messageExpression: "
                    + JSONWriter.text(.string(rule.messageExpression)), true
            )
        }
        guard case .success(.string(let made)) = outcome.result else { return (standard, false) }
        let text = made.trimmed
        let isFit = !text.isEmpty && text.utf8.count <= Self.messageBytesMax && !text.contains("\n")
        return (isFit ? text : standard, false)
    }
}
