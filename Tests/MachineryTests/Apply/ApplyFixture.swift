import API
import JSON

@testable import Machinery

/// A type of a few members, as a custom resource may have.
struct TestStructure: MergeStructure {
    var members: [String: MergeType]
    var undeclared: MergeType?
    var defaults: [String: JSONValue] = [:]

    func member(_ name: String) -> MergeType? { members[name] }
    func defaultValue(of name: String) -> JSONValue? { defaults[name] }
}

/// One type under every version; `renamed` versions call the member `old` by another name.
struct TestVersions: MergeVersions {
    var type: MergeType
    /// What `numeric` is called in a version; absent: `numeric`.
    var renamed: [String: String] = [:]
    var served: Set<String> = ["v1"]

    func type(of apiVersion: String) -> MergeType? { served.contains(apiVersion) ? type : nil }

    func convert(_ object: JSONValue, to apiVersion: String) -> JSONValue? {
        guard served.contains(apiVersion) else { return nil }
        var result = object
        let from = renamed[object["apiVersion"]?.string ?? ""] ?? "numeric"
        let to = renamed[apiVersion] ?? "numeric"
        if from != to, let value = result[from] {
            result[from] = nil
            result[to] = value
        }
        result["apiVersion"] = .string(apiVersion)
        return result
    }
}

/// An object and its books, written by several hands.
struct ApplyFixture {
    var object: JSONValue?
    var manager: FieldManager
    var now = Timestamp(seconds: 1_800_000_000)

    /// Leaves, a set, a list by keys with a default, an atomic list, a granular and an atomic map, something untyped.
    static let type: MergeType = {
        let port: MergeType = .structure(
            TestStructure(
                members: ["port": .scalar(.number), "protocol": .scalar(.string), "name": .scalar(.string)],
                defaults: ["protocol": "TCP"]), isAtomic: false)
        let item: MergeType = .structure(
            TestStructure(
                members: [
                    "name": .scalar(.string), "value": .scalar(.any),
                    "ports": .list(element: port, .map(keys: ["port", "protocol"])),
                    "tags": .list(element: .scalar(.string), .set),
                ]), isAtomic: false)
        let share: MergeType = .structure(
            TestStructure(members: ["device": .scalar(.string), "share": .scalar(.string), "ready": .scalar(.boolean)]),
            isAtomic: false)
        return .structure(
            TestStructure(
                members: [
                    "apiVersion": .scalar(.string), "kind": .scalar(.string), "metadata": BuiltInMergeTypes.objectMeta,
                    "numeric": .scalar(.number), "other": .scalar(.number), "string": .scalar(.string), "bool": .scalar(.boolean),
                    "list": .list(element: item, .map(keys: ["name"])), "set": .list(element: .scalar(.any), .set),
                    "shares": .list(element: share, .map(keys: ["device", "share"])),
                    "atoms": .list(element: .scalar(.any), .atomic),
                    "map": .map(element: .scalar(.string), isAtomic: false),
                    "maps": .map(element: .map(element: .scalar(.string), isAtomic: false), isAtomic: false),
                    "atomicMap": .map(element: .scalar(.string), isAtomic: true), "free": .deduced,
                    "inner": .structure(
                        TestStructure(members: ["a": .scalar(.number), "b": .scalar(.number)]), isAtomic: false),
                ]), isAtomic: false)
    }()

    init(_ versions: TestVersions = TestVersions(type: type), apiVersion: String = "v1", ignored: OwnedFilter? = nil) {
        manager = FieldManager(
            versions: versions, apiVersion: apiVersion, subresource: "",
            empty: { ["apiVersion": .string(apiVersion), "kind": "Thing"] },
            ignored: { _ in ignored })
    }

    static func object(_ json: String, _ apiVersion: String = "v1") throws -> JSONValue {
        var value = try JSONParser.parse(json)
        value["apiVersion"] = .string(apiVersion)
        value["kind"] = "Thing"
        return value
    }

    mutating func apply(_ json: String, _ name: String, force: Bool = false) throws {
        object = try manager.apply(Self.object(json), to: object, manager: name, forces: force, now: now)
    }

    /// Replaces the whole object but for its books.
    mutating func update(_ json: String, _ name: String) throws {
        var new = try Self.object(json)
        if let fields = object?["metadata"]?["managedFields"] { new[path: ["metadata", "managedFields"]] = fields }
        object = manager.update(from: object, to: new, manager: name, now: now)
    }

    /// The object without its books, kind and version.
    var content: JSONValue {
        var result = object ?? .null
        for name in ["metadata", "apiVersion", "kind"] { result[name] = nil }
        return result
    }

    /// `applier Apply: .numeric .set[="a"]`, a line per entry.
    var books: [String] {
        guard let managed = try? ManagedFields(json: object?["metadata"]?["managedFields"]) else { return ["unreadable"] }
        return managed.sets.sorted { $0.key.text < $1.key.text }.map { identity, set in
            "\(identity.manager) \(identity.operation): "
                + set.fields.description.split(separator: "\n").joined(separator: " ")
        }
    }
}
