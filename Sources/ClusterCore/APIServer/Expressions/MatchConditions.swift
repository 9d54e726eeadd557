import API
import CEL
import JSON

/// `matchConditions`: whether a webhook or policy has anything to say to a request.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go`.
struct MatchConditions: Sendable {
    enum Outcome: Hashable {
        case matches
        case differs
        /// Nobody can tell, in upstream's words.
        case failed(String)
    }

    let expressions: [AdmissionExpression]

    init(_ conditions: [JSONValue], in environment: ExpressionEnvironment) {
        expressions = conditions.map {
            AdmissionExpression($0["expression"]?.string ?? "", in: environment, results: [.bool])
        }
    }

    var isEmpty: Bool { expressions.isEmpty }

    /// One condition that is false settles it, whatever became of the others.
    func outcome(_ values: AdmissionValues) -> Outcome {
        var budget = ExpressionBudget(left: ExpressionBudget.conditionsMax)
        var failures: [String] = []
        for expression in expressions {
            do throws(ExpressionFailure) {
                if case .bool(false) = try expression.evaluate(values, &budget) { return .differs }
            } catch {
                failures.append(error.message)
                if error.endsBudget { return .failed(error.message) }
            }
        }
        switch failures.count {
        case 0: return .matches
        case 1: return .failed(failures[0])
        default: return .failed("[\(failures.joined(separator: ", "))]")
        }
    }

    /// What is wrong with the conditions at `path`.
    func findings(_ path: FieldPath) -> [FieldError] {
        expressions.enumerated().flatMap { $1.findings(at: path[$0]("expression")) }
    }
}
