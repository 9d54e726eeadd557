import API
import JSON

@testable import APIServer

/// A cluster made of the objects that a test names.
struct MemoryAdmissionView: AdmissionView {
    private var objects: [GroupVersionResource: [NamespacedName: JSONValue]] = [:]
    let now = Timestamp(seconds: 1_800_000_000)

    init(_ entries: [(GroupVersionResource, JSONValue)] = []) {
        for (resource, object) in entries {
            objects[resource, default: [:]][ObjectMeta(json: object["metadata"] ?? [:]).key] = object
        }
    }

    func get(_ resource: GroupVersionResource, _ key: NamespacedName) -> JSONValue? { objects[resource]?[key] }

    func list(_ resource: GroupVersionResource, namespace: String?) -> [JSONValue] {
        (objects[resource] ?? [:]).filter { namespace == nil || $0.key.namespace == namespace }.sorted { $0.key < $1.key }
            .map(\.value)
    }

    func makeSuffix() -> String { "abcde" }
}

/// What became of one request.
enum Verdict: Hashable {
    case admitted(JSONValue, warnings: [String] = [])
    case refused(Int, String)

    var message: String {
        if case .refused(_, let message) = self { message } else { "" }
    }

    var object: JSONValue {
        if case .admitted(let object, _) = self { object } else { .null }
    }

    var warnings: [String] {
        if case .admitted(_, let warnings) = self { warnings } else { [] }
    }
}

struct UnknownKind: Error {}

func resource(_ name: String, group: String = "") -> GroupVersionResource {
    GroupVersionResource(group: group, version: "v1", resource: name)
}

/// Sends a write in namespace `team` through one step, both halves.
func ask(
    _ step: some AdmissionStep, _ operation: AdmissionRequest.Operation, _ resource: GroupVersionResource,
    _ object: JSONValue, old: JSONValue? = nil, subresource: String = "", in view: MemoryAdmissionView = MemoryAdmissionView()
) throws -> Verdict {
    var request = try makeRequest(operation, resource, object, old: old, subresource: subresource)
    guard step.handles(request) else { return .admitted(object) }
    do throws(Status) {
        try step.admit(&request, in: view)
        try step.validate(&request, in: view)
        return .admitted(request.object, warnings: request.warnings)
    } catch {
        return .refused(error.code, error.message)
    }
}

/// A create.
func ask(
    _ step: some AdmissionStep, _ resource: GroupVersionResource, _ object: JSONValue, subresource: String = "",
    in view: MemoryAdmissionView = MemoryAdmissionView()
) throws -> Verdict {
    try ask(step, .create, resource, object, subresource: subresource, in: view)
}

func makeRequest(_ resource: GroupVersionResource, _ object: JSONValue) throws -> AdmissionRequest {
    try makeRequest(.create, resource, object)
}

func makeRequest(
    _ operation: AdmissionRequest.Operation, _ resource: GroupVersionResource, _ object: JSONValue,
    old: JSONValue? = nil, subresource: String = ""
) throws -> AdmissionRequest {
    guard let kind = Catalog.kind(resource) else { throw UnknownKind() }
    let metadata = ObjectMeta(json: (object.isNull ? old ?? [:] : object)["metadata"] ?? [:])
    return AdmissionRequest(
        operation, kind, subresource: subresource,
        key: NamespacedName(namespace: kind.isNamespaced ? "team" : "", name: metadata.name), user: .loopback,
        object: object, old: old)
}

/// A pod of one container.
func pod(_ spec: JSONValue = [:], container: JSONValue = [:], metadata: JSONValue = [:]) -> JSONValue {
    var spec = spec
    var container = container
    var metadata = metadata
    container["name"] = "c"
    if spec["containers"] == nil { spec["containers"] = [container] }
    metadata["name"] = "p"
    metadata["namespace"] = "team"
    return ["metadata": metadata, "spec": spec]
}
