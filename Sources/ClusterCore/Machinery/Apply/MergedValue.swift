import API
package import JSON

/// Merges what an applier wants into what there is: its leaves win, nothing is taken away.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `typed/merge.go`.
package enum MergedValue {
    /// - Throws: When an element of a list has no name, or `wanted` names one twice.
    package static func merge(
        _ wanted: JSONValue, into live: JSONValue, _ type: MergeType
    ) throws(MergeTypeError) -> JSONValue {
        try merge(live, wanted, type) ?? .null
    }

    /// Checks that a value is one of its type.
    package static func check(_ value: JSONValue, _ type: MergeType) throws(MergeTypeError) {
        try MergeValidation.check(value, type, allowsDuplicates: false)
    }

    /// Nil when neither side leaves anything: a granular object or list without members.
    private static func merge(_ old: JSONValue?, _ new: JSONValue?, _ type: MergeType) throws(MergeTypeError) -> JSONValue? {
        let before = MergeAtom(type, for: old)
        let after = MergeAtom(type, for: new)
        return try visit(new == nil ? before : after, old, new)
    }

    private static func visit(_ atom: MergeAtom, _ old: JSONValue?, _ new: JSONValue?) throws(MergeTypeError) -> JSONValue? {
        switch atom {
        case .scalar(let scalar):
            if let before = old.flatMap({ MergeValidation.problem($0, scalar) }),
                let after = new.flatMap({ MergeValidation.problem($0, scalar) })
            {
                throw MergeTypeError(findings: ["lhs: " + before, "rhs: " + after])
            }
            return new ?? old
        case .list(let element, let semantics):
            let before = old?.array ?? []
            let after = new?.array ?? []
            if semantics == .atomic || (before.isEmpty && after.isEmpty) { return new ?? old }
            let merged = try elements(before, after, element, semantics)
            return merged.isEmpty ? .none : .some(.array(merged))
        case .object(let shape):
            let before = old?.object ?? [:]
            let after = new?.object ?? [:]
            if shape.isAtomic || (before.isEmpty && after.isEmpty) { return new ?? old }
            let merged = try members(before, after, shape)
            return merged.isEmpty ? .none : .some(.object(merged))
        }
    }

    private static func members(
        _ old: JSONObject, _ new: JSONObject, _ shape: MergeObject
    ) throws(MergeTypeError) -> JSONObject {
        var result: [JSONObject.Member] = []
        let after = MemberLookup(new)
        for member in old.members {
            if let value = try value(member.value, after[member.key], member.key, shape) {
                result.append(JSONObject.Member(key: member.key, value: value))
            }
        }
        let before = MemberLookup(old)
        for member in new.members where before[member.key] == nil {
            if let value = try value(nil, member.value, member.key, shape) {
                result.append(JSONObject.Member(key: member.key, value: value))
            }
        }
        return JSONObject(result)
    }

    private static func value(
        _ old: JSONValue?, _ new: JSONValue?, _ name: String, _ shape: MergeObject
    ) throws(MergeTypeError) -> JSONValue? {
        guard let type = shape.member(name) else {
            throw MergeTypeError(findings: [".\(name): field not declared in schema"])
        }
        return try merge(old, new, type)
    }

    // MARK: - Lists

    /// One side of a list, its elements named.
    private struct Elements {
        var order: [PathElement] = []
        /// Nil for an element that stands twice, which merges with nothing.
        var values: [PathElement: JSONValue?] = [:]
        var all: [JSONValue] = []

        func has(_ element: PathElement) -> Bool { values[element] != nil }
        func value(_ element: PathElement) -> JSONValue? { values[element] ?? nil }
    }

    private static func index(
        _ values: [JSONValue], _ type: MergeType, _ semantics: ListSemantics, allowsDuplicates: Bool
    ) throws(MergeTypeError) -> Elements {
        var result = Elements(all: values)
        for (index, value) in values.enumerated() {
            let element: PathElement
            do throws(MergeTypeError) {
                element = try ListElements.name(value, element: type, semantics)
            } catch {
                throw MergeTypeError(findings: ["element \(index): \(error)"])
            }
            if result.has(element) {
                guard allowsDuplicates else {
                    throw MergeTypeError(findings: ["duplicate entries for key \(element)"])
                }
                result.values.updateValue(.null, forKey: element)
            } else {
                result.values.updateValue(value, forKey: element)
            }
            result.order.append(element)
        }
        return result
    }

    /// Elements of both sides follow the applier's order; those of the live object alone keep their places between them.
    private static func elements(
        _ old: [JSONValue], _ new: [JSONValue], _ type: MergeType, _ semantics: ListSemantics
    ) throws(MergeTypeError) -> [JSONValue] {
        let after = try index(new, type, semantics, allowsDuplicates: false)
        let before = try index(old, type, semantics, allowsDuplicates: true)
        var shared = after.order.filter(before.has)[...]
        var taken: Set<PathElement> = []
        var result: [JSONValue] = []
        func take(_ old: JSONValue?, _ new: JSONValue?) throws(MergeTypeError) {
            if let merged = try merge(old, new, type) { result.append(merged) }
        }
        var (left, right) = (0, 0)
        while left < before.order.count || right < after.order.count {
            if left < before.order.count, right < after.order.count {
                let element = before.order[left]
                if element == after.order[right] {
                    taken.insert(element)
                    try take(before.value(element), after.value(element))
                    (left, right) = (left + 1, right + 1)
                    shared = shared.dropFirst()
                    continue
                }
                if after.has(element), let next = shared.first, next != element {
                    left += 1
                    continue
                }
            }
            if left < before.order.count {
                let element = before.order[left]
                if !after.has(element) {
                    try take(before.all[left], nil)
                    left += 1
                    continue
                }
                if taken.contains(element) { left += 1 }
            }
            if right < after.order.count {
                let element = after.order[right]
                taken.insert(element)
                try take(before.value(element), after.value(element))
                right += 1
                if shared.first == element { shared = shared.dropFirst() }
            }
        }
        return result
    }
}
