import API
import JSON

/// Another manager owns what an apply wants to change.
package struct ApplyConflict: Hashable, Sendable {
    package var manager: FieldManagerIdentity
    package var path: [PathElement]
}

/// Why an apply came to nothing.
package enum ApplyError: Error, Hashable, Sendable {
    /// In no order of managers; each manager's paths in the order of its set.
    case conflicts([ApplyConflict])
    /// A value that no schema allows; the text is upstream's.
    case unfit(String)
}

/// Keeps the books when an object changes: who loses which fields, who gains which.
///
/// - SeeAlso: `sigs.k8s.io/structured-merge-diff` v6 `merge/update.go`, `Updater`.
struct FieldOwnership {
    let versions: any MergeVersions
    /// The version that the writer uses.
    let apiVersion: String
    /// By version: places that nobody owns through this way of writing, because the server resets them.
    let ignored: @Sendable (_ apiVersion: String) -> OwnedFilter?

    /// The books after an update, without the writer's gain, and that gain: what it changed or added.
    func update(
        from live: JSONValue, to new: JSONValue, _ managed: ManagedFields
    ) throws(ApplyError) -> (managed: ManagedFields, gained: FieldSet) {
        var managed = reconciled(managed, live)
        let comparison = try settle(live, new, &managed, writer: nil, forces: true)
        return (managed, comparison.modified.union(comparison.added))
    }

    /// What an apply makes of an object: nil when nothing changes; and the books.
    ///
    /// - Parameter writer: The applier; its entry is replaced by what `config` states.
    func apply(
        _ config: JSONValue, to live: JSONValue, _ managed: ManagedFields, writer: FieldManagerIdentity, forces: Bool
    ) throws(ApplyError) -> (object: JSONValue?, managed: ManagedFields) {
        var managed = reconciled(managed, live)
        let type = try type(of: apiVersion)
        let last = managed.sets[writer]
        var new: JSONValue
        let stated: FieldSet
        do throws(MergeTypeError) {
            new = try MergedValue.merge(config, into: live, type)
        } catch {
            throw .unfit("failed to merge config: \(error)")
        }
        do throws(MergeTypeError) {
            stated = try FieldSet(of: config, type)
        } catch {
            throw .unfit("failed to get field set: \(error)")
        }
        let fields = ignored(apiVersion)?.filter(stated) ?? stated
        managed.sets[writer] = ManagedSet(fields: fields, apiVersion: apiVersion, time: last?.time)
        if let last, !last.fields.isEmpty { new = try prune(new, managed, last) }
        _ = try settle(live, new, &managed, writer: writer, forces: forces)
        return (new == live ? .none : .some(new), managed)
    }

    private func type(of apiVersion: String) throws(ApplyError) -> MergeType {
        guard let type = versions.type(of: apiVersion) else {
            throw .unfit("no corresponding type for \(apiVersion)")
        }
        return type
    }

    /// Entries whose version is served no more are gone; the others follow the schema of today.
    private func reconciled(_ managed: ManagedFields, _ live: JSONValue) -> ManagedFields {
        var result = managed
        var inVersion: [String: JSONValue?] = [apiVersion: live]
        for (identity, set) in managed.sets {
            if inVersion[set.apiVersion] == nil {
                inVersion.updateValue(versions.convert(live, to: set.apiVersion), forKey: set.apiVersion)
            }
            guard let object = inVersion[set.apiVersion] ?? nil, let type = versions.type(of: set.apiVersion) else {
                result.sets[identity] = nil
                continue
            }
            let fields = set.fields.reconciled(with: type, live: object)
            if fields != set.fields { result.sets[identity] = set.with(fields) }
        }
        return result
    }

