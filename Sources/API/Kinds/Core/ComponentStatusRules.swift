package import JSON

/// Answers of health checks, made for each request and never kept.
///
/// - SeeAlso: Kubernetes 1.36 `printComponentStatus`.
package struct ComponentStatusRules: KindRules {
    package let columns: [Column] = [
        .objectName,
        Column("Status", "Status of the component conditions"),
        Column("Message", "Message of the component conditions"),
        Column("Error", "Error of the component conditions"),
    ]

    package func cells(_ object: JSONValue, now: Timestamp) -> [JSONValue] {
        let healthy = object.elements("conditions").first { $0.text("type") == "Healthy" }
        let status = healthy.map { $0.text("status") == "True" ? "Healthy" : "Unhealthy" } ?? "Unknown"
        return [
            Cells.name(object), .string(status), .string(healthy?.text("message") ?? ""),
            .string(healthy?.text("error") ?? ""),
        ]
    }
}
