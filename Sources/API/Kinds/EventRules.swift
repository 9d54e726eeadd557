package import JSON

/// Events of both groups; what is kept is the core form.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/event/strategy.go`, `pkg/apis/events/v1/conversion.go`, `printEvent`.
package struct EventRules: KindRules {
    /// Whether clients see the form of `events.k8s.io`.
    let isNewForm: Bool

    package let allowsCreateOnUpdate = true

    package var selectableFields: [String] {
        if isNewForm { return Self.fields.map { $0.replacingPrefix("involvedObject.", "regarding.") } }
        return Self.fields
    }

    private static let fields = [
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ]

    /// Reads either form.
    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        var object = object
        if isNewForm, object["involvedObject"] == nil { convertToStorage(&object) }
        let field = field.replacingPrefix("regarding.", "involvedObject.")
        if field == "source" {
            let source = object["source"]?.text("component") ?? ""
            return source.isEmpty ? object.text("reportingComponent") : source
        }
        return object[path: field.split(separator: ".").map(String.init)]?.string ?? ""
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        var event = object
        if event["involvedObject"] == nil { convertToStorage(&event) }
        return EventValidation.legacy(event, isNewForm: isNewForm)
    }

    /// Member names of the core form, and what the newer form calls them.
    private static let renamed = [
        ("involvedObject", "regarding"), ("message", "note"), ("reportingComponent", "reportingController"),
        ("source", "deprecatedSource"), ("firstTimestamp", "deprecatedFirstTimestamp"),
        ("lastTimestamp", "deprecatedLastTimestamp"), ("count", "deprecatedCount"),
    ]

    package func convertToStorage(_ object: inout JSONValue) {
        guard isNewForm else { return }
        rename(&object, Dictionary(uniqueKeysWithValues: Self.renamed.map { ($0.1, $0.0) }))
        object["apiVersion"] = "v1"
    }

    package func convertFromStorage(_ object: inout JSONValue) {
        guard isNewForm else { return }
        rename(&object, Dictionary(uniqueKeysWithValues: Self.renamed))
        object["apiVersion"] = "events.k8s.io/v1"
    }

    private func rename(_ object: inout JSONValue, _ names: [String: String]) {
        let members = (object.object?.members ?? []).map {
            JSONObject.Member(key: names[$0.key] ?? $0.key, value: $0.value)
        }
        object = .object(JSONObject(members))
    }

    package let columns: [Column] = [
        Column("Last Seen", "Time since it last happened."),
        Column("Type", "Normal or Warning."),
        Column("Reason", "Why, in one word."),
        Column("Object", "What it is about."),
        Column("Subobject", wide: true, "Part of the object."),
        Column("Source", wide: true, "Who reports it."),
        Column("Message", "What happened."),
        Column("First Seen", wide: true, "Time since it first happened."),
        Column("Count", wide: true, "How often it happened."),
        Column("Name", format: "name", wide: true, "Name of the event."),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        var event = object
        if event["involvedObject"] == nil { convertToStorage(&event) }
        let eventTime = event["eventTime"]
        func age(_ value: JSONValue?) -> String { Cells.age(of: value, now: now) }
        let first = event.has("firstTimestamp") ? age(event["firstTimestamp"]) : age(eventTime)
        var last = event.has("lastTimestamp") ? age(event["lastTimestamp"]) : first
        var count = event["count"]?.int ?? 0
        if let series = event["series"], !series.isNull {
            last = age(series["lastObservedTime"])
            count = series["count"]?.int ?? 0
        } else if count == 0 {
            count = 1
        }
        let target = event["involvedObject"] ?? [:]
        let name = "\(target.text("kind").lowercased())/\(target.text("name"))"
        var source = event["source"]?.text("component") ?? ""
        if let host = event["source"]?.text("host"), !host.isEmpty { source += ", \(host)" }
        if source.isEmpty { source = event.text("reportingComponent") }
        return [
            .string(last), event["type"] ?? "", event["reason"] ?? "",
            .string(target.text("name").isEmpty ? target.text("kind").lowercased() : name),
            .string(target.text("fieldPath")), .string(source), .string(event.text("message").trimmed), .string(first),
            .int(count), Cells.name(event),
        ]
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, _ other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }

    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
