/// Which nodes a term of a node selector means.
///
/// - SeeAlso: Kubernetes 1.36 `component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go`.
extension NodeSelectorTerm {
    /// A term without requirements matches no node.
    package func matches(_ node: Node) -> Bool {
        guard !matchExpressions.isEmpty || !matchFields.isEmpty else { return false }
        return matchExpressions.allSatisfy { $0.matches(node.metadata.labels[$0.key]) }
            && matchFields.allSatisfy { $0.matches($0.key == "metadata.name" ? node.metadata.name : nil) }
    }
}

extension NodeSelectorRequirement {
    func matches(_ value: String?) -> Bool {
        switch `operator` {
        case "In": return value.map(values.contains) ?? false
        case "NotIn": return value.map { !values.contains($0) } ?? true
        case "Exists": return value != nil
        case "DoesNotExist": return value == nil
        case "Gt", "Lt":
            guard let value = value.flatMap(Int64.init), let limit = values.first.flatMap(Int64.init) else { return false }
            return `operator` == "Gt" ? value > limit : value < limit
        default: return false
        }
    }
}
