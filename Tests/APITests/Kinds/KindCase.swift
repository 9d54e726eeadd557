import JSON
import Testing

@testable import API

/// One change of an object that is otherwise fine, and every cause it must give.
struct KindCase: Sendable, CustomTestStringConvertible {
    /// Where to write: `spec.containers` or `spec.dnsPolicy`.
    var path: String
    var value: JSONValue
    /// `field: body` of each error; empty when the change is fine.
    var causes: [String]

    init(_ path: String, _ value: JSONValue, _ causes: String...) {
        self.path = path
        self.value = value
        self.causes = causes
    }

    var testDescription: String { "\(path) = \(JSONWriter.text(value))" }

    func apply(to object: inout JSONValue) { object[path: path.split(separator: ".").map(String.init)] = value }
}

/// Objects that are fine, by resource of the core group.
enum KindSamples {
    static func kind(_ resource: String) throws -> KindDefinition {
        try #require(Catalog.kind(GroupVersionResource(group: "", version: "v1", resource: resource)))
    }

    static func metadata(_ kind: String) -> JSONValue {
        ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": "web", "namespace": "default", "resourceVersion": "1"]]
    }

    static let container: JSONValue = ["name": "a", "image": "busybox"]

    static func pod(_ changes: KindCase...) throws -> JSONValue {
        var pod = metadata("Pod")
        pod["spec"] = ["containers": [container]]
        return try defaulted(pod, "pods", changes)
    }

    /// Members of the first container, written over the plain ones.
    static func podWithContainer(_ members: JSONValue, _ changes: KindCase...) throws -> JSONValue {
        var container = container
        for member in members.object?.members ?? [] { container[member.key] = member.value }
        var pod = metadata("Pod")
        pod["spec"] = ["containers": [container]]
        return try defaulted(pod, "pods", changes)
    }

    static func defaulted(_ object: JSONValue, _ resource: String, _ changes: [KindCase] = []) throws -> JSONValue {
        var object = object
        for change in changes { change.apply(to: &object) }
        try kind(resource).applyDefaults(&object)
        return object
    }

    static func service(_ spec: JSONValue) throws -> JSONValue {
        var service = metadata("Service")
        service["spec"] = spec
        return try defaulted(service, "services")
    }
}

extension KindDefinition {
    func causes(_ object: JSONValue) -> [String] { validateCreate(object).map(\.description) }
    func causes(_ new: JSONValue, _ old: JSONValue) -> [String] { validateUpdate(new: new, old: old).map(\.description) }
}
