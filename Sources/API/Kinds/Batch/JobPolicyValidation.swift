import JSON

/// Which failures of pods count.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/batch/validation/validation.go`, `validatePodFailurePolicy`.
enum PodFailurePolicyValidation {
    private static let rulesMax = 20
    private static let exitCodesMax = 255
    private static let patternsMax = 20
    private static let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
    private static let operators = ["In", "NotIn"]

    static func validate(_ policy: JSONValue, _ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let rules = policy.elements("rules")
        var errors: [FieldError] = []
        if rules.count > rulesMax { errors.append(.tooMany(path("rules"), count: rules.count, max: rulesMax)) }
        let pod = spec["template"]?["spec"]
        let containers = Set(
            (pod?.elements("containers") ?? []).map { $0.text("name") }
                + (pod?.elements("initContainers") ?? []).map { $0.text("name") })
        for (index, rule) in rules.enumerated() {
            errors += self.rule(rule, spec, path("rules")[index], containers)
        }
        return errors
    }

    /// `valid values: ["A" "B"]`, as Go prints a list of quoted words.
    private static func values(_ list: [String]) -> String {
        "valid values: [" + list.map { "\"\($0)\"" }.joined(separator: " ") + "]"
    }

    private static func rule(
        _ rule: JSONValue, _ spec: JSONValue, _ path: FieldPath, _ containers: Set<String>
    ) -> [FieldError] {
        var errors: [FieldError] = []
        let action = rule.text("action")
        if action.isEmpty {
            errors.append(.required(path("action"), values(actions)))
        } else if action == "FailIndex" {
            if !spec.has("backoffLimitPerIndex") {
                errors.append(
                    .invalid(path("action"), .string(action), "requires the backoffLimitPerIndex to be set"))
            }
        } else if !actions.contains(action) {
            errors.append(FieldError.notSupported(path("action"), .string(action), inOrder: actions))
        }
        let conditions = rule.elements("onPodConditions")
        let codes = rule["onExitCodes"] ?? .null
        if !codes.isNull { errors += exitCodes(codes, path("onExitCodes"), containers) }
        if !conditions.isEmpty { errors += podConditions(conditions, path("onPodConditions")) }
        switch (codes.isNull, conditions.isEmpty) {
        case (false, false):
            errors.append(FieldError(.invalid, path, "specifying both OnExitCodes and OnPodConditions is not supported"))
        case (true, true):
            errors.append(FieldError(.invalid, path, "specifying one of OnExitCodes and OnPodConditions is required"))
        default: break
        }
        return errors
    }

    private static func podConditions(_ patterns: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if patterns.count > patternsMax { errors.append(.tooMany(path, count: patterns.count, max: patternsMax)) }
        for (index, pattern) in patterns.enumerated() {
            let at = path[index]
            errors += FieldCheck.invalid(at("type"), pattern.text("type"), NameValidation.qualifiedName(pattern.text("type")))
            let status = pattern.text("status")
            if status.isEmpty {
                errors.append(.required(at("status"), values(ConditionChecks.statuses)))
            } else if !ConditionChecks.statuses.contains(status) {
                errors.append(FieldError.notSupported(at("status"), .string(status), inOrder: ConditionChecks.statuses))
            }
        }
        return errors
    }

    private static func exitCodes(_ codes: JSONValue, _ path: FieldPath, _ containers: Set<String>) -> [FieldError] {
        var errors: [FieldError] = []
        let operation = codes.text("operator")
        if operation.isEmpty {
            errors.append(.required(path("operator"), values(operators)))
        } else if !operators.contains(operation) {
            errors.append(FieldError.notSupported(path("operator"), .string(operation), inOrder: operators))
        }
        if let name = codes["containerName"]?.string, !containers.contains(name) {
            errors.append(
                .invalid(
                    path("containerName"), .string(name),
                    "must be one of the container or initContainer names in the pod template"))
        }
        let listed = codes.elements("values")
        if listed.isEmpty {
            errors.append(.invalid(path("values"), codes["values"] ?? .null, "at least one value is required"))
        } else if listed.count > exitCodesMax {
            errors.append(.tooMany(path("values"), count: listed.count, max: exitCodesMax))
        }
        let numbers = listed.map { $0.int ?? 0 }
        var seen: Set<Int64> = []
        for (index, number) in numbers.enumerated() {
            let at = path("values")[index]
            if operation == "In", number == 0 {
                errors.append(.invalid(at, .int(number), "must not be 0 for the In operator"))
            }
            if !seen.insert(number).inserted { errors.append(.duplicate(at, .int(number))) }
        }
        if zip(numbers, numbers.dropFirst()).contains(where: { $0 > $1 }) {
            errors.append(.invalid(path("values"), .array(listed), "must be ordered"))
        }
        return errors
    }
}

