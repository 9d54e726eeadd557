package import JSON

/// Events as `events.k8s.io` shows them. What is kept is the core form; creating and changing them is stricter here.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/events/v1/conversion.go`, `pkg/apis/core/validation/events.go`,
///   `pkg/registry/core/event/strategy.go`.
package struct NewEventRules: KindRules {
    package let allowsCreateOnUpdate = true

    /// Member names of the core form, and what this form calls them.
    private static let renamed = [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
    ]
    private static let toStorage = Dictionary(uniqueKeysWithValues: renamed.map { ($0.1, $0.0) })
    private static let fromStorage = Dictionary(uniqueKeysWithValues: renamed)

    package func convertToStorage(_ object: inout JSONValue) { Self.rename(&object, Self.toStorage, "v1") }

    package func convertFromStorage(_ object: inout JSONValue) {
        Self.rename(&object, Self.fromStorage, "events.k8s.io/v1")
    }

    private static func rename(_ object: inout JSONValue, _ names: [String: String], _ apiVersion: String) {
        let members = (object.object?.members ?? []).map {
            JSONObject.Member(key: names[$0.key] ?? $0.key, value: $0.value)
        }
        object = .object(JSONObject(members))
        object["apiVersion"] = .string(apiVersion)
    }

    private func core(_ object: JSONValue) -> JSONValue {
        var object = object
        if object["involvedObject"] == nil { convertToStorage(&object) }
        return object
    }

    /// The rules of the form that is kept.
    private let coreRules = EventRules()

    private static let regarding = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"]
    package let selectableFields = regarding.map { "regarding." + $0 } + ["reason", "reportingController", "type"]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        core(object)[path: storageField(field).split(separator: ".").map(String.init)]?.string ?? ""
    }

    package func storageField(_ field: String) -> String {
        if field == "reportingController" { return "reportingComponent" }
        let prefix = "regarding."
        return field.hasPrefix(prefix) ? "involvedObject." + field.dropFirst(prefix.count) : field
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        let event = core(object)
        var errors = EventValidation.legacy(event, controller: "reportingController") + EventValidation.series(event)
        if !event.has("eventTime") { errors.append(.required(FieldPath("eventTime"))) }
        let type = event.text("type")
        if type != "Normal", type != "Warning" {
            errors.append(.invalid(FieldPath("type"), "", "has invalid value: \(type)"))
        }
        for name in ["firstTimestamp", "lastTimestamp"] where event.has(name) {
            errors.append(.invalid(FieldPath(name), "", "needs to be unset"))
        }
        if event["count"]?.int ?? 0 != 0 { errors.append(.invalid(FieldPath("count"), "", "needs to be unset")) }
        let source = event["source"]
        if !(source?.text("component") ?? "").isEmpty || !(source?.text("host") ?? "").isEmpty {
            errors.append(.invalid(FieldPath("source"), "", "needs to be unset"))
        }
        return errors
    }

    private static let fixed = [
        "involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "reason", "type",
        "eventTime", "action", "related",
    ]

    package func validateUpdate(new: JSONValue, old: JSONValue) -> [FieldError] {
        let (after, before) = (core(new), core(old))
        var errors = EventValidation.legacy(after, controller: "reportingController")
        if after["series"] != before["series"] { errors += EventValidation.series(after) }
        errors += FieldCheck.unchanged(after, before, fields: Self.fixed, FieldPath())
        return errors
            + FieldCheck.unchanged(
                after["reportingComponent"], before["reportingComponent"], FieldPath("reportingController"))
            + FieldCheck.unchanged(after, before, fields: ["reportingInstance"], FieldPath())
    }

    package var columns: [Column] { coreRules.columns }

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        coreRules.cells(core(object), now: now)
    }
}
