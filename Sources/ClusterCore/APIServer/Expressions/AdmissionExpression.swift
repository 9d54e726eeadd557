import API
import CEL
import JSON

/// One expression of a policy or webhook, compiled.
struct AdmissionExpression: Sendable {
    let text: String
    let program: Program?
    /// Why there is no program; empty: there is one.
    let problem: String

    /// - Parameter results: The types that its value may have; empty: any.
    init(_ text: String, in environment: ExpressionEnvironment, results: [CELType]) {
        self.text = text
        do throws(CompilationError) {
            let compiled = try environment.compile(text)
            if results.isEmpty || results.contains(compiled.type) {
                program = compiled
                problem = ""
            } else {
                program = nil
                problem = Self.mismatch(compiled.type, results)
            }
        } catch {
            program = nil
            problem = "compilation failed: \(error)"
        }
    }

    private static func mismatch(_ found: CELType, _ wanted: [CELType]) -> String {
        if wanted.count == 1 { return "must evaluate to \(wanted[0]) but got \(found)" }
        let names = wanted.map { $0 == .null ? "null_type" : $0.description }
        return "must evaluate to one of [\(names.joined(separator: " "))]"
    }

    /// As a finding about the object that holds it.
    func findings(at path: FieldPath) -> [FieldError] { problem.isEmpty ? [] : [.invalid(path, .string(text), problem)] }
}

/// What expressions of one request may cost together.
struct ExpressionBudget {
    /// Of a policy.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/apis/cel/config.go`.
    static let policyMax: Int64 = 10_000_000
    static let conditionsMax: Int64 = policyMax / 4

    static let exhausted = "validation failed due to running out of cost budget, no further validation rules will be run"

    private(set) var left: Int64

    /// False: there is not enough left, and nothing will be.
    mutating func spend(_ cost: UInt64) -> Bool {
        let cost = Int64(clamping: cost)
        guard cost <= left else {
            left = -1
            return false
        }
        left -= cost
        return true
    }
}

/// An expression of an admission step that has no value, in upstream's words.
struct ExpressionFailure: Error, Hashable {
    var message: String
    /// Nothing further may be evaluated.
    var endsBudget = false
}

extension AdmissionExpression {
    /// - Parameter values: Every variable of its environment.
    func evaluate(_ values: AdmissionValues, _ budget: inout ExpressionBudget) throws(ExpressionFailure) -> CELValue {
        guard let program else { throw ExpressionFailure(message: "compilation error: \(problem)") }
        let outcome = program.evaluate(values.variables)
        let lazy = values.takeLazyCost()
        guard budget.spend(lazy), budget.spend(outcome.cost) else {
            throw ExpressionFailure(message: ExpressionBudget.exhausted, endsBudget: true)
        }
        switch outcome.result {
        case .success(let value): return value
        case .failure(let error):
            throw ExpressionFailure(message: "expression '\(text)' resulted in error: \(error)")
        }
    }
}
