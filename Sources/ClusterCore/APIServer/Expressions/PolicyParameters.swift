import API
import JSON
import Machinery

/// The objects that a binding hands to its policy.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go`, `CollectParams`.
struct PolicyParameters {
    /// Why there are none, in upstream's words.
    struct Failure: Error, Hashable {
        var message: String
    }

    let caches: CacheSet

    /// The kind of a policy's parameters; nil: it has none.
    func kind(_ reference: JSONValue?) throws(Failure) -> KindDefinition? {
        guard let reference, reference.object != nil else { return nil }
        let gvk = GroupVersionKind(
            apiVersion: reference["apiVersion"]?.string ?? "", kind: reference["kind"]?.string ?? "")
        guard let kind = caches.kinds.kinds.first(where: { $0.gvk == gvk && $0.isStored }), caches[kind] != nil else {
            let version = gvk.group.isEmpty ? "/\(gvk.version)" : gvk.apiVersion
            throw Failure(message: "failed to find resource referenced by paramKind: '\(version), Kind=\(gvk.kind)'")
        }
        return kind
    }

    /// One entry for each evaluation; nil in it: without parameters.
    ///
    /// - Parameters:
    ///   - reference: The binding's `paramRef`.
    ///   - namespace: Of the request.
    func collect(_ kind: KindDefinition?, _ reference: JSONValue?, namespace: String) throws(Failure) -> [JSONValue?] {
        guard let kind, let reference, reference.object != nil, let cache = caches[kind] else { return [nil] }
        let given = reference["namespace"]?.string ?? ""
        if !kind.isNamespaced, !given.isEmpty {
            throw Failure(message: "paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        }
        let place = kind.isNamespaced ? (given.isEmpty ? namespace : given) : ""
        if kind.isNamespaced, place.isEmpty {
            throw Failure(
                message: "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
        }
        var found: [JSONValue] = []
        if let name = reference["name"]?.string, !name.isEmpty {
            if let object = cache.get(NamespacedName(namespace: place, name: name)) { found = [object.object] }
        } else {
            let selector = LabelSelector(json: reference["selector"])
            let all = cache.list(Selection(namespace: kind.isNamespaced ? place : nil), clock: caches.clock).objects
            found = all.filter { selector.matches($0.header.labels) }.map(\.object)
        }
        if found.isEmpty, reference["parameterNotFoundAction"]?.string == "Deny" {
            throw Failure(message: "no params found for policy binding with `Deny` parameterNotFoundAction")
        }
        return found.map { shown($0, as: kind) }
    }

    private func shown(_ object: JSONValue, as kind: KindDefinition) -> JSONValue {
        var result = object
        if kind.gvr != kind.storage { kind.rules.convertFromStorage(&result) }
        result["apiVersion"] = .string(kind.gvk.apiVersion)
        result["kind"] = .string(kind.gvk.kind)
        return result
    }
}
