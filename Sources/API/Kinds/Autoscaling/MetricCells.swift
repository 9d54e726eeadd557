import JSON

/// The targets of an autoscaler in one cell: `cpu: 40%/80%, 12/100 (avg) + 1 more...`.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/printers/internalversion/printers.go`, `formatHPAMetrics`.
enum MetricCells {
    private static let shownMax = 2

    static func print(_ metrics: [JSONValue], _ statuses: [JSONValue]) -> String {
        if metrics.isEmpty { return "<none>" }
        let all = metrics.enumerated().map { index, metric in
            one(metric, statuses.indices.contains(index) ? statuses[index] : [:])
        }
        let shown = all.prefix(shownMax).joined(separator: ", ")
        return all.count > shownMax ? "\(shown) + \(all.count - shownMax) more..." : shown
    }

    private static let members = [
        "External": "external", "Pods": "pods", "Object": "object", "Resource": "resource",
        "ContainerResource": "containerResource",
    ]

    private static func one(_ metric: JSONValue, _ status: JSONValue) -> String {
        guard let member = members[metric.text("type")] else { return "<unknown type>" }
        let target = metric[member]?["target"] ?? [:]
        let current = status[member]?["current"]
        func amount(_ name: String) -> String { current?[name]?.string ?? "<unknown>" }
        switch member {
        case "pods": return "\(amount("averageValue"))/\(target.text("averageValue"))"
        case "external", "object":
            if target.has("averageValue") { return "\(amount("averageValue"))/\(target.text("averageValue")) (avg)" }
            return "\(amount("value"))/\(target.text("value"))"
        default:
            let name = metric[member]?.text("name") ?? ""
            if target.has("averageValue") { return "\(name): \(amount("averageValue"))/\(target.text("averageValue"))" }
            let now = current?["averageUtilization"]?.int.map { "\($0)%" } ?? "<unknown>"
            return "\(name): \(now)/\(target["averageUtilization"]?.int.map { "\($0)%" } ?? "<auto>")"
        }
    }
}
