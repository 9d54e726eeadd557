import JSON
import Testing

@testable import API

/// One valid object of a kind, and what changes of it are called.
struct RuleFixture {
    var kind: KindDefinition
    var object: JSONValue

    init(_ group: String, _ resource: String, version: String = "v1", _ body: JSONValue) throws {
        kind = try #require(
            Catalog.kind(GroupVersionResource(group: group, version: version, resource: resource)), "\(group) \(resource)")
        object = body
        object["apiVersion"] = .string(kind.gvk.apiVersion)
        object["kind"] = .string(kind.gvk.kind)
        var metadata = body["metadata"] ?? ["name": "sample"]
        metadata["uid"] = "11111111-2222-4333-8444-555555555555"
        metadata["resourceVersion"] = "1"
        if kind.isNamespaced, metadata["namespace"] == nil { metadata["namespace"] = "default" }
        object["metadata"] = metadata
    }

    /// The object after defaults and the strategy of its creation.
    func made(_ changes: [Change] = []) -> JSONValue {
        var object = object
        for change in changes { change.apply(&object) }
        kind.applyDefaults(&object)
        kind.prepareForCreate(&object)
        return object
    }

    /// What is wrong with a new object.
    func creating(_ changes: [Change]) -> [String] { kind.validateCreate(made(changes)).map(\.description) }

    /// What is wrong with a change of an object.
    func updating(_ changes: [Change]) -> [String] {
        let old = made()
        var new = old
        for change in changes { change.apply(&new) }
        kind.applyDefaults(&new)
        kind.prepareForUpdate(new: &new, old: old)
        return kind.validateUpdate(new: new, old: old).map(\.description)
    }

    /// What is wrong with a change of its status.
    func updatingStatus(_ changes: [Change], before: [Change] = []) -> [String] {
        var old = made()
        for change in before { change.apply(&old) }
        var new = old
        for change in changes { change.apply(&new) }
        kind.prepareForStatusUpdate(new: &new, old: old)
        return kind.validateStatusUpdate(new: new, old: old).map(\.description)
    }

    func cells(_ changes: [Change] = []) -> [JSONValue] {
        var object = made()
        object[path: ["metadata", "creationTimestamp"]] = "2026-11-21T08:00:00Z"
        for change in changes { change.apply(&object) }
        return kind.cells(object, now: Timestamp(parsing: "2026-11-21T08:05:00Z") ?? Timestamp(seconds: 0))
    }
}

/// One member of an object set to a value, or removed; numbers in the path are positions.
struct Change: Sendable, CustomTestStringConvertible {
    var path: String
    var value: JSONValue?

    init(_ path: String, _ value: JSONValue?) {
        self.path = path
        self.value = value
    }

    var testDescription: String { "\(path) = \(value.map(JSONWriter.text) ?? "nothing")" }

    func apply(_ object: inout JSONValue) { Self.set(&object, path.split(separator: "/").map(String.init), value) }

    private static func set(_ target: inout JSONValue, _ path: [String], _ value: JSONValue?) {
        guard let first = path.first else {
            target = value ?? .null
            return
        }
        let rest = Array(path.dropFirst())
        if let index = Int(first), case .array(var values) = target {
            guard values.indices.contains(index) else { return }
            set(&values[index], rest, value)
            target = .array(values)
        } else if rest.isEmpty {
            target[first] = value
        } else {
            var child = target[first] ?? [:]
            set(&child, rest, value)
            target[first] = child
        }
    }
}

/// A change, and the causes that upstream gives for it.
struct RuleCase: Sendable, CustomTestStringConvertible {
    var changes: [Change]
    var errors: [String]

    init(_ path: String, _ value: JSONValue?, _ errors: String...) {
        changes = [Change(path, value)]
        self.errors = errors
    }

    init(_ changes: [Change], _ errors: String...) {
        self.changes = changes
        self.errors = errors
    }

    var testDescription: String { changes.map(\.testDescription).joined(separator: ", ") }
}
