import API
import JSON

/// Which operations on which resources a webhook or policy is about. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/plugin/webhook/predicates/rules/rules.go`.
struct AdmissionRule: Sendable {
    private let operations: [String]
    private let groups: [String]
    private let versions: [String]
    private let resources: [String]
    /// Empty: any name; webhooks have none.
    private let names: [String]
    private let scope: String

    init(_ json: JSONValue) {
        func list(_ name: String) -> [String] { json[name]?.array?.compactMap(\.string) ?? [] }
        operations = list("operations")
        groups = list("apiGroups")
        versions = list("apiVersions")
        resources = list("resources")
        names = list("resourceNames")
        scope = json["scope"]?.string ?? "*"
    }

    func matches(_ request: AdmissionRequest, as kind: KindDefinition) -> Bool {
        func has(_ names: [String], _ name: String) -> Bool { names.contains { $0 == "*" || $0 == name } }
        guard has(operations, request.operation.rawValue), has(groups, kind.gvr.group), has(versions, kind.gvr.version),
            scope == "*" || (scope == "Namespaced") == kind.isNamespaced,
            names.isEmpty || names.contains(request.key.name)
        else { return false }
        return resources.contains { pattern in
            let parts = pattern.split(separator: "/", maxSplits: 1).map(String.init)
            let (resource, subresource) = (parts.first ?? "", parts.count > 1 ? parts[1] : "")
            return (resource == "*" || resource == kind.resource)
                && (subresource == "*" || subresource == request.subresource)
        }
    }
}

extension AdmissionRequest {
    /// Whether the new object or the old one has such labels.
    func hasObject(matching selector: LabelSelector) -> Bool {
        if selector.isEverything { return true }
        return [object, old].contains { object in
            guard let metadata = object?["metadata"], metadata.object != nil else { return false }
            return selector.matches(metadata["labels"]?.object?.strings ?? [:])
        }
    }
}
