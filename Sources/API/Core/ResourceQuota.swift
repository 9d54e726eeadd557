package import JSON

/// Limits on what one namespace may hold.
package struct ResourceQuota: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "resourcequotas")
    package static let kind = "ResourceQuota"
    package static let isNamespaced = true

    /// Which objects count.
    package struct Scope: Hashable, Sendable {
        /// `Terminating`, `NotTerminating`, `BestEffort`, `NotBestEffort`, `PriorityClass`, `CrossNamespacePodAffinity`,
        /// `VolumeAttributesClass`.
        package var name: String
        /// `Exists`, `DoesNotExist`, `In`, `NotIn`.
        package var `operator`: String
        package var values: [String]
    }

    package var metadata: ObjectMeta
    package var hard: ResourceList
    /// `spec.scopes` and `spec.scopeSelector`; all must match.
    package var scopes: [Scope]
    /// What admission holds requests to.
    package var statusHard: ResourceList
    package var used: ResourceList

    package init(json: JSONValue) {
        let spec = json["spec"] ?? [:]
        metadata = ObjectMeta(json: json["metadata"] ?? [:])
        hard = ResourceList(json: spec["hard"])
        scopes =
            (spec["scopes"]?.array ?? []).compactMap(\.string).map { Scope(name: $0, operator: "Exists", values: []) }
            + (spec["scopeSelector"]?["matchExpressions"]?.array ?? []).map { term in
                Scope(
                    name: term["scopeName"]?.string ?? "", operator: term["operator"]?.string ?? "",
                    values: term["values"]?.array?.compactMap(\.string) ?? [])
            }
        statusHard = ResourceList(json: json["status"]?["hard"])
        used = ResourceList(json: json["status"]?["used"])
    }
}