    /// Takes changed and removed places from every manager but the writer.
    ///
    /// - Returns: The changes in the writer's version, without those that are ignored.
    private func settle(
        _ old: JSONValue, _ new: JSONValue, _ managed: inout ManagedFields, writer: FieldManagerIdentity?, forces: Bool
    ) throws(ApplyError) -> MergeComparison {
        let own = try compare(old, new, in: apiVersion)
        var comparisons = [apiVersion: own]
        var conflicts: [ApplyConflict] = []
        var result = managed
        for (identity, set) in managed.sets where identity != writer {
            if comparisons[set.apiVersion] == nil {
                guard let before = versions.convert(old, to: set.apiVersion),
                    let after = versions.convert(new, to: set.apiVersion)
                else {
                    result.sets[identity] = nil
                    continue
                }
                comparisons[set.apiVersion] = try compare(before, after, in: set.apiVersion)
            }
            guard let comparison = comparisons[set.apiVersion], !comparison.isSame else { continue }
            let taken = set.fields.intersection(comparison.modified.union(comparison.added))
            conflicts += taken.paths.map { ApplyConflict(manager: identity, path: $0) }
            let left = set.fields.subtracting(taken).subtracting(comparison.removed)
            if left != set.fields { result.sets[identity] = left.isEmpty ? nil : set.with(left) }
        }
        guard forces || conflicts.isEmpty else { throw .conflicts(conflicts) }
        if let writer, result.sets[writer]?.fields.isEmpty ?? false { result.sets[writer] = nil }
        managed = result
        return own
    }

    private func compare(_ old: JSONValue, _ new: JSONValue, in apiVersion: String) throws(ApplyError) -> MergeComparison {
        do throws(MergeTypeError) {
            let comparison = try MergeComparison(from: old, to: new, try type(in: apiVersion))
            return ignored(apiVersion)?.filter(comparison) ?? comparison
        } catch {
            throw .unfit("failed to compare objects: \(error)")
        }
    }

    private func type(in apiVersion: String) throws(MergeTypeError) -> MergeType {
        guard let type = versions.type(of: apiVersion) else {
            throw MergeTypeError(findings: ["no corresponding type for \(apiVersion)"])
        }
        return type
    }

    // MARK: - Pruning

    /// Takes away what the applier stated last time, does not state now, and nobody else owns.
    ///
    /// - Parameters:
    ///   - merged: In the writer's version.
    ///   - managed: With the applier's new set.
    private func prune(_ object: JSONValue, _ managed: ManagedFields, _ last: ManagedSet) throws(ApplyError) -> JSONValue {
        guard let type = versions.type(of: last.apiVersion), let merged = versions.convert(object, to: last.apiVersion) else {
            return object
        }
        let stated = last.fields.withDeclaredMembers(type)
        var pruned = stated.removed(from: merged, type)
        pruned = try addingBackOwned(merged, pruned, in: last.apiVersion, managed)
        guard let inLast = versions.convert(pruned, to: last.apiVersion) else { return object }
        // Only what the applier had stated may go; whatever else fell with it comes back.
        let gone = try set(merged, type).withDeclaredMembers(type).subtracting(
            try set(inLast, type).withDeclaredMembers(type))
        let result = gone.intersection(stated).removed(from: merged, type)
        return versions.convert(result, to: apiVersion) ?? object
    }

    /// Brings back what pruning took from other managers, or from the applier's new statement.
    private func addingBackOwned(
        _ merged: JSONValue, _ pruned: JSONValue, in first: String, _ managed: ManagedFields
    ) throws(ApplyError) -> JSONValue {
        var owned: [String: FieldSet] = [:]
        for set in managed.sets.values {
            owned[set.apiVersion] = owned[set.apiVersion]?.union(set.fields) ?? set.fields
        }
        var merged = merged
        var pruned = pruned
        // The version of the last statement comes first: the others may need for their conversion what it brings back.
        for version in [first] + owned.keys.filter({ $0 != first }).sorted() {
            guard let type = versions.type(of: version), let all = versions.convert(merged, to: version),
                let cut = versions.convert(pruned, to: version), let fields = owned[version]
            else { continue }
            let kept = try set(cut, type).withDeclaredMembers(type).union(fields.withDeclaredMembers(type))
            merged = all
            pruned = try set(all, type).withDeclaredMembers(type).subtracting(kept).removed(from: all, type)
        }
        return pruned
    }

    private func set(_ value: JSONValue, _ type: MergeType) throws(ApplyError) -> FieldSet {
        do throws(MergeTypeError) {
            return try FieldSet(of: value, type)
        } catch {
            throw .unfit("failed to prune fields: \(error)")
        }
    }
}
