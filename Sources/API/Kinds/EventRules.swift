package import JSON

/// Events as the core group shows them, which is how they are kept.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/event/strategy.go`, `printEvent`.
package struct EventRules: KindRules {
    package let allowsCreateOnUpdate = true

    package let selectableFields = [
        "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
        "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
        "reportingComponent", "source", "type",
    ]

    package func selectableValue(_ object: JSONValue, _ field: String) -> String {
        if field == "source" {
            let source = object["source"]?.text("component") ?? ""
            return source.isEmpty ? object.text("reportingComponent") : source
        }
        return object[path: field.split(separator: ".").map(String.init)]?.string ?? ""
    }

    package func validate(_ object: JSONValue) -> [FieldError] {
        EventValidation.legacy(object, controller: "reportingComponent")
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

    package func cells(_ event: JSONValue, now: Timestamp) -> [JSONValue] {
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
    fileprivate var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
