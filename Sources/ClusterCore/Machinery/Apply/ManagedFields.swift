package import API
package import JSON

/// Who wrote, how and where: what makes two entries of `managedFields` the same one.
package struct FieldManagerIdentity: Hashable, Sendable {
    package var manager: String
    /// An apply states what it wants; an update owns what it changed.
    package var isApply: Bool
    /// Empty for an apply: one applier has one entry, whatever version it uses.
    package var apiVersion: String
    /// Empty for the object itself.
    package var subresource: String

    package init(manager: String, isApply: Bool, apiVersion: String, subresource: String = "") {
        self.manager = manager.isEmpty ? "unknown" : manager
        self.isApply = isApply
        self.apiVersion = isApply ? "" : apiVersion
        self.subresource = subresource
    }

    /// The identity as upstream writes it, which orders managers.
    var text: String {
        var object: JSONValue = ["manager": .string(manager), "operation": .string(operation)]
        if !apiVersion.isEmpty { object["apiVersion"] = .string(apiVersion) }
        if !subresource.isEmpty { object["subresource"] = .string(subresource) }
        return JSONWriter.text(object)
    }

    var operation: String { isApply ? "Apply" : "Update" }
}

/// What one manager owns, in the terms of one version.
package struct ManagedSet: Hashable, Sendable {
    package var fields: FieldSet
    package var apiVersion: String
    /// Nil: never written with a time.
    package var time: Timestamp?
    /// The set as it was read, so that an unchanged one need not be written anew.
    fileprivate var written: JSONValue?

    package init(fields: FieldSet, apiVersion: String, time: Timestamp? = nil) {
        self.fields = fields
        self.apiVersion = apiVersion
        self.time = time
    }

    func with(_ fields: FieldSet) -> ManagedSet {
        var result = self
        result.fields = fields
        result.written = nil
        return result
    }
}

/// The owners of an object: `metadata.managedFields`.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/managedfields/internal/managedfields.go`.
package struct ManagedFields: Hashable, Sendable {
    package var sets: [FieldManagerIdentity: ManagedSet] = [:]

    package init() {}

    package var isEmpty: Bool { sets.isEmpty }

    /// - Parameter json: The list; nil and null mean none.
    package init(json: JSONValue?) throws(FieldSetError) {
        guard let json, !json.isNull else { return }
        guard let entries = json.array else { throw FieldSetError(description: "managedFields must be a list") }
        for (index, entry) in entries.enumerated() {
            let operation = entry["operation"]?.string ?? ""
            guard operation == "Apply" || operation == "Update" else {
                throw FieldSetError(description: "operation must be `Apply` or `Update`")
            }
            let apiVersion = entry["apiVersion"]?.string ?? ""
            guard !apiVersion.isEmpty else { throw FieldSetError(description: "apiVersion must not be empty") }
            switch entry["fieldsType"]?.string ?? "" {
            case "FieldsV1": break
            case "": throw FieldSetError(description: "missing fieldsType in managed fields entry \(index)")
            case let other:
                throw FieldSetError(description: "invalid fieldsType \"\(other)\" in managed fields entry \(index)")
            }
            var identity = FieldManagerIdentity(
                manager: entry["manager"]?.string ?? "", isApply: operation == "Apply", apiVersion: apiVersion,
                subresource: entry["subresource"]?.string ?? "")
            identity.manager = entry["manager"]?.string ?? ""
            let fields = entry["fieldsV1"] ?? [:]
            var set = ManagedSet(
                fields: try FieldSet(json: fields), apiVersion: apiVersion,
                time: entry["time"]?.string.flatMap(Timestamp.init(parsing:)))
            set.written = fields
            sets[identity] = set
        }
    }

    /// The list in upstream's order: appliers first, then by time, manager, version and subresource; null when there is none.
    package var json: JSONValue {
        if sets.isEmpty { return .null }
        let ordered = sets.sorted { left, right in
            if left.key.isApply != right.key.isApply { return left.key.isApply }
            let (before, after) = (left.value.time?.seconds ?? 0, right.value.time?.seconds ?? 0)
            if before != after { return before < after }
            for (one, two) in [
                (left.key.manager, right.key.manager), (left.value.apiVersion, right.value.apiVersion),
                (left.key.subresource, right.key.subresource),
            ] where one != two {
                return ValueOrder.compare(one, two) < 0
            }
            return false
        }
        return .array(ordered.map { Self.entry($0.key, $0.value) })
    }

    private static func entry(_ identity: FieldManagerIdentity, _ set: ManagedSet) -> JSONValue {
        var members: [JSONObject.Member] = []
        func add(_ name: String, _ value: JSONValue) { members.append(JSONObject.Member(key: name, value: value)) }
        if !identity.manager.isEmpty { add("manager", .string(identity.manager)) }
        add("operation", .string(identity.operation))
        add("apiVersion", .string(set.apiVersion))
        if let time = set.time { add("time", .string(time.description)) }
        add("fieldsType", "FieldsV1")
        add("fieldsV1", set.written ?? set.fields.json)
        if !identity.subresource.isEmpty { add("subresource", .string(identity.subresource)) }
        return .object(JSONObject(members))
    }

    /// Whether a client asks to forget all owners: an empty list, or one with an empty entry.
    package static func isReset(_ json: JSONValue?) -> Bool {
        guard let entries = json?.array else { return false }
        return entries.isEmpty || (entries.count == 1 && entries[0].object?.isEmpty ?? false)
    }
}
