import API
import JSON
import Machinery

// Writes through `scale`: the one number of a workload, and the books of who owns it.
extension SubresourceWriter {
    /// - Parameter change: From the scale as it is to the scale that is wanted, and what to warn of; the scale's own books go through it.
    func scale(
        _ kind: KindDefinition, _ key: NamespacedName, _ options: WriteOptions,
        _ change: (JSONValue) throws(Status) -> (JSONValue, [String])
    ) async throws(Status) -> WriteResult {
        var warnings: [String] = []
        let result = try await scale(kind, key, options, warnings: []) { current throws(Status) in
            let (wanted, found) = try change(current)
            warnings = found
            return registry.scaleManager.update(
                from: current, to: wanted, manager: options.fieldManager, now: registry.environment.now())
        }
        var answer = result
        answer.warnings = warnings
        return answer
    }

    /// - Parameter change: Gives the wanted scale with its new books.
    func scale(
        _ kind: KindDefinition, _ key: NamespacedName, _ options: WriteOptions, warnings: [String],
        _ change: (JSONValue) throws(Status) -> JSONValue
    ) async throws(Status) -> WriteResult {
        let ownership = ScaleOwnership(apiVersion: kind.gvk.apiVersion, replicas: Scale.replicasPath(kind))
        let object = try await registry.modify(kind, key, part: .whole, options, books: .given) { old throws(Status) in
            let managedFields = old["metadata"]?["managedFields"]
            var current = Scale.read(old, kind)
            let fields = ownership.scaleFields(of: managedFields)
            if !fields.isNull { current[path: ["metadata", "managedFields"]] = fields }
            let wanted = try change(current)
            let name = wanted["metadata"]?["name"]?.string ?? ""
            guard name.isEmpty || name == key.name else {
                throw APIErrors.badRequest(
                    "the name of the object (\(name)) does not match the name on the URL (\(key.name))")
            }
            let replicas = wanted["spec"]?["replicas"]?.int ?? 0
            guard replicas >= 0 else {
                throw APIErrors.invalid(
                    Scale.gvk, key.name,
                    [.invalid(FieldPath("spec")("replicas"), .int(replicas), "must be greater than or equal to 0")])
            }
            var new = old
            new[path: Scale.replicasPath(kind)] = .int(replicas)
            let books = ownership.objectFields(managedFields, afterScale: wanted["metadata"]?["managedFields"])
            new[path: ["metadata", "managedFields"]] = books.isNull ? .none : .some(books)
            let revision = wanted["metadata"]?["resourceVersion"]
            let isUnchanged = revision == current["metadata"]?["resourceVersion"]
            new[path: ["metadata", "resourceVersion"]] = isUnchanged ? .none : revision
            return new
        }
        return WriteResult(
            .document(Scale.read(registry.tree(object, as: kind), kind)), warnings: warnings, registry)
    }
}
