package import JSON

/// An object whose keys are compared without regard to case, as Go compares them: containerd writes `HostPort` in
/// `runtimeConfig` where the convention and CRI-O write `hostPort`.
package struct CaseInsensitiveObject: Sendable {
    private let object: JSONObject

    package init(_ json: JSONValue?) { object = json?.object ?? [:] }

    /// An exact match wins; null counts as absent.
    package subscript(key: String) -> JSONValue? {
        let value = object[key] ?? object.members.first { $0.key.lowercased() == key.lowercased() }?.value
        return value?.present
    }
}

extension JSONValue {
    /// Nil when it is null: what a configuration sets to null counts as absent.
    var present: JSONValue? {
        if isNull { return .none }
        return .some(self)
    }
}
