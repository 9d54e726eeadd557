/// What came of one evaluation.
package struct EvaluationOutcome: Sendable {
    package var result: Result<CELValue, EvaluationError>
    /// Units of work, as upstream counts them.
    package var cost: UInt64
}

extension Program {
    /// The most that one evaluation may cost.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/apis/cel/config.go`, `PerCallLimit`.
    package static let callCostMax: UInt64 = 1_000_000

    /// - Parameter variables: By name; a name that the environment declared and that is missing here is an error where it is used.
    package func evaluate(_ variables: [String: CELValue], costMax: UInt64 = Program.callCostMax) -> EvaluationOutcome {
        let evaluator = Evaluator(variables: variables, typeNames: typeNames, variableNames: variableNames, costMax: costMax)
        do throws(EvaluationError) {
            let value = try evaluator.value(root)
            return EvaluationOutcome(result: .success(value), cost: evaluator.cost)
        } catch {
            return EvaluationOutcome(result: .failure(error), cost: evaluator.cost)
        }
    }
}
