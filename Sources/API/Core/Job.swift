package import JSON

/// Pods that run until enough of them have succeeded.
package struct Job: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "batch", version: "v1", resource: "jobs")
    package static let kind = "Job"
    package static let isNamespaced = true

    package static let completionIndexAnnotation = "batch.kubernetes.io/job-completion-index"
    package static let trackingFinalizer = "batch.kubernetes.io/job-tracking"

    package struct Status: Hashable, Sendable {
        package var active = 0
        package var ready: Int?
        package var terminating: Int?
        package var succeeded = 0
        package var failed = 0
        /// Finished pods whose finalizer is not gone yet, by uid.
        package var uncountedSucceeded: [String] = []
        package var uncountedFailed: [String] = []
        /// `0-2,5`: indexes, not pods.
        package var completedIndexes = ""
        package var failedIndexes: String?
        package var startTime: Timestamp?
        package var completionTime: Timestamp?
        package var conditions: [Condition] = []

        package init() {}
    }

    package var metadata: ObjectMeta
    package var parallelism: Int
    /// Nil: any one success is enough, and then no more pods are made.
    package var completions: Int?
    package var backoffLimit: Int
    package var backoffLimitPerIndex: Int?
    package var maxFailedIndexes: Int?
    package var activeDeadlineSeconds: Int64?
    package var ttlSecondsAfterFinished: Int64?
    package var isIndexed: Bool
    package var suspend: Bool
    /// Empty: the Job controller of the cluster.
    package var managedBy: String
    /// `TerminatingOrFailed` or `Failed`.
    package var podReplacementPolicy: String
    package var podFailureRules: [JSONValue]
    package var successRules: [JSONValue]
    package var selector: LabelSelector
    /// `spec.template` as stored.
    package var template: JSONValue
    package var status: Status

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        func number(_ name: String) -> Int? { spec[name]?.int.map { Int(clamping: $0) } }
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        parallelism = number("parallelism") ?? 1
        completions = number("completions")
        backoffLimit = number("backoffLimit") ?? 6
        backoffLimitPerIndex = number("backoffLimitPerIndex")
        maxFailedIndexes = number("maxFailedIndexes")
        activeDeadlineSeconds = spec["activeDeadlineSeconds"]?.int
        ttlSecondsAfterFinished = spec["ttlSecondsAfterFinished"]?.int
        isIndexed = spec["completionMode"]?.string == "Indexed"
        suspend = spec["suspend"]?.bool ?? false
        managedBy = spec["managedBy"]?.string ?? ""
        podFailureRules = spec["podFailurePolicy"]?["rules"]?.array ?? []
        podReplacementPolicy =
            spec["podReplacementPolicy"]?.string ?? (podFailureRules.isEmpty ? "TerminatingOrFailed" : "Failed")
        successRules = spec["successPolicy"]?["rules"]?.array ?? []
        selector = LabelSelector(json: spec["selector"])
        template = spec["template"] ?? [:]
        status = Status(json: json["status"] ?? [:])
    }

    /// The condition that says how the Job ended; nil while it has not.
    package var ending: Condition? { status.conditions.first { ["Complete", "Failed"].contains($0.type) && $0.isTrue } }
    package var isFinished: Bool { ending != nil }
}

extension Job.Status {
    package init(json: JSONValue) {
        func number(_ name: String) -> Int { Int(clamping: json[name]?.int ?? 0) }
        func time(_ name: String) -> Timestamp? { json[name]?.string.flatMap(Timestamp.init(parsing:)) }
        func texts(_ name: String) -> [String] {
            json["uncountedTerminatedPods"]?[name]?.array?.compactMap(\.string) ?? []
        }
        self.init()
        active = number("active")
        ready = json["ready"]?.int.map { Int(clamping: $0) }
        terminating = json["terminating"]?.int.map { Int(clamping: $0) }
        succeeded = number("succeeded")
        failed = number("failed")
        uncountedSucceeded = texts("succeeded")
        uncountedFailed = texts("failed")
        completedIndexes = json["completedIndexes"]?.string ?? ""
        failedIndexes = json["failedIndexes"]?.string
        startTime = time("startTime")
        completionTime = time("completionTime")
        conditions = (json["conditions"]?.array ?? []).map(Condition.init(json:))
    }

    /// For a merge patch: what is empty is taken away.
    package var json: JSONValue {
        func count(_ value: Int?) -> JSONValue { value.map { .int(Int64($0)) } ?? .null }
        func positive(_ value: Int) -> JSONValue { value == 0 ? .null : .int(Int64(value)) }
        func list(_ uids: [String]) -> JSONValue { uids.isEmpty ? .null : JSONValue(uids) }
        func time(_ instant: Timestamp?) -> JSONValue { instant.map { .string($0.description) } ?? .null }
        return [
            "active": positive(active), "ready": count(ready), "terminating": count(terminating),
            "succeeded": positive(succeeded), "failed": positive(failed),
            "uncountedTerminatedPods": ["succeeded": list(uncountedSucceeded), "failed": list(uncountedFailed)],
            "completedIndexes": completedIndexes.isEmpty ? .null : .string(completedIndexes),
            "failedIndexes": failedIndexes.map { .string($0) } ?? .null, "startTime": time(startTime),
            "completionTime": time(completionTime),
            "conditions": conditions.isEmpty ? .null : .array(conditions.map(\.json)),
        ]
    }
}
