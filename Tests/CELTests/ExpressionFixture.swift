import JSON

@testable import CEL

/// Compiles and evaluates expressions for tables.
enum ExpressionFixture {
    /// `object` and whatever else is not known beforehand.
    static let loose = ExpressionEnvironment(["object": .dyn, "other": .dyn])

    static let object: JSONValue = [
        "name": "web", "replicas": 3, "ratio": 0.5, "labels": ["app": "a", "tier": "b"], "ports": [80, 443], "none": nil,
        "items": [["name": "x", "n": 1], ["name": "y", "n": 2]], "a-b": 1,
    ]

    /// The value as text, `error: ...`, or `invalid: ...` when it does not compile.
    static func show(_ text: String, _ environment: ExpressionEnvironment = loose) -> String {
        do throws(CompilationError) {
            let program = try environment.compile(text)
            return show(program.evaluate(["object": CELValue(object)]).result)
        } catch {
            return "invalid: " + error.issues.map(\.message).joined(separator: "; ")
        }
    }

    static func show(_ result: Result<CELValue, EvaluationError>) -> String {
        switch result {
        case .success(let value): show(value)
        case .failure(let error): "error: \(error)"
        }
    }

    static func show(_ value: CELValue) -> String {
        switch value {
        case .string(let text): "\"\(text)\""
        case .uint(let number): "\(number)u"
        case .double(let number):
            number == number.rounded() && abs(number) < 1e15 ? "\(CELText.double(number)).0" : CELText.double(number)
        case .bytes(let bytes): "b\(bytes)"
        case .list(let list): "[\(list.values.map(show).joined(separator: ", "))]"
        case .map(let map):
            "{\(map.keys.map { "\(show($0)): \(show(((try? map.value($0)) ?? nil) ?? .null))" }.joined(separator: ", "))}"
        case .optional(let held): held.map { "some(\(show($0)))" } ?? "none"
        default: CELText.plain(value)
        }
    }
}
