import API
import JSON
import Machinery

/// Objects of one kind as another version or group of it shows them. Pure.
enum KindEquivalence {
    /// Custom kinds without a conversion of their own differ in nothing but the name of the version.
    static func convert(_ object: JSONValue, from source: KindDefinition, to target: KindDefinition) -> JSONValue {
        guard source.gvr != target.gvr, object.object != nil else { return object }
        // The body of a subresource (a Scale) is the same for all.
        guard object["kind"]?.string == source.gvk.kind else { return object }
        var result = object
        if source.custom == nil {
            if source.gvr != source.storage { source.rules.convertToStorage(&result) }
            if target.gvr != target.storage { target.rules.convertFromStorage(&result) }
        }
        result["apiVersion"] = .string(target.gvk.apiVersion)
        result["kind"] = .string(target.gvk.kind)
        return result
    }
}

extension KindRegistry {
    /// Other versions and groups under which the same objects are served.
    func equivalents(of kind: KindDefinition) -> [KindDefinition] {
        let all = kind.custom == nil ? builtInKinds : customKinds
        return all.filter { $0.storage == kind.storage && $0.gvr != kind.gvr }
    }
}
