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
    private var coreRules: (any KindRules)? {
        RuleCatalog.rules[GroupVersionResource(group: "", version: "v1", resource: "events")]
    }

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
        var errors = EventChecks.legacy(event, controller: "reportingController") + EventChecks.series(event)
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
        var errors = EventChecks.legacy(after, controller: "reportingController")
        if after["series"] != before["series"] { errors += EventChecks.series(after) }
        errors += FieldChecks.immutable(after, before, fields: Self.fixed, FieldPath())
        return errors
            + FieldChecks.immutable(
                after["reportingComponent"], before["reportingComponent"], FieldPath("reportingController"))
            + FieldChecks.immutable(after, before, fields: ["reportingInstance"], FieldPath())
    }

    package var columns: [Column] { coreRules?.columns ?? [.objectName, .age] }

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        coreRules?.cells(core(object), now: now) ?? [Cells.name(object), Cells.age(object, now: now)]
    }
}

/// What events of both groups must satisfy, asked of the core form.
enum EventChecks {
    private static let wordBytesMax = 128
    private static let noteBytesMax = 1024

    /// - Parameter controller: What the group that was asked calls the reporting controller.
    static func legacy(_ event: JSONValue, controller: String) -> [FieldError] {
        let namespace = event["metadata"]?.text("namespace") ?? ""
        let target = event["involvedObject"]?.text("namespace") ?? ""
        let mismatch = FieldError.invalid(
            FieldPath("involvedObject")("namespace"), .string(target), "does not match event.namespace")
        var errors: [FieldError] = []
        if event.has("eventTime") {
            if target.isEmpty, namespace != "default", namespace != "kube-system" { errors.append(mismatch) }
            errors += words(event, controller: controller)
        } else if target.isEmpty ? !["", "default"].contains(namespace) : target != namespace {
            errors.append(mismatch)
        }
        return errors
            + FieldChecks.invalid(FieldPath("namespace"), namespace, NameValidation.dns1123Subdomain(namespace))
    }

    private static func words(_ event: JSONValue, controller: String) -> [FieldError] {
        let reporter = event.text("reportingComponent")
        var errors: [FieldError] = reporter.isEmpty ? [.required(FieldPath(controller))] : []
        errors += FieldChecks.invalid(FieldPath(controller), reporter, NameValidation.qualifiedName(reporter))
        for name in ["reportingInstance", "action", "reason"] {
            let text = event.text(name)
            if text.isEmpty { errors.append(.required(FieldPath(name))) }
            if text.utf8.count > wordBytesMax {
                errors.append(.invalid(FieldPath(name), "", "can have at most \(wordBytesMax) characters"))
            }
        }
        if event.text("message").utf8.count > noteBytesMax {
            errors.append(.invalid(FieldPath("message"), "", "can have at most \(noteBytesMax) characters"))
        }
        return errors
    }

    static func series(_ event: JSONValue) -> [FieldError] {
        guard let series = event["series"], !series.isNull else { return [] }
        var errors: [FieldError] = []
        if series["count"]?.int ?? 0 < 2 {
            errors.append(.invalid(FieldPath("series.count"), "", "should be at least 2"))
        }
        if !series.has("lastObservedTime") { errors.append(.required(FieldPath("series.lastObservedTime"))) }
        return errors
    }
}
