/// Message types by name: Kubernetes' own from the generated tables, later also those of custom resources.
package struct Schema: Sendable {
    /// Every type of Kubernetes 1.36; read once, at first use.
    package static let kubernetes = Schema(tables: SchemaTables.packages)

    package private(set) var types: [MessageType]
    private var ids: [String: Int]

    init(tables: [(name: String, lines: StaticString)]) {
        (types, ids) = SchemaTableParser.parse(tables)
    }

    package subscript(id: MessageID) -> MessageType { types[id.index] }

    /// The type of a full name, `api.core.v1.Pod`.
    package func id(named name: String) -> MessageID? { ids[name].map(MessageID.init(index:)) }

    package func type(named name: String) -> MessageType? { ids[name].map { types[$0] } }

    /// The type behind `apiVersion` and `kind`; nil when no table declares it.
    package func id(of kind: GroupVersionKind) -> MessageID? { Self.byKind[kind].map(MessageID.init(index:)) }

    private static let byKind: [GroupVersionKind: Int] = {
        var result: [GroupVersionKind: Int] = [:]
        for (index, type) in kubernetes.types.enumerated() {
            for text in type.kinds {
                let parts = text.split(separator: "/").map(String.init)
                guard let kind = parts.last else { continue }
                let apiVersion = parts.dropLast().joined(separator: "/")
                result[GroupVersionKind(apiVersion: apiVersion, kind: kind)] = index
            }
        }
        return result
    }()
}
