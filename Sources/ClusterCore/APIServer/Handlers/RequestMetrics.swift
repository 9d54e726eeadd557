import Synchronization

/// Counts requests for `/metrics`, in upstream's names and Prometheus' text form.
final class RequestMetrics: Sendable {
    private struct Key: Hashable {
        var verb: String
        var group: String
        var version: String
        var resource: String
        var subresource: String
        var code: Int
    }

    private struct Entry {
        var count = 0
        var seconds = 0.0
    }

    private let entries = Mutex<[Key: Entry]>([:])
    /// Different label sets at most; requests beyond are not counted.
    private static let entriesMax = 4000

    func record(_ info: RequestInfo, code: Int, duration: Duration) {
        let key = Key(
            verb: info.verb.uppercased(), group: info.group, version: info.version,
            resource: code == 404 && !info.isResourceRequest ? "" : info.resource, subresource: info.subresource, code: code)
        let parts = duration.components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
        entries.withLock { entries in
            guard entries[key] != nil || entries.count < Self.entriesMax else { return }
            entries[key, default: Entry()].count += 1
            entries[key, default: Entry()].seconds += info.verb == "watch" ? 0 : seconds
        }
    }

    func text(objects: [(resource: String, count: Int)]) -> String {
        let known = entries.withLock { $0 }
        var lines = ["# TYPE apiserver_request_total counter"]
        var sums: [String: Entry] = [:]
        for (key, entry) in known {
            let labels =
                "group=\"\(key.group)\",resource=\"\(key.resource)\",subresource=\"\(key.subresource)\","
                + "verb=\"\(key.verb)\",version=\"\(key.version)\""
            lines.append("apiserver_request_total{code=\"\(key.code)\",\(labels)} \(entry.count)")
            sums[labels, default: Entry()].count += entry.count
            sums[labels, default: Entry()].seconds += entry.seconds
        }
        lines.append("# TYPE apiserver_request_duration_seconds summary")
        for (labels, entry) in sums {
            lines.append("apiserver_request_duration_seconds_sum{\(labels)} \(entry.seconds)")
            lines.append("apiserver_request_duration_seconds_count{\(labels)} \(entry.count)")
        }
        lines.append("# TYPE apiserver_storage_objects gauge")
        for (resource, count) in objects { lines.append("apiserver_storage_objects{resource=\"\(resource)\"} \(count)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
