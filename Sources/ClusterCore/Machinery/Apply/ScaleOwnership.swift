package import JSON

/// Carries the books of `replicas` between an object and its `scale` subresource.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/managedfields/scalehandler.go`.
package struct ScaleOwnership: Sendable {
    private static let scaleVersion = "autoscaling/v1"
    private static let replicasOfScale = [PathElement.field("spec"), .field("replicas")]

    /// The object's version and where it keeps its replicas.
    private let apiVersion: String
    private let path: [PathElement]

    /// - Parameter replicas: Member names, `spec`, `replicas`.
    package init(apiVersion: String, replicas: [String]) {
        self.apiVersion = apiVersion
        path = replicas.map(PathElement.field)
    }

    /// The books of the scale: managers of the replicas alone.
    package func scaleFields(of managedFields: JSONValue?) -> JSONValue {
        guard let parent = try? ManagedFields(json: managedFields) else { return .null }
        var result = ManagedFields()
        for (identity, set) in parent.sets where set.fields.contains(path) {
            result.sets[inScale(identity)] = ManagedSet(
                fields: FieldSet([Self.replicasOfScale]), apiVersion: Self.scaleVersion, time: set.time)
        }
        return result.json
    }

    /// The object's books after the scale was written: who lost the replicas, who gained them.
    package func objectFields(_ managedFields: JSONValue?, afterScale scaleFields: JSONValue?) -> JSONValue {
        guard let parent = try? ManagedFields(json: managedFields), var scale = try? ManagedFields(json: scaleFields) else {
            return managedFields ?? .null
        }
        var result = ManagedFields()
        for (identity, set) in parent.sets {
            if !set.fields.contains(path) {
                result.sets[identity] = set
            } else if scale.sets.removeValue(forKey: inScale(identity)) != nil {
                result.sets[identity] = set
            } else {
                let left = set.fields.subtracting(FieldSet([path]))
                if !left.isEmpty { result.sets[identity] = set.with(left) }
            }
        }
        for (identity, set) in scale.sets where set.fields.contains(Self.replicasOfScale) {
            let parent = FieldManagerIdentity(
                manager: identity.manager, isApply: identity.isApply, apiVersion: apiVersion, subresource: identity.subresource)
            let kept = result.sets[parent]?.fields ?? FieldSet()
            result.sets[parent] = ManagedSet(
                fields: kept.union(FieldSet([path])), apiVersion: apiVersion, time: set.time)
        }
        return result.json
    }

    private func inScale(_ identity: FieldManagerIdentity) -> FieldManagerIdentity {
        FieldManagerIdentity(
            manager: identity.manager, isApply: identity.isApply, apiVersion: Self.scaleVersion,
            subresource: identity.subresource)
    }
}