/// When an indexed job counts as done early.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/batch/validation/validation.go`, `validateSuccessPolicy`.
enum SuccessPolicyValidation {
    private static let rulesMax = 20
    private static let indexesBytesMax = 64 * 1024

    static func validate(_ policy: JSONValue, _ spec: JSONValue, _ path: FieldPath) -> [FieldError] {
        let rules = policy.elements("rules")
        var errors: [FieldError] = []
        if rules.isEmpty {
            errors.append(
                .required(path("rules"), "at least one rules must be specified when the successPolicy is specified"))
        }
        if rules.count > rulesMax { errors.append(.tooMany(path("rules"), count: rules.count, max: rulesMax)) }
        for (index, rule) in rules.enumerated() {
            errors += self.rule(rule, completions: spec["completions"]?.int ?? 0, path("rules")[index])
        }
        return errors
    }

    private static func rule(_ rule: JSONValue, completions: Int64, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if !rule.has("succeededCount"), !rule.has("succeededIndexes") {
            errors.append(.required(path, "at least one of succeededCount or succeededIndexes must be specified"))
        }
        var total: Int64 = 0
        if let indexes = rule["succeededIndexes"]?.string {
            let at = path("succeededIndexes")
            if indexes.utf8.count > indexesBytesMax { errors.append(.tooLong(at, bytesMax: indexesBytesMax)) }
            do throws(JobIndexes.Problem) {
                total = try JobIndexes(parsing: indexes, completions: completions).count
            } catch {
                errors.append(.invalid(at, .string(indexes), "error parsing succeededIndexes: \(error)"))
            }
        }
        guard let count = rule["succeededCount"]?.int else { return errors }
        let at = path("succeededCount")
        errors += FieldCheck.nonNegative(rule, ["succeededCount"], path)
        if count > completions {
            errors.append(
                .invalid(
                    at, .int(count), "must be less than or equal to \(completions) (the number of specified completions)"))
        }
        if rule.has("succeededIndexes"), count > total {
            errors.append(
                .invalid(
                    at, .int(count),
                    "must be less than or equal to \(total) (the number of indexes in the specified succeededIndexes field)"))
        }
        return errors
    }
}

/// Indexes of an indexed job as text: `0,2-4,7`.
package struct JobIndexes: Hashable, Sendable {
    /// Why a text is no such list, in upstream's words.
    package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// In rising order; none touches the next.
    package var intervals: [ClosedRange<Int64>] = []

    package var count: Int64 { intervals.reduce(0) { $0 + $1.upperBound - $1.lowerBound + 1 } }

    /// - Parameter completions: Every index is below it.
    package init(parsing text: String, completions: Int64) throws(Problem) {
        if text.isEmpty { return }
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let interval = try Self.interval(String(part), completions)
            if let last = intervals.last?.upperBound, last >= interval.lowerBound {
                throw Problem(
                    description: "non-increasing order, previous: \(last), current: \(interval.lowerBound)")
            }
            intervals.append(interval)
        }
    }

    private static func interval(_ text: String, _ completions: Int64) throws(Problem) -> ClosedRange<Int64> {
        let limits = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard limits.count <= 2 else {
            throw Problem(
                description: "the fragment \"\(text)\" violates the requirement that an index interval can have at most two "
                    + "parts separated by '-'")
        }
        let first = try index(limits[0], completions)
        guard limits.count == 2 else { return first...first }
        let last = try index(limits[1], completions)
        guard first < last else {
            throw Problem(description: "non-increasing order, previous: \(first), current: \(last)")
        }
        return first...last
    }

    private static func index(_ text: String, _ completions: Int64) throws(Problem) -> Int64 {
        guard let number = Int64(text) else {
            throw Problem(description: "cannot convert string to integer for index: \"\(text)\"")
        }
        guard number < completions else { throw Problem(description: "too large index: \"\(text)\"") }
        return number
    }

    /// The first index that both hold.
    package func firstShared(with other: JobIndexes) -> Int64? {
        for one in intervals {
            for two in other.intervals where one.overlaps(two) { return max(one.lowerBound, two.lowerBound) }
        }
        return nil
    }
}
