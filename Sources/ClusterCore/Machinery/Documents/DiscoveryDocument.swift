package import API
package import JSON

/// What a server says it offers, in the old form (a document per group version) and the aggregated one.
///
/// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/endpoints/discovery`.
package struct DiscoveryDocument: Sendable {
    /// Media types of the aggregated form, newest first; `Accept` names them by these parameters.
    package static let aggregatedVersions = ["v2", "v2beta1"]

    private let kinds: [KindDefinition]
    private let groups: [(name: String, versions: [String])]

    package init(kinds: [KindDefinition] = Catalog.kinds) {
        self.kinds = kinds
        var groups: [(name: String, versions: [String])] = []
        for kind in kinds {
            if let index = groups.firstIndex(where: { $0.name == kind.gvk.group }) {
                if !groups[index].versions.contains(kind.gvk.version) { groups[index].versions.append(kind.gvk.version) }
            } else {
                groups.append((kind.gvk.group, [kind.gvk.version]))
            }
        }
        self.groups = groups
    }

    // MARK: - One document per level

    /// `/api`.
    package func coreVersions(serverAddress: String) -> JSONValue {
        [
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [["clientCIDR": "0.0.0.0/0", "serverAddress": .string(serverAddress)]],
        ]
    }

    /// `/apis`.
    package func groupList() -> JSONValue {
        [
            "kind": "APIGroupList", "apiVersion": "v1",
            "groups": .array(groups.filter { !$0.name.isEmpty }.map { group($0.name, $0.versions) }),
        ]
    }

    /// `/apis/GROUP`; nil for a group that is not offered.
    package func group(_ name: String) -> JSONValue? {
        guard !name.isEmpty, let found = groups.first(where: { $0.name == name }) else { return nil }
        var result: JSONValue = ["kind": "APIGroup", "apiVersion": "v1"]
        for member in group(name, found.versions).object?.members ?? [] { result[member.key] = member.value }
        return result
    }

    private func group(_ name: String, _ versions: [String]) -> JSONValue {
        func entry(_ version: String) -> JSONValue {
            ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
        }
        return [
            "name": .string(name), "versions": .array(versions.map(entry)), "preferredVersion": entry(versions.first ?? ""),
        ]
    }

    /// `/api/v1` and `/apis/GROUP/VERSION`; nil for a version that is not offered.
    package func resources(group: String, version: String) -> JSONValue? {
        let offered = kinds.filter { $0.gvk.group == group && $0.gvk.version == version }
        if offered.isEmpty { return nil }
        var result: JSONValue = ["kind": "APIResourceList"]
        if !group.isEmpty { result["apiVersion"] = "v1" }
        result["groupVersion"] = .string(group.isEmpty ? version : "\(group)/\(version)")
        result["resources"] = .array(offered.flatMap(entries))
        return result
    }

    private func entries(_ kind: KindDefinition) -> [JSONValue] {
        var main: JSONValue = [
            "name": .string(kind.resource), "singularName": .string(kind.singular), "namespaced": .bool(kind.isNamespaced),
            "kind": .string(kind.gvk.kind), "verbs": JSONValue(kind.verbs),
        ]
        if !kind.shortNames.isEmpty { main["shortNames"] = JSONValue(kind.shortNames) }
        if !kind.categories.isEmpty { main["categories"] = JSONValue(kind.categories) }
        if kind.isStored { main["storageVersionHash"] = .string(StorageVersionHash.hash(storedKind(kind))) }
        return [main]
            + kind.subresources.map { subresource in
                var entry: JSONValue = [
                    "name": .string("\(kind.resource)/\(subresource.name)"), "singularName": "",
                    "namespaced": .bool(kind.isNamespaced),
                ]
                if subresource.kind.group != kind.gvk.group || subresource.kind.version != kind.gvk.version {
                    entry["group"] = .string(subresource.kind.group)
                    entry["version"] = .string(subresource.kind.version)
                }
                entry["kind"] = .string(subresource.kind.kind)
                entry["verbs"] = JSONValue(subresource.verbs)
                return entry
            }
    }

    /// The kind in the version that the store keeps.
    private func storedKind(_ kind: KindDefinition) -> GroupVersionKind {
        GroupVersionKind(group: kind.storage.group, version: kind.storage.version, kind: kind.gvk.kind)
    }

    // MARK: - Aggregated

    /// `/api` (`core`) or `/apis` as one `APIGroupDiscoveryList` of `apidiscovery.k8s.io`.
    package func aggregated(core: Bool, version: String = "v2") -> JSONValue {
        let offered = groups.filter { $0.name.isEmpty == core }
        return [
            "kind": "APIGroupDiscoveryList", "apiVersion": .string("apidiscovery.k8s.io/\(version)"), "metadata": [:],
            "items": .array(offered.map { aggregatedGroup($0.name, $0.versions) }),
        ]
    }

    private func aggregatedGroup(_ name: String, _ versions: [String]) -> JSONValue {
        [
            "metadata": name.isEmpty ? [:] : ["name": .string(name)],
            "versions": .array(
                versions.map { version in
                    [
                        "version": .string(version),
                        "resources": .array(
                            kinds.filter { $0.gvk.group == name && $0.gvk.version == version }.map(aggregatedResource)),
                        "freshness": "Current",
                    ]
                }),
        ]
    }

    private func aggregatedResource(_ kind: KindDefinition) -> JSONValue {
        var result: JSONValue = [
            "resource": .string(kind.resource), "responseKind": responseKind(kind.gvk),
            "scope": kind.isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(kind.singular),
            "verbs": JSONValue(kind.verbs),
        ]
        if !kind.shortNames.isEmpty { result["shortNames"] = JSONValue(kind.shortNames) }
        if !kind.categories.isEmpty { result["categories"] = JSONValue(kind.categories) }
        if !kind.subresources.isEmpty {
            result["subresources"] = .array(
                kind.subresources.map {
                    [
                        "subresource": .string($0.name), "responseKind": responseKind($0.kind), "verbs": JSONValue($0.verbs),
                    ]
                })
        }
        return result
    }

    private func responseKind(_ kind: GroupVersionKind) -> JSONValue {
        ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
    }
}
