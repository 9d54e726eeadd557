import API
import JSON

/// The annotation in which client-side apply keeps what it applied.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/managedfields/internal/lastappliedmanager.go`, `lastappliedupdater.go`.
enum LastApplied {
    static let annotation = "kubectl.kubernetes.io/last-applied-configuration"
    private static let path = ["metadata", "annotations", annotation]
    /// All annotations of an object, names and values.
    private static let annotationBytesMax = 256 * 1024

    /// What the annotation states and the object still has so; nil when there is no annotation of this version.
    static func fields(of live: JSONValue, apiVersion: String, _ type: MergeType) -> FieldSet? {
        guard let text = live[path: path]?.string, !text.isEmpty, let applied = try? JSONParser.parse(text),
            applied["apiVersion"]?.string == apiVersion, let fields = try? FieldSet(of: applied, type),
            let comparison = try? MergeComparison(from: applied, to: live, type)
        else { return nil }
        return fields.subtracting(comparison.modified).subtracting(comparison.added).subtracting(comparison.removed)
    }

    /// Keeps the annotation in step where there is one, so that a return to client-side apply finds what was applied last.
    static func renew(in object: inout JSONValue, from config: JSONValue) {
        guard let old = object[path: path]?.string, !old.isEmpty else { return }
        var stated = config
        if stated["metadata"]?["annotations"] != nil { stated[path: path] = nil }
        object[path: path] = .string(JSONWriter.text(sorted(stated)) + "\n")
        let annotations = object["metadata"]?["annotations"]?.object?.strings ?? [:]
        let size = annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        if size > annotationBytesMax { object[path: path] = nil }
    }

    /// Members in order of name, as Go writes maps.
    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let object):
            let members = object.members.sorted { ValueOrder.compare($0.key, $1.key) < 0 }
            return .object(JSONObject(members.map { JSONObject.Member(key: $0.key, value: sorted($0.value)) }))
        case .array(let values): return .array(values.map(sorted))
        default: return value
        }
    }
}
