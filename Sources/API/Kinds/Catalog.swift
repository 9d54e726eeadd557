/// Every kind that a server of this version offers.
package enum Catalog {
    /// In the order of discovery.
    package static let kinds: [KindDefinition] = ResourceTableParser.kinds()

    /// `apps/v1, deployments`.
    package static func kind(_ resource: GroupVersionResource) -> KindDefinition? { byResource[resource] }
    package static func kind(_ kind: GroupVersionKind) -> KindDefinition? { byKind[kind] }

    /// Group versions in the order of discovery.
    package static let groupVersions: [(group: String, version: String)] = {
        var result: [(group: String, version: String)] = []
        for kind in kinds where !result.contains(where: { $0 == (kind.gvk.group, kind.gvk.version) }) {
            result.append((kind.gvk.group, kind.gvk.version))
        }
        return result
    }()

    private static let byResource = Dictionary(kinds.map { ($0.gvr, $0) }) { first, _ in first }
    private static let byKind = Dictionary(kinds.map { ($0.gvk, $0) }) { first, _ in first }
}

/// Reads the generated list of resources and joins each with its rules.
enum ResourceTableParser {
    static func kinds() -> [KindDefinition] {
        let text = SchemaTables.resources.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
        return text.split(separator: "\n").map { kind(String($0)) }
    }

    private static func kind(_ line: String) -> KindDefinition {
        let parts = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        precondition(parts.count == 10, "resource table: \(line)")
        let gvk = GroupVersionKind(group: parts[0], version: parts[1], kind: parts[4])
        guard let type = Schema.kubernetes.id(of: gvk) else { preconditionFailure("resource table: no type for \(gvk)") }
        let gvr = GroupVersionResource(group: parts[0], version: parts[1], resource: parts[2])
        let subresources = words(parts[9], " ").map(subresource)
        let hasStatus = subresources.contains { $0.name == "status" }
        return KindDefinition(
            gvk: gvk, resource: parts[2], singular: parts[3], shortNames: words(parts[7]), categories: words(parts[8]),
            isNamespaced: parts[5] == "N", verbs: words(parts[6]), subresources: subresources,
            storage: RuleCatalog.storage(of: gvr),
            rules: RuleCatalog.rules[gvr] ?? GenericRules(separatesStatus: hasStatus, countsGenerations: false), schemaType: type)
    }

    private static func subresource(_ text: String) -> KindDefinition.Subresource {
        let parts = text.split(separator: ":").map(String.init)
        let kind = parts[1].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        precondition(parts.count == 3 && kind.count == 3, "resource table: \(text)")
        return KindDefinition.Subresource(
            name: parts[0], kind: GroupVersionKind(group: kind[0], version: kind[1], kind: kind[2]), verbs: words(parts[2]))
    }

    private static func words(_ text: String, _ separator: Character = ",") -> [String] {
        text.split(separator: separator).map(String.init)
    }
}
