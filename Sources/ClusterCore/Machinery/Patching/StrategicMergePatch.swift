package import API
package import JSON

/// Kubernetes' own merge: lists merge by key where the schema says so, and directives say what plain merging cannot.
///
/// Directives: `$patch` (`replace`, `delete`, `merge`), `$retainKeys`, `$setElementOrder/FIELD`, `$deleteFromPrimitiveList/FIELD`.
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/strategicpatch/patch.go`.
package struct StrategicMergePatch {
    package static func apply(
        _ patch: JSONValue, to document: JSONValue, as type: MessageID, schema: Schema = .kubernetes
    ) throws(PatchError) -> JSONValue {
        guard let changes = patch.object else { throw .malformed("Invalid JSON Patch") }
        let merger = StrategicMergePatch(schema: schema)
        return .object(try merger.merge(changes, into: document.object ?? [:], type))
    }

    private static let patchDirective = "$patch"
    private static let retainKeys = "$retainKeys"
    private static let orderPrefix = "$setElementOrder/"
    private static let deletePrefix = "$deleteFromPrimitiveList/"

    private let schema: Schema

    private init(schema: Schema) { self.schema = schema }

    /// What the schema says about one list or map.
    private struct Place {
        /// Nil where no table describes the content: then maps merge member by member and lists are replaced.
        var type: MessageID?
        var mergesLists = false
        var replacesMaps = false
        var mergeKey: String?
    }

    private func place(_ name: String, in type: MessageID?) -> Place {
        guard let type, let field = schema[type].field(name) else { return Place() }
        let strategies = field.patchStrategies
        return Place(
            type: field.type.message, mergesLists: strategies.contains("merge"), replacesMaps: strategies.contains("replace"),
            mergeKey: field.mergeKey)
    }

    private func merge(_ patch: JSONObject, into original: JSONObject, _ type: MessageID?) throws(PatchError) -> JSONObject {
        var patch = patch
        if let directive = patch[Self.patchDirective] {
            switch directive.string {
            case "replace":
                patch[Self.patchDirective] = nil
                return try withoutDirectives(.object(patch), Place(type: type)).object ?? [:]
            case "delete": return [:]
            case "merge": patch[Self.patchDirective] = nil
            case let other: throw .failed("unknown patch type found: \(other ?? "")")
            }
        }
        var result = original
        try retain(&patch, &result)
        try mergeOrdered(&patch, &result, type)
        var table = MemberTable(result)
        for member in patch.members {
            if member.key.hasPrefix(Self.deletePrefix) {
                let name = String(member.key.dropFirst(Self.deletePrefix.count))
                guard let gone = member.value.array else { throw .malformed("invalid patch format of primitive list") }
                if let values = table[name]?.array {
                    let gone = Set(gone)
                    table[name] = .array(values.filter { !gone.contains($0) })
                }
                continue
            }
            if member.value.isNull {
                table[member.key] = .none
                continue
            }
            let place = place(member.key, in: type)
            table[member.key] = try mergeValue(member.value, into: table[member.key], place)
        }
        return table.object
    }

    private func mergeValue(_ patch: JSONValue, into original: JSONValue?, _ place: Place) throws(PatchError) -> JSONValue {
        switch (patch, original) {
        case (.object(let changes), .object(let before)) where !place.replacesMaps:
            return .object(try merge(changes, into: before, place.type))
        case (.array(let changes), .array(let before)) where place.mergesLists:
            return .array(try mergeList(changes, into: before, place))
        default: return try withoutDirectives(patch, place)
        }
    }

    /// A value that meets nothing to merge with: directives inside do their work on nothing, nulls vanish.
    private func withoutDirectives(_ patch: JSONValue, _ place: Place) throws(PatchError) -> JSONValue {
        switch patch {
        case .object(let changes): return .object(try merge(changes, into: [:], place.type))
        case .array(let values) where place.mergesLists: return .array(try mergeList(values, into: [], place))
        case .array(let values):
            var result: [JSONValue] = []
            for value in values {
                guard case .object(let changes) = value else {
                    result.append(value)
                    continue
                }
                if changes[Self.patchDirective] == nil { result.append(.object(try merge(changes, into: [:], place.type))) }
            }
            return .array(result)
        default: return patch
        }
    }

    /// `$retainKeys` lists every member that may stay.
    private func retain(_ patch: inout JSONObject, _ original: inout JSONObject) throws(PatchError) {
        guard let directive = patch[Self.retainKeys] else { return }
        guard let values = directive.array else { throw .malformed("invalid patch format of retainKeys") }
        let kept = Set(values.compactMap(\.string))
        patch[Self.retainKeys] = nil
        for member in patch.members where !member.value.isNull && !member.key.hasPrefix("$") && !kept.contains(member.key) {
            throw .notApplicable("patch content doesn't match retainKeys list")
        }
        original.members.removeAll { !kept.contains($0.key) }
    }

    // MARK: - Lists

    /// Merges the lists whose final order the patch prescribes, and takes them out of the patch.
    private func mergeOrdered(_ patch: inout JSONObject, _ original: inout JSONObject, _ type: MessageID?) throws(PatchError) {
        let directives = patch.members.filter { $0.key.hasPrefix(Self.orderPrefix) }
        for directive in directives {
            let name = String(directive.key.dropFirst(Self.orderPrefix.count))
            guard let order = directive.value.array else {
                throw .malformed("invalid patch format of setElementOrder list")
            }
            patch[directive.key] = nil
            let place = place(name, in: type)
            let before = original[name]?.array ?? []
            var changes: [JSONValue] = []
            if let given = patch[name] {
                guard let values = given.array else { continue }
                changes = values
                patch[name] = nil
            }
            try requireOrdered(changes, order, place)
            var merged = before
            if let gone = patch[Self.deletePrefix + name]?.array {
                let gone = Set(gone)
                merged.removeAll { gone.contains($0) }
                patch[Self.deletePrefix + name] = nil
            }
            merged = try mergeList(changes, into: merged, place)
            let ordered = arrange(merged, by: order, before, place)
            if !ordered.isEmpty || original[name] != nil { original[name] = .array(ordered) }
        }
    }

    /// Elements of the patch must stand in the prescribed order.
    private func requireOrdered(_ changes: [JSONValue], _ order: [JSONValue], _ place: Place) throws(PatchError) {
        let positions = Self.positions(order, place.mergeKey)
        var last = -1
        for change in changes where change[Self.patchDirective] == nil {
            guard let position = positions[identity(change, place.mergeKey)], position >= last else {
                throw .failed(
                    "The order in patch list:\n\(GoFormat.print(.array(changes)))\n doesn't match $setElementOrder list:\n"
                        + "\(GoFormat.print(.array(order)))\n")
            }
            last = position
        }
    }

    private func mergeList(_ patch: [JSONValue], into original: [JSONValue], _ place: Place) throws(PatchError) -> [JSONValue] {
        let objects = patch.count { $0.object != nil } + original.count { $0.object != nil }
        guard objects == 0 || objects == patch.count + original.count else {
            throw .failed("list element types are not identical")
        }
        if objects == 0 { return mergeScalars(patch, into: original) }
        guard let key = place.mergeKey else {
            throw .failed("cannot merge lists without merge key for \(place.type.map { schema[$0].goName } ?? "list")")
        }
        var merged: [JSONValue?] = original
        var positions = Self.positions(original, key)
        var changes: [JSONValue] = []
        var replaces = false
        for element in patch {
            guard case .object(let change) = element else { throw .failed("mixed types in list") }
            switch change[Self.patchDirective]?.string {
            case nil: changes.append(element)
            case "delete":
                guard let identity = change[key] else { throw Self.noMergeKey(element, key) }
                if let position = positions.removeValue(forKey: identity) { merged[position] = nil }
            case "replace": replaces = true
            case "merge": throw .failed("merging lists cannot yet be specified in the patch")
            case let other?: throw .failed("unknown patch type found: \(other)")
            }
        }
        if replaces {
            var result: [JSONValue] = []
            for change in changes { result.append(try withoutDirectives(change, Place(type: place.type))) }
            return result
        }
        for element in changes {
            guard case .object(let change) = element, let identity = change[key] else { throw Self.noMergeKey(element, key) }
            if let position = positions[identity], case .object(let before)? = merged[position] {
                merged[position] = .object(try merge(change, into: before, place.type))
            } else {
                positions[identity] = merged.count
                merged.append(.object(try merge(change, into: [:], place.type)))
            }
        }
        return arrange(merged.compactMap { $0 }, by: changes, original, place)
    }

    private static func noMergeKey(_ element: JSONValue, _ key: String) -> PatchError {
        .failed("map: \(GoFormat.print(element)) does not contain declared merge key: \(key)")
    }

    private func mergeScalars(_ patch: [JSONValue], into original: [JSONValue]) -> [JSONValue] {
        var seen: Set<JSONValue> = []
        let merged = (original + patch).filter { seen.insert($0).inserted }
        return arrange(merged, by: patch, original, Place(mergesLists: true))
    }

    /// Elements that the patch names take the patch's order; the others keep theirs, and stand before a patched element only where
    /// they stood before it on the server.
    private func arrange(_ merged: [JSONValue], by order: [JSONValue], _ server: [JSONValue], _ place: Place) -> [JSONValue] {
        let wanted = Self.positions(order, place.mergeKey)
        let before = Self.positions(server, place.mergeKey)
        func position(_ value: JSONValue, _ table: [JSONValue: Int]) -> Int? { table[identity(value, place.mergeKey)] }
        let patched = merged.filter { position($0, wanted) != nil }
            .sorted { (position($0, wanted) ?? 0) < (position($1, wanted) ?? 0) }
        let others = merged.filter { position($0, wanted) == nil }
        var result: [JSONValue] = []
        var (left, right) = (0, 0)
        while left < others.count || right < patched.count {
            if left == others.count {
                result.append(patched[right])
                right += 1
            } else if right == patched.count {
                result.append(others[left])
                left += 1
            } else if let one = position(others[left], before), let two = position(patched[right], before), one < two {
                result.append(others[left])
                left += 1
            } else {
                result.append(patched[right])
                right += 1
            }
        }
        return result
    }

    private func identity(_ value: JSONValue, _ key: String?) -> JSONValue {
        guard let key, value.object != nil else { return value }
        return value[key] ?? .null
    }

    private static func positions(_ values: [JSONValue], _ key: String?) -> [JSONValue: Int] {
        var result: [JSONValue: Int] = [:]
        for (index, value) in values.enumerated() {
            let identity = key.flatMap { value.object == nil ? nil : value[$0] ?? .null } ?? value
            if result[identity] == nil { result[identity] = index }
        }
        return result
    }
}

/// Trees as Go's `%v` prints them, which some messages carry.
enum GoFormat {
    static func print(_ value: JSONValue) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let flag): String(flag)
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .string(let text): text
        case .array(let values): "[" + values.map(print).joined(separator: " ") + "]"
        case .object(let object):
            "map["
                + object.members.sorted { $0.key < $1.key }.map { "\($0.key):\(print($0.value))" }.joined(separator: " ") + "]"
        }
    }
}
