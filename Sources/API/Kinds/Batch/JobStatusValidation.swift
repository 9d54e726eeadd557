import JSON

/// Which changes of a job's status are plausible: other controllers than ours may write it.
///
/// A rule is asked only when the fields it is about change, so that a status that broke it before can still be mended.
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/batch/validation/validation.go` (`validateJobStatus`, `ValidateJobStatusUpdate`),
///   `pkg/registry/batch/job/strategy.go` (`getStatusValidationOptions`).
struct JobStatusValidation {
    private let path = FieldPath("status")
    private let spec: JSONValue
    private let now: JSONValue
    private let was: JSONValue
    private let new: JSONValue
    private let old: JSONValue
    private let isIndexed: Bool

    init(new: JSONValue, old: JSONValue) {
        self.new = new
        self.old = old
        spec = new["spec"] ?? [:]
        now = new["status"] ?? [:]
        was = old["status"] ?? [:]
        isIndexed = JobValidation.isIndexed(new["spec"])
    }

    var errors: [FieldError] {
        FieldCheck.nonNegative(now, ["active", "succeeded", "failed", "ready", "terminating"], path)
            + uncounted + conditions + completionTime + finished + indexes + counters + transitions
    }

    private func isTrue(_ type: String) -> Bool { ConditionChecks.isTrue(new, type) }
    private func wasTrue(_ type: String) -> Bool { ConditionChecks.isTrue(old, type) }
    private func changed(_ type: String) -> Bool { isTrue(type) != wasTrue(type) }
    private func differs(_ field: String) -> Bool { (now[field] ?? .null) != (was[field] ?? .null) }
    private var isFinished: Bool { isTrue("Complete") || isTrue("Failed") }
    private var finishChanged: Bool { isFinished != (wasTrue("Complete") || wasTrue("Failed")) }

    private func refuse(_ field: String, _ detail: String) -> FieldError { FieldError(.invalid, path(field), detail) }

    private var uncounted: [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for list in ["succeeded", "failed"] {
            for (index, value) in (now["uncountedTerminatedPods"]?.elements(list) ?? []).enumerated() {
                let at = path("uncountedTerminatedPods")(list)[index]
                let uid = value.string ?? ""
                if uid.isEmpty {
                    errors.append(.invalid(at, "", "must not be empty"))
                } else if !seen.insert(uid).inserted {
                    errors.append(.duplicate(at, value))
                }
            }
        }
        return errors
    }

    private var conditions: [FieldError] {
        var errors: [FieldError] = []
        if changed("Complete") || changed("Failed"), isTrue("Complete"), isTrue("Failed") {
            errors.append(refuse("conditions", "cannot set Complete=True and Failed=true conditions"))
        }
        if changed("Complete") || changed("FailureTarget"), isTrue("Complete"), isTrue("FailureTarget") {
            errors.append(refuse("conditions", "cannot set Complete=True and FailureTarget=true conditions"))
        }
        if changed("Failed"), isTrue("Failed"), !isTrue("FailureTarget") {
            errors.append(refuse("conditions", "cannot set Failed=True condition without the FailureTarget=true condition"))
        }
        if changed("Complete"), isTrue("Complete"), !isTrue("SuccessCriteriaMet") {
            errors.append(
                refuse("conditions", "cannot set Complete=True condition without the SuccessCriteriaMet=true condition"))
        }
        if isTrue("SuccessCriteriaMet"), isTrue("Failed") {
            errors.append(refuse("conditions", "cannot set SuccessCriteriaMet=True and Failed=true conditions"))
        }
        if isTrue("SuccessCriteriaMet"), isTrue("FailureTarget") {
            errors.append(refuse("conditions", "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions"))
        }
        if spec.has("successPolicy"), !isTrue("SuccessCriteriaMet"), isTrue("Complete") {
            errors.append(
                refuse(
                    "conditions", "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True"))
        }
        return errors
    }

    private var completionTime: [FieldError] {
        var errors: [FieldError] = []
        let (start, end) = (now["startTime"]?.string, now["completionTime"]?.string)
        if changed("Complete") || differs("completionTime") {
            if let end, !isTrue("Complete") {
                errors.append(
                    .invalid(
                        path("completionTime"), .string(end),
                        "cannot set completionTime when there is no Complete=True condition"))
            }
            if end == nil, isTrue("Complete") {
                errors.append(.required(path("completionTime"), "completionTime is required for Complete jobs"))
            }
        }
        if differs("startTime") || differs("completionTime"), let start, let end,
            let from = Timestamp(parsing: start), let to = Timestamp(parsing: end), to < from
        {
            errors.append(
                .invalid(path("completionTime"), .string(end), "must be equal to or after `startTime`"))
        }
        return errors
    }

    private var finished: [FieldError] {
        guard isFinished else { return [] }
        var errors: [FieldError] = []
        let active = now["active"]?.int ?? 0
        if finishChanged || differs("active"), active > 0 {
            errors.append(.invalid(path("active"), .int(active), "active>0 is invalid for finished job"))
        }
        if finishChanged || differs("startTime"), !now.has("startTime") {
            errors.append(.required(path("startTime"), "startTime is required for finished job"))
        }
        if finishChanged || differs("uncountedTerminatedPods"), let uncounted = now["uncountedTerminatedPods"],
            !(uncounted.elements("failed") + uncounted.elements("succeeded")).isEmpty
        {
            errors.append(.invalid(path("uncountedTerminatedPods"), uncounted, "must be empty for finished job"))
        }
        let terminating = now["terminating"]?.int ?? 0
        if finishChanged || differs("terminating"), terminating > 0 {
            errors.append(.invalid(path("terminating"), .int(terminating), "terminating>0 is invalid for finished job"))
        }
        return errors
    }

    private var indexes: [FieldError] {
        var errors: [FieldError] = []
        let total = spec["completions"]?.int
        let done = now.text("completedIndexes")
        let lost = now["failedIndexes"]?.string
        func parse(_ field: String, _ text: String) -> JobIndexes? {
            guard let total else { return nil }
            do throws(JobIndexes.Problem) {
                return try JobIndexes(parsing: text, completions: total)
            } catch {
                if differs(field) {
                    errors.append(.invalid(path(field), .string(text), "error parsing \(field): \(error)"))
                }
                return nil
            }
        }
        let completed = parse("completedIndexes", done)
        let failed = spec.has("backoffLimitPerIndex") ? lost.flatMap { parse("failedIndexes", $0) } : nil
        if differs("completedIndexes"), !done.isEmpty, !isIndexed {
            errors.append(
                .invalid(
                    path("completedIndexes"), .string(done),
                    "cannot set non-empty completedIndexes when non-indexed completion mode"))
        }
        guard let lost else { return errors }
        if differs("failedIndexes"), !spec.has("backoffLimitPerIndex") {
            errors.append(
                .invalid(
                    path("failedIndexes"), .string(lost),
                    "cannot set non-null failedIndexes when backoffLimitPerIndex is null"))
        }
        if differs("failedIndexes") || differs("completedIndexes"), let completed, let failed,
            let shared = completed.firstShared(with: failed)
        {
            errors.append(
                .invalid(
                    path("failedIndexes"), .string(lost),
                    "failedIndexes and completedIndexes overlap at index: \(shared)"))
        }
        return errors
    }

    private var counters: [FieldError] {
        var errors: [FieldError] = []
        let (ready, active) = (now["ready"]?.int ?? 0, now["active"]?.int ?? 0)
        if differs("ready") || differs("active"), ready > active {
            errors.append(.invalid(path("ready"), .int(ready), "cannot set more ready pods than active"))
        }
        func fell(_ field: String) -> Bool { (now[field]?.int ?? 0) < (was[field]?.int ?? 0) }
        if fell("failed") {
            errors.append(.invalid(path("failed"), .int(now["failed"]?.int ?? 0), "cannot decrease the failed counter"))
        }
        let mayShrink = isIndexed && spec["completions"]?.int == spec["parallelism"]?.int
        if fell("succeeded"), !mayShrink {
            errors.append(
                .invalid(path("succeeded"), .int(now["succeeded"]?.int ?? 0), "cannot decrease the succeeded counter"))
        }
        return errors
    }

    private var transitions: [FieldError] {
        var errors: [FieldError] = []
        for type in ["Failed", "Complete", "FailureTarget"] where wasTrue(type) && !isTrue(type) {
            errors.append(refuse("conditions", "cannot disable the terminal \(type)=True condition"))
        }
        if now.has("completionTime"), was.has("completionTime"), differs("completionTime") {
            errors.append(.invalid(path("completionTime"), now["completionTime"], FieldCheck.immutable))
        }
        if was.has("startTime"), differs("startTime"), !(spec["suspend"]?.bool ?? false) {
            errors.append(.required(path("startTime"), "startTime cannot be removed for unsuspended job"))
        }
        if wasTrue("SuccessCriteriaMet"), !isTrue("SuccessCriteriaMet") {
            errors.append(refuse("conditions", "cannot disable the SuccessCriteriaMet=True condition"))
        }
        if wasTrue("Complete"), !wasTrue("SuccessCriteriaMet"), isTrue("SuccessCriteriaMet") {
            errors.append(
                refuse(
                    "conditions", "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions"))
        }
        return errors
    }
}
