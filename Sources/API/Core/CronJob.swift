package import JSON

/// Jobs made by the clock.
package struct CronJob: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "batch", version: "v1", resource: "cronjobs")
    package static let kind = "CronJob"
    package static let isNamespaced = true

    package static let timestampAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp"

    package var metadata: ObjectMeta
    package var schedule: String
    /// Nil: the zone of the controller, UTC.
    package var timeZone: String?
    package var startingDeadlineSeconds: Int64?
    /// `Allow`, `Forbid` or `Replace`.
    package var concurrencyPolicy: String
    package var suspend: Bool
    package var successfulJobsHistoryLimit: Int?
    package var failedJobsHistoryLimit: Int?
    /// `spec.jobTemplate` as stored.
    package var jobTemplate: JSONValue
    package var active: [ObjectReference]
    package var lastScheduleTime: Timestamp?
    package var lastSuccessfulTime: Timestamp?

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        let status = json["status"] ?? [:]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        schedule = spec["schedule"]?.string ?? ""
        timeZone = spec["timeZone"]?.string
        startingDeadlineSeconds = spec["startingDeadlineSeconds"]?.int
        concurrencyPolicy = spec["concurrencyPolicy"]?.string ?? "Allow"
        suspend = spec["suspend"]?.bool ?? false
        successfulJobsHistoryLimit = spec["successfulJobsHistoryLimit"]?.int.map { Int(clamping: $0) }
        failedJobsHistoryLimit = spec["failedJobsHistoryLimit"]?.int.map { Int(clamping: $0) }
        jobTemplate = spec["jobTemplate"] ?? [:]
        active = (status["active"]?.array ?? []).map(ObjectReference.init(json:))
        lastScheduleTime = status["lastScheduleTime"]?.string.flatMap(Timestamp.init(parsing:))
        lastSuccessfulTime = status["lastSuccessfulTime"]?.string.flatMap(Timestamp.init(parsing:))
    }
}
