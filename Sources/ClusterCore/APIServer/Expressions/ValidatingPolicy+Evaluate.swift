import API
import CEL
import JSON

/// What a policy says to one request, with one set of parameters.
struct PolicyVerdict: Sendable {
    struct Denial: Hashable, Sendable {
        /// Of the validation; nil: of the policy as a whole.
        var index: Int
        var message: String
        /// `Invalid`, `Forbidden`, ...; empty where an expression had no value.
        var reason: String
    }

    var denials: [Denial] = []
    /// Values for the audit log.
    var annotations: [(key: String, value: String)] = []
    /// Annotations that could not be made: a refusal, whatever the binding's actions are.
    var annotationFailures: [String] = []
}

extension ValidatingPolicy {
    private static let messageBytesMax = 5 * 1024
    private static let annotationBytesMax = 10 * 1024

    /// - Parameter values: Without `variables`.
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy/validating/validator.go`.
    func verdict(_ values: AdmissionValues) -> PolicyVerdict {
        var verdict = PolicyVerdict()
        func fail(_ index: Int, _ message: String) {
            if !ignoresFailures { verdict.denials.append(.init(index: index, message: message, reason: "")) }
        }
        switch conditions.outcome(values) {
        case .matches: break
        case .differs: return verdict
        case .failed(let message):
            // The policy for failures has been asked: what does not match is none of its business.
            fail(0, message)
            return verdict
        }
        var values = values
        values.define(variables)
        var budget = ExpressionBudget(left: ExpressionBudget.policyMax)
        for (index, validation) in validations.enumerated() {
            do throws(ExpressionFailure) {
                if case .bool(true) = try validation.expression.evaluate(values, &budget) { continue }
                let message = self.message(of: validation, values, &budget)
                verdict.denials.append(
                    .init(index: index, message: message, reason: validation.reason.isEmpty ? "Invalid" : validation.reason))
            } catch {
                fail(index, error.message)
                if error.endsBudget { return verdict }
            }
        }
        annotate(&verdict, values)
        return verdict
    }

    private func message(
        of validation: Validation, _ values: AdmissionValues, _ budget: inout ExpressionBudget
    ) -> String {
        if let expression = validation.messageExpression,
            case .string(let text)? = try? expression.evaluate(values.withoutAuthorizer, &budget)
        {
            let text = text.trimmed
            if !text.isEmpty, text.utf8.count <= Self.messageBytesMax, !text.contains("\n") { return text }
        }
        if !validation.message.isEmpty { return validation.message }
        return "failed expression: \(validation.expression.text.trimmed)"
    }

    private func annotate(_ verdict: inout PolicyVerdict, _ values: AdmissionValues) {
        var budget = ExpressionBudget(left: ExpressionBudget.policyMax)
        for annotation in annotations {
            do throws(ExpressionFailure) {
                guard case .string(let text) = try annotation.expression.evaluate(values, &budget) else { continue }
                let value = text.trimmed
                if !value.isEmpty {
                    verdict.annotations.append(
                        (annotation.key, String(decoding: value.utf8.prefix(Self.annotationBytesMax), as: UTF8.self)))
                }
            } catch {
                if !ignoresFailures { verdict.annotationFailures.append(error.message) }
            }
        }
    }
}
